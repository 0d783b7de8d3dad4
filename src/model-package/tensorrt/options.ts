import type { z } from 'zod';
import { type TensorRtOptionFields, tensorRtOptionFields } from './option-fields.js';

/** One combination that cannot be, and why. */
interface Refusal {
  readonly field: keyof TensorRtOptionFields;
  readonly holds: (options: TensorRtOptionFields) => boolean;
  readonly reason: string;
}

const isJetson = ({ target }: TensorRtOptionFields): boolean => target !== undefined && target !== 'dgpu';

const refusals: readonly Refusal[] = [
  {
    field: 'dlaCore',
    holds: (o) => o.dlaCore !== undefined && (o.target === 'orin-nano' || o.target === 'dgpu'),
    reason: 'this target has no deep learning accelerator: leave dlaCore out',
  },
  {
    field: 'dlaCore',
    holds: (o) => o.dlaCore !== undefined && o.fp16 !== true && o.int8 !== true,
    reason: 'the deep learning accelerator computes in fp16 and int8 only: set fp16 or int8 with it',
  },
  {
    field: 'bf16',
    holds: (o) => o.bf16 === true && o.target === 'xavier',
    reason: "bfloat16 needs Ampere or newer, and xavier's GPU is Volta: use fp16",
  },
  {
    field: 'sparsity',
    holds: (o) => o.sparsity === true && o.target === 'xavier',
    reason: "sparse weights need Ampere or newer, and xavier's GPU is Volta: leave sparsity out",
  },
  {
    field: 'hardwareCompatible',
    holds: (o) => o.hardwareCompatible === true && isJetson(o),
    reason:
      'engines for several kinds of GPU exist for discrete GPUs from Ampere on, not for a Jetson: build the engine on the board itself',
  },
  {
    field: 'hardwareCompatible',
    holds: (o) => o.hardwareCompatible === true && o.dlaCore !== undefined,
    reason: 'an engine for the deep learning accelerator fits one kind of chip: leave one of the two out',
  },
  {
    field: 'maxWorkspaceBytes',
    holds: (o) => o.maxWorkspaceBytes === 0 && isJetson(o),
    reason:
      '0 means all memory, which on a Jetson is also what the CPU runs in: give a bound, such as 1073741824 (1 GiB)',
  },
  {
    field: 'int8Calibration',
    holds: (o) => o.int8Calibration !== undefined && o.int8 !== true,
    reason: 'a calibration table is only read for int8 kernels: set int8 with it',
  },
  {
    field: 'stronglyTyped',
    holds: (o) => o.stronglyTyped === true && (o.fp16 === true || o.bf16 === true || o.int8 === true),
    reason: 'in a strongly typed network the graph alone decides the precision: leave fp16, bf16 and int8 out',
  },
  {
    field: 'layerNormFp32Fallback',
    holds: (o) => o.layerNormFp32Fallback === true && o.fp16 !== true && o.bf16 !== true,
    reason: 'without reduced precision there is nothing to fall back from: set fp16 with it, or leave it out',
  },
  {
    field: 'engineCachePath',
    holds: (o) => o.engineCachePath !== undefined && o.engineCache !== true,
    reason: 'a path is only used with engineCache: true',
  },
  {
    field: 'engineCachePrefix',
    holds: (o) => o.engineCachePrefix !== undefined && o.engineCache !== true,
    reason: 'a prefix is only used with engineCache: true',
  },
  {
    field: 'engineDecryptionLibrary',
    holds: (o) => o.engineDecryptionLibrary !== undefined && o.engineCache !== true,
    reason: 'only engines of the cache are decrypted: set engineCache: true with it',
  },
  {
    field: 'timingCachePath',
    holds: (o) => o.timingCachePath !== undefined && o.timingCache !== true,
    reason: 'a path is only used with timingCache: true',
  },
  {
    field: 'forceTimingCache',
    holds: (o) => o.forceTimingCache === true && o.timingCache !== true,
    reason: 'there is no timing cache to force: set timingCache: true with it',
  },
  {
    field: 'engineCachePath',
    holds: (o) => o.epContext !== undefined && o.engineCachePath !== undefined && leavesFolder(o.engineCachePath),
    reason:
      'with epContext the engine is named in the ONNX file relative to it, so the path may not be absolute nor contain ..: give a path at or below the folder of the ONNX file',
  },
  {
    field: 'cudaGraph',
    holds: (o) => o.cudaGraph === true && o.profile !== undefined && !isFixed(o.profile),
    reason: 'a recorded graph replays one shape: leave the profile out, or let min, opt and max be equal',
  },
  {
    field: 'profile',
    holds: (o) => o.profile !== undefined && !isOrdered(o.profile),
    reason: 'expected the same inputs in min, opt and max, of equal rank, with min <= opt <= max in every dimension',
  },
];

/** TensorRT settings: the fields, and no combination that cannot be. */
export const tensorRtOptionsSchema = tensorRtOptionFields.check(agreesWithItself);

/** Checked TensorRT settings. */
export type TensorRtOptions = z.output<typeof tensorRtOptionsSchema>;

/** Adds one issue a combination that cannot be, each with its reason. */
function agreesWithItself(context: z.core.ParsePayload<TensorRtOptionFields>): void {
  const options = context.value;
  for (const { field, holds, reason } of refusals) {
    if (holds(options)) context.issues.push({ code: 'custom', path: [field], message: reason, input: options[field] });
  }
}

/** Whether a relative path could name something outside of the folder it starts in. */
function leavesFolder(path: string): boolean {
  return path.startsWith('/') || path.split('/').includes('..');
}

type Profile = NonNullable<TensorRtOptionFields['profile']>;

function isOrdered({ min, opt, max }: Profile): boolean {
  const names = Object.keys(min).sort().join();
  if (names !== Object.keys(opt).sort().join() || names !== Object.keys(max).sort().join()) return false;
  return Object.entries(min).every(([name, low]) => {
    const middle = opt[name]!;
    const high = max[name]!;
    if (middle.length !== low.length || high.length !== low.length) return false;
    return low.every((size, axis) => size <= middle[axis]! && middle[axis]! <= high[axis]!);
  });
}

function isFixed({ min, max }: Profile): boolean {
  return Object.entries(min).every(([name, sizes]) => sizes.join() === max[name]?.join());
}
