import '../../../base/no-telemetry.js';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { CyclopsError, messageOf } from '../../../base/errors.js';
import { koffi } from '../../../base/koffi.js';
import { type OrtFunction, type Slot, slots } from './slots.js';

/** The oldest ONNX Runtime with everything that we call; also the API version that we ask for. */
const oldestMinor = 14;

/** A pointer into native memory; never 0. */
export type Pointer = bigint;

/** Ways a value goes to a native function. */
export type NativeValue =
  | Pointer
  | string
  | number
  | BigUint64Array
  | BigInt64Array
  | Uint8Array
  | Float32Array
  | readonly string[]
  | null;

type NativeFunction = ((...values: readonly NativeValue[]) => unknown) & {
  async(...values: readonly (NativeValue | ((error: unknown, result: unknown) => void))[]): void;
};

/** A libonnxruntime.so that is loaded, and its functions. Stays loaded: threads of its own may still run in it. */
export interface OrtLibrary {
  readonly path: string;
  /** `1.30.0` */
  readonly version: string;
  /** The environment that all sessions of this library share. */
  readonly env: Pointer;
  /**
   * Calls a function that returns a status.
   * @throws CyclopsError `ENGINE_FAILED` with ONNX Runtime's words; its code is in `details.ortCode`.
   */
  call(name: OrtFunction, ...values: readonly NativeValue[]): void;
  /** The same in a thread of its own; this thread goes on. Buffers among the values must stay until it resolves. */
  callAsync(name: OrtFunction, ...values: readonly NativeValue[]): Promise<void>;
  /** Calls a function that fills its last parameter with a pointer, and returns that. */
  create(name: OrtFunction, ...values: readonly NativeValue[]): Pointer;
  release(name: OrtFunction, pointer: Pointer): void;
}

const loaded = new Map<string, OrtLibrary>();
/** koffi unloads a library whose handle is garbage, and functions found behind pointers do not hold on to it. */
const handles: ReturnType<typeof koffi.load>[] = [];

/** Loads a shared library for the rest of the process. @throws Error of the dynamic linker. */
export function loadForGood(path: string): ReturnType<typeof koffi.load> {
  const handle = koffi.load(path);
  handles.push(handle);
  return handle;
}

/**
 * The library that came with onnxruntime-node: the CPU everywhere, on x86-64 also CUDA and TensorRT where their
 * provider libraries lie beside it.
 * @throws CyclopsError `MACHINE_LACKS` where that package is not installed, or not whole.
 */
export function bundledLibraryPath(): string {
  try {
    const main = createRequire(import.meta.url).resolve('onnxruntime-node');
    const bin = join(dirname(main), '..', 'bin');
    const abi = readdirSync(bin).find((name) => name.startsWith('napi-v')) ?? 'napi-v6';
    return join(bin, abi, 'linux', arch() === 'arm64' ? 'arm64' : 'x64', 'libonnxruntime.so.1');
  } catch (error) {
    const reason = messageOf(error).split('\n')[0]; // Node adds who required it
    throw new CyclopsError(
      'MACHINE_LACKS',
      `onnxruntime-node, which brings ONNX Runtime's library, cannot be found: ${reason}; set up again, or name a library with --ort-library`,
      { cause: error },
    );
  }
}

/**
 * Loads ONNX Runtime's shared library, once for each path.
 * @throws CyclopsError `MACHINE_LACKS` where it cannot be loaded, is no ONNX Runtime, or one older than 1.14.
 */
export function loadOrt(path: string = bundledLibraryPath()): OrtLibrary {
  const full = resolve(path);
  const known = loaded.get(full);
  if (known !== undefined) return known;
  const library = open(full);
  loaded.set(full, library);
  return library;
}

