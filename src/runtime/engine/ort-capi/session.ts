import { CyclopsError, messageOf } from '../../../base/errors.js';
import type { ProviderOptions } from '../../../model-package/tensorrt/provider-options.js';
import { returnFreedMemory } from '../../memory.js';
import { openFailure } from '../open-failure.js';
import { type Provider, providerNamed } from '../providers/index.js';
import type { ProviderSettings } from '../providers/provider.js';
import type { GraphValue } from '../signature.js';
import { allocate, loadOrt, type OrtLibrary, type Pointer, stringAt, stringsAt } from './library.js';

/** How a session is opened. */
export interface OrtSessionOptions {
  readonly provider: Provider;
  /** Threads of one operator; 0 = one a core. */
  readonly threads: number;
  /** A libonnxruntime.so; the one of onnxruntime-node unless given. */
  readonly library?: string | undefined;
  /** Keys and values for the provider: TensorRT's or CUDA's. */
  readonly providerOptions?: ProviderOptions;
  /** No optimisation shall touch the graph. */
  readonly isUnoptimized?: boolean;
}

/** An open session, and what else must be released with it. */
export interface OrtSession {
  readonly library: OrtLibrary;
  readonly pointer: Pointer;
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  release(): void;
}

/** Execution providers that a library was built with. That one is listed does not prove that it runs. */
export function availableProviders(library: OrtLibrary): readonly string[] {
  const list = new BigUint64Array(1);
  const count = new BigUint64Array(1);
  library.call('GetAvailableProviders', list, count);
  const length = Number(count[0]! & 0xffffffffn);
  const names = stringsAt(list[0]!, length);
  library.call('ReleaseAvailableProviders', list[0]!, length);
  return names;
}

/**
 * Opens a graph. The event loop goes on meanwhile: TensorRT may build an engine for minutes.
 * @throws CyclopsError `MACHINE_LACKS` where library or provider cannot be had; `MODEL_INVALID` where the graph cannot be
 *   opened.
 */
export async function openSession(onnxPath: string, options: OrtSessionOptions): Promise<OrtSession> {
  const { provider, threads } = options;
  const { ortName, sessionEntries, settings: taken } = providerNamed(provider);
  const library = loadOrt(options.library);
  const built = availableProviders(library);
  if (!built.includes(ortName)) {
    throw new CyclopsError(
      'MACHINE_LACKS',
      `execution provider ${provider}: ONNX Runtime ${library.version} (${library.path}) was built with ${built.join(', ')} only; name another libonnxruntime.so with --ort-library`,
    );
  }
  const settings = library.create('CreateSessionOptions');
  try {
    library.call('SetSessionLogSeverityLevel', settings, 3);
    library.call('SetSessionExecutionMode', settings, 0);
    library.call('SetSessionGraphOptimizationLevel', settings, options.isUnoptimized === true ? 0 : 99);
    if (threads > 0) library.call('SetIntraOpNumThreads', settings, threads);
    for (const [key, value] of Object.entries(sessionEntries)) {
      library.call('AddSessionConfigEntry', settings, key, value);
    }
    if (taken !== undefined) append(library, settings, taken.functions, options.providerOptions ?? {});
    return describe(library, await create(library, onnxPath, settings));
  } catch (error) {
    throw openFailure(onnxPath, provider, messageOf(error));
  } finally {
    library.release('ReleaseSessionOptions', settings);
  }
}

async function create(library: OrtLibrary, onnxPath: string, settings: Pointer): Promise<Pointer> {
  // The garbage collector may move a JavaScript array while another thread fills it.
  const place = allocate(8);
  try {
    await library.callAsync('CreateSession', library.env, onnxPath, settings, place.pointer);
    returnFreedMemory();
    return new BigUint64Array(place.bytes.slice().buffer)[0]!;
  } finally {
    place.free();
  }
}

function append(
  library: OrtLibrary,
  settings: Pointer,
  { create, update, append, release }: ProviderSettings['functions'],
  options: ProviderOptions,
): void {
  const pointer = library.create(create);
  try {
    const keys = Object.keys(options);
    if (keys.length > 0) library.call(update, pointer, keys, Object.values(options), keys.length);
    library.call(append, settings, pointer);
  } finally {
    library.release(release, pointer);
  }
}

function describe(library: OrtLibrary, pointer: Pointer): OrtSession {
  try {
    return {
      library,
      pointer,
      inputs: values(library, pointer, 'Input'),
      outputs: values(library, pointer, 'Output'),
      release: () => library.release('ReleaseSession', pointer),
    };
  } catch (error) {
    library.release('ReleaseSession', pointer);
    throw error;
  }
}

function values(library: OrtLibrary, session: Pointer, which: 'Input' | 'Output'): readonly GraphValue[] {
  const count = Number(library.create(`SessionGet${which}Count`, session));
  const allocator = library.create('GetAllocatorWithDefaultOptions');
  return Array.from({ length: count }, (_, index) => {
    const text = library.create(`SessionGet${which}Name`, session, index, allocator);
    const name = stringAt(text);
    library.call('AllocatorFree', allocator, text);
    const info = library.create(`SessionGet${which}TypeInfo`, session, index);
    try {
      return { name, ...tensorOf(library, info) };
    } finally {
      library.release('ReleaseTypeInfo', info);
    }
  });
}

/** The element types of ONNX by number, as far as a depth network has them at its ends. */
const elementTypes: Readonly<Record<number, string>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  7: 'int64',
  10: 'float16',
};

function tensorOf(library: OrtLibrary, info: Pointer): Omit<GraphValue, 'name'> {
  const out = new BigUint64Array(1);
  library.call('CastTypeInfoToTensorInfo', info, out);
  const tensor = out[0]!;
  if (tensor === 0n) return { type: 'not a tensor', shape: [] };
  const type = Number(library.create('GetTensorElementType', tensor) & 0xffffffffn);
  const rank = Number(library.create('GetDimensionsCount', tensor));
  const shape = new BigInt64Array(rank);
  library.call('GetDimensions', tensor, shape, rank);
  return { type: elementTypes[type] ?? `type ${type}`, shape: [...shape].map(Number) };
}
