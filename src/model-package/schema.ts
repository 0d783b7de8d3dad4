import { z } from 'zod';

const positive = z.number().positive().finite();
const size = z.int().positive().max(16384);

const packedInput = z.strictObject({
  /** Name of the graph input. */
  name: z.string().min(1),
  layout: z.literal('NHWC'),
  type: z.literal('uint8'),
  height: size,
  width: size,
  channels: z.enum(['RGB', 'RGBA', 'BGRx']),
});

/** The camera the network was trained for, at the network's input size. */
const trainingCamera = z.strictObject({
  fxPx: positive,
  fyPx: positive,
  cxPx: z.number().finite(),
  cyPx: z.number().finite(),
  baselineM: positive,
});

/** What exporter and runtime agree on: `model.json` beside `model.onnx`, and the same text in its metadata_props. */
export const modelPackageSchema = z.strictObject({
  format: z.literal('cyclops-model'),
  formatVersion: z.literal(1),
  name: z.string().min(1).max(100),
  /** File name of the graph, in the same folder, and the SHA-256 of its bytes without the metadata entry itself. */
  onnx: z.strictObject({
    file: z.string().regex(/^[\w.-]+$/, 'expected a plain file name'),
    sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits'),
    opset: z.int().min(7).max(30),
  }),
  input: packedInput,
  output: z.strictObject({
    name: z.string().min(1),
    /** float32 [1, H, W, 1] metres along the optical axis. */
    kind: z.literal('depth-metres'),
    height: size,
    width: size,
    minM: positive,
    maxM: positive,
  }),
  camera: trainingCamera,
  precision: z.enum(['fp32']),
  provenance: z.strictObject({
    method: z.string(),
    network: z.string(),
    parameters: z.int().positive(),
    gmacs: positive,
    data: z.string(),
    checkpoint: z.string(),
    seed: z.int(),
    step: z.int().nonnegative(),
    metrics: z.record(z.string(), z.number()),
    command: z.string(),
    versions: z.record(z.string(), z.string()),
  }),
  /** Depth of a fixed generated image: the runtime runs it before the first frame and compares. */
  golden: z.strictObject({
    /** Name of the generator in golden.ts. */
    input: z.literal('gradient-v1'),
    /** Depth (m) at `probes` pixels (row-major index), and the relative tolerance for fp32 engines. */
    probes: z
      .array(z.strictObject({ index: z.int().nonnegative(), depthM: positive }))
      .min(8)
      .max(256),
    tolerance: positive,
  }),
});

/** A parsed `model.json`. */
export type ModelPackage = z.output<typeof modelPackageSchema>;
