import { z } from 'zod';
import { CyclopsError } from '../../base/errors.js';
import { elementCount } from '../graph/graph.js';
import type { Weights } from '../graph/ops.js';

const quantization = z.object({
  dtype: z.enum(['float16', 'uint8', 'uint16']),
  scale: z.number().finite().optional(),
  min: z.number().finite().optional(),
});

/** One group of a `weightsManifest`: its files hold its weights, one behind the other. */
export const weightGroupSchema = z.object({
  paths: z.array(z.string().regex(/^[\w-][\w.-]*$/, 'expected a plain file name beside model.json')).max(10000),
  weights: z
    .array(
      z.object({
        name: z.string().min(1).max(1000),
        shape: z.array(z.int().nonnegative()).max(8),
        dtype: z.literal('float32'),
        quantization: quantization.optional(),
      }),
    )
    .max(100000),
});

/** A parsed group of a `weightsManifest`. */
export type WeightGroup = z.output<typeof weightGroupSchema>;

type Spec = WeightGroup['weights'][number];

/**
 * The weights of all groups by name. Quantised ones become what tfjs computes with: value * scale + min.
 * @param bytes of all files, one behind the other.
 * @throws CyclopsError `CHECKPOINT_INVALID` where sizes do not fit or a weight is not a finite number.
 */
export function weightsOfManifest(
  groups: readonly WeightGroup[],
  bytes: Uint8Array,
  owner: string,
): Map<string, Weights> {
  const specs = groups.flatMap(({ weights }) => weights);
  const expected = specs.reduce((sum, spec) => sum + bytesOf(spec), 0);
  if (expected !== bytes.byteLength) {
    const found =
      groups.length === 1 && groups[0]!.paths.length === 1 ? `${groups[0]!.paths[0]} holds` : 'its files hold';
    throw new CyclopsError(
      'CHECKPOINT_INVALID',
      `${owner} weightsManifest: its weights take ${expected} bytes, ${found} ${bytes.byteLength}`,
    );
  }
  const weights = new Map<string, Weights>();
  let offset = 0;
  for (const spec of specs) {
    const end = offset + bytesOf(spec);
    const data = readValues(bytes.subarray(offset, end), spec);
    if (!data.every(Number.isFinite)) {
      throw new CyclopsError(
        'CHECKPOINT_INVALID',
        `${owner} ${spec.name}: expected finite weights, found NaN or Infinity`,
      );
    }
    weights.set(spec.name, { shape: spec.shape, data });
    offset = end;
  }
  return weights;
}

const bytesPerValue = { float32: 4, float16: 2, uint16: 2, uint8: 1 } as const;

function bytesOf({ shape, quantization }: Spec): number {
  return elementCount(shape) * bytesPerValue[quantization?.dtype ?? 'float32'];
}

function readValues(bytes: Uint8Array, { quantization }: Spec): Float32Array {
  // Copied, because a typed array must start at a multiple of its element's size.
  const { buffer } = new Uint8Array(bytes);
  if (quantization === undefined) return new Float32Array(buffer);
  if (quantization.dtype === 'float16') return Float32Array.from(new Uint16Array(buffer), floatFromHalf);
  const values = quantization.dtype === 'uint8' ? new Uint8Array(buffer) : new Uint16Array(buffer);
  const { scale = 1, min = 0 } = quantization;
  return Float32Array.from(values, (value) => value * scale + min);
}

/** IEEE 754 half precision: 1 sign, 5 exponent, 10 fraction bits. */
function floatFromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
