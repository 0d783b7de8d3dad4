import { z } from 'zod';

const positive = z.number().positive().finite();
const size = z.int().positive().max(16384);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits');
const rgbTriple = z.tuple([z.number().finite(), z.number().finite(), z.number().finite()]);

/** The rectified stereo camera of the training data, at the network's input size; `StereoCamera` as JSON. */
const cameraAtInputSize = z.strictObject({
  width: size,
  height: size,
  fxPx: positive,
  fyPx: positive,
  cxPx: z.number().finite(),
  cyPx: z.number().finite(),
  baselineM: positive,
  doffsPx: z.number().finite(),
});

/** Names of the networks a checkpoint can hold. */
export const networkNames = ['dispnet-c', 'stereo-softarg', 'mono-vgg', 'mono-edge', 'mono-lsim'] as const;

/** One of the networks a checkpoint can hold. */
export type NetworkName = (typeof networkNames)[number];

/**
 * `run.json`, the head of a checkpoint folder: what the network is, how its numbers are to be read, and where it came
 * from. Beside it lie `network/model.json` + `network/weights.bin` (tfjs LayersModel) and, unless the checkpoint was
 * stripped for shipping, `optimizer/first-moment.bin` + `optimizer/second-moment.bin`.
 */
export const checkpointSchema = z.strictObject({
  format: z.literal('cyclops-checkpoint'),
  formatVersion: z.literal(2),
  /** Whether the network sees one view or a rectified pair. */
  inputs: z.enum(['mono', 'stereo']),
  /** The paper or recipe, such as `guo-eccv18`. */
  method: z.string().min(1),
  network: z.enum(networkNames),
  widthMultiplier: positive,
  parameters: z.int().positive(),
  /** Network input size, px. A stereo network also runs at other sizes whose sides are multiples of 64. */
  width: size,
  height: size,
  seed: z.int(),
  /** Optimizer steps done. */
  step: z.int().nonnegative(),
  camera: cameraAtInputSize,
  /** The network sees (rgb01 - mean) / std, channel order R,G,B; both views alike. */
  inputMean: rgbTriple,
  inputStd: z.tuple([positive, positive, positive]),
  /** Disparity in px at the network's input width = outputFactorPx * first network output. */
  outputFactorPx: positive,
  /** Input size / size of the first output; the output is resized bilinearly (half-pixel centres) to the input size. */
  outputStride: z.int().positive(),
  /** The whole training configuration, as `src/train/config/config.ts` reads it. */
  config: z.record(z.string(), z.unknown()),
  /** What the network was trained on, in words, such as `street:1:4000`. */
  data: z.string().min(1),
  /** Changes whenever the training data change; resuming with other data is refused. */
  dataFingerprint: z.string().min(1),
  /** Last validation metrics by name, such as `valAbsRel`. */
  metrics: z.record(z.string(), z.number()),
  /** Program and library versions by name. */
  versions: z.record(z.string(), z.string()),
  /** The command line that made it. */
  command: z.string(),
  /** ISO 8601, UTC. */
  startedAt: z.string(),
  savedAt: z.string(),
  /** Seconds spent training up to this step, over all resumed parts. */
  trainedSeconds: z.number().nonnegative(),
  /** Step and metric of the best checkpoint so far, where validation ran. */
  best: z.strictObject({ step: z.int().nonnegative(), valAbsRel: z.number().nonnegative() }).optional(),
  /** SHA-256 of every other file of the checkpoint, by path inside it. */
  files: z.record(z.string().regex(/^[\w./-]+$/), sha256),
});

/** A parsed `run.json`. */
export type Checkpoint = z.output<typeof checkpointSchema>;