function open(path: string): OrtLibrary {
  const base = apiBase(path);
  const [getApi, getVersionString] = koffi.decode(base, 'void *', 2) as [Pointer, Pointer];
  const version = koffi.call(getVersionString, koffi.proto('str', [])) as string;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major !== 1 || !(minor >= oldestMinor)) {
    throw new CyclopsError(
      'MACHINE_LACKS',
      `${path}: expected ONNX Runtime 1.${oldestMinor} or later, found ${version.slice(0, 40)}`,
    );
  }
  const api = koffi.call(getApi, koffi.proto('void *', ['uint32_t']), oldestMinor) as Pointer | null;
  if (api === null) {
    throw new CyclopsError('MACHINE_LACKS', `${path}: ONNX Runtime ${version} gives no API of version ${oldestMinor}`);
  }
  const last = Math.max(...Object.values(slots).map(({ slot }) => slot));
  const table = koffi.decode(api, 'void *', last + 1) as readonly Pointer[];
  const functions = new Map<OrtFunction, NativeFunction>();
  const functionOf = (name: OrtFunction): NativeFunction => {
    const ready = functions.get(name);
    if (ready !== undefined) return ready;
    const bound = koffi.decode(table[slots[name].slot], prototypeOf(slots[name])) as NativeFunction;
    functions.set(name, bound);
    return bound;
  };
  const check = (name: OrtFunction, status: unknown): void => {
    if (status === null) return;
    const message = functionOf('GetErrorMessage')(status as Pointer) as string;
    const ortCode = functionOf('GetErrorCode')(status as Pointer) as number;
    functionOf('ReleaseStatus')(status as Pointer);
    throw new CyclopsError('ENGINE_FAILED', `ONNX Runtime ${name}: ${message.trim()}`, { details: { ortCode } });
  };
  const library: Omit<OrtLibrary, 'env'> = {
    path,
    version,
    call: (name, ...values) => check(name, functionOf(name)(...values)),
    callAsync: (name, ...values) =>
      new Promise((resolve, reject) => {
        functionOf(name).async(...values, (error: unknown, status: unknown) => {
          try {
            if (error) throw error;
            check(name, status);
            resolve();
          } catch (failure) {
            reject(failure);
          }
        });
      }),
    create(name, ...values) {
      const out = new BigUint64Array(1);
      library.call(name, ...values, out);
      return out[0]!;
    },
    release: (name, pointer) => void functionOf(name)(pointer),
  };
  // 4 = nothing short of fatal: errors come back as statuses, and a terminal is for our own sentences.
  const env = library.create('CreateEnv', 4, 'cyclops');
  library.call('DisableTelemetryEvents', env);
  return { ...library, env };
}

function apiBase(path: string): Pointer {
  try {
    const base = loadForGood(path).func('OrtGetApiBase', 'void *', [])() as Pointer | null;
    if (base !== null) return base;
  } catch (error) {
    throw new CyclopsError('MACHINE_LACKS', `${path}: cannot be loaded as ONNX Runtime: ${messageOf(error)}`, {
      cause: error,
    });
  }
  throw new CyclopsError('MACHINE_LACKS', `${path}: OrtGetApiBase gives nothing`);
}

const types: Readonly<Record<string, string>> = {
  p: 'void *',
  s: 'str',
  i: 'int',
  z: 'size_t',
  o: 'void *',
  S: 'str *',
  n: 'void *',
};

const results = { status: 'void *', void: 'void', int: 'int', string: 'str' } as const;

function prototypeOf({ returns, takes }: Slot): ReturnType<typeof koffi.proto> {
  return koffi.proto(
    results[returns],
    [...takes].map((letter) => types[letter]!),
  );
}

/** The string at a pointer. */
export function stringAt(pointer: Pointer): string {
  return koffi.decode.string(pointer);
}

/** The strings of a `char **`. */
export function stringsAt(pointer: Pointer, count: number): readonly string[] {
  return koffi.decode(pointer, 'str', count) as string[];
}

/** Native memory that stays where it is until it is freed. */
export interface NativeBuffer {
  readonly pointer: Pointer;
  /** The same memory; not to be touched after `free`. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  free(): void;
}

/** Allocates native memory. */
export function allocate(length: number): NativeBuffer {
  const pointer = koffi.alloc('uint8_t', length) as Pointer;
  return { pointer, bytes: new Uint8Array(koffi.view(pointer, length)), free: () => koffi.free(pointer) };
}
