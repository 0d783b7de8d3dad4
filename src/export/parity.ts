import { CyclopsError, messageOf } from '../base/errors.js';
import { Random } from '../base/random.js';
import { goldenInput } from '../model-package/golden.js';
import type { EmbeddedPackage } from '../model-package/schema.js';
import type { Checkpoint } from '../train/checkpoint-schema.js';
import type { tf } from '../train/tf.js';
import { openOnnx } from './onnx-run.js';
import type { StudentCheckpoint } from './read-checkpoint.js';

type TensorFlow = typeof tf;

/** Relative difference from which an export fails. */
export const parityLimit = 1e-4;

/** How far ONNX Runtime and tfjs are apart on the same pictures, from bytes to metres. */
export interface ParityReport {
  readonly images: number;
  /** Largest |onnx - tfjs| / tfjs over all pixels of all pictures; +Infinity if either is not a finite number. */
  readonly maxRelativeDifference: number;
  /** Share of pixels strictly inside the range: where it is 0, the comparison says nothing about the network. */
  readonly insideShare: number;
}

/**
 * Runs the exported file and the checkpoint's own network in tfjs on the golden picture and some random ones. The
 * reference does colour, normalisation, resizing, and disparity to depth in plain code of its own, sharing nothing with
 * the graph builder.
 * @param randomImages pictures beside the golden one.
 * @throws CyclopsError `MACHINE_LACKS` without TensorFlow, `CHECKPOINT_INVALID` if tfjs cannot read the network.
 */
export async function checkParity(
  checkpoint: StudentCheckpoint,
  onnx: Uint8Array,
  embedded: EmbeddedPackage,
  randomImages = 3,
): Promise<ParityReport> {
  const tf = await loadTensorFlow();
  const model = await loadReference(tf, checkpoint);
  const session = await openOnnx(onnx, embedded.name);
  try {
    const { width, height } = embedded.input;
    let worst = 0;
    let inside = 0;
    for (let image = 0; image <= randomImages; image++) {
      const rgb =
        image === 0 ? goldenInput(height, width, 'RGB') : naturalNoise(Random.fromSeed(image, 'parity'), width, height);
      const disparity = tf.tidy(() => {
        const output = model.predict(tf.tensor4d(normalized(rgb, checkpoint.head), [1, height, width, 3]));
        const first = Array.isArray(output) ? output[0]! : output;
        return { data: first.dataSync<'float32'>(), shape: first.shape };
      });
      const [, rows, columns] = disparity.shape;
      const expected = expectedDepth(disparity.data, rows!, columns!, checkpoint.head, embedded);
      const channels = embedded.input.channels === 'RGB' ? 3 : 4;
      const found = await session.run(inOrder(rgb, embedded.input.channels), [1, height, width, channels]);
      for (let pixel = 0; pixel < expected.length; pixel++) {
        const difference = Math.abs(found[pixel]! - expected[pixel]!) / expected[pixel]!;
        worst = Math.max(worst, Number.isFinite(difference) ? difference : Number.POSITIVE_INFINITY);
        if (expected[pixel]! > embedded.output.minM && expected[pixel]! < embedded.output.maxM) inside++;
      }
    }
    const images = randomImages + 1;
    return { images, maxRelativeDifference: worst, insideShare: inside / (images * width * height) };
  } finally {
    model.dispose();
    await session.close();
  }
}

/** TensorFlow for a comparison. @throws CyclopsError `MACHINE_LACKS` where it cannot be loaded. */
export async function loadTensorFlow(): Promise<TensorFlow> {
  try {
    return (await import('../train/tf.js')).tf;
  } catch (error) {
    throw new CyclopsError(
      'MACHINE_LACKS',
      `the parity check needs TensorFlow, which cannot be loaded: ${messageOf(error).split('\n')[0]}; npm run setup installs it, --no-parity exports without the check`,
      { cause: error },
    );
  }
}

/** The checkpoint's network as tfjs itself reads it. */
async function loadReference(tf: TensorFlow, checkpoint: StudentCheckpoint): Promise<tf.LayersModel> {
  const { modelTopology, weightsManifest } = JSON.parse(new TextDecoder().decode(checkpoint.modelJson));
  // Copied, because file buffers may be slices of larger ones.
  const weightData = new Uint8Array(checkpoint.weightsBin).buffer;
  try {
    const source = tf.io.fromMemory({ modelTopology, weightSpecs: weightsManifest[0].weights, weightData });
    return await tf.loadLayersModel(source);
  } catch (error) {
    throw new CyclopsError(
      'CHECKPOINT_INVALID',
      `${checkpoint.folder}/network/model.json: tfjs refuses the network: ${messageOf(error).split('\n')[0]}`,
      { cause: error },
    );
  }
}

/** Throws `PARITY_FAILED` where a comparison is over the limit. */
export function assertParity(report: ParityReport, name: string): void {
  if (report.maxRelativeDifference <= parityLimit) return;
  throw new CyclopsError(
    'PARITY_FAILED',
    `${name}: ONNX Runtime and tfjs differ by ${report.maxRelativeDifference.toExponential(2)} (relative, over ${report.images} pictures), expected at most ${parityLimit}; nothing was written`,
    { details: { ...report } },
  );
}

function normalized(rgb: Uint8Array, { inputMean, inputStd }: Checkpoint): Float32Array {
  return Float32Array.from(rgb, (byte, index) => (byte / 255 - inputMean[index % 3]!) / inputStd[index % 3]!);
}

function inOrder(rgb: Uint8Array, channels: EmbeddedPackage['input']['channels']): Uint8Array {
  if (channels === 'RGB') return rgb;
  const packed = new Uint8Array((rgb.length / 3) * 4);
  for (let pixel = 0; pixel < rgb.length / 3; pixel++) {
    const [r, g, b] = rgb.subarray(pixel * 3, pixel * 3 + 3);
    // The fourth byte is noise on purpose: it must not matter.
    packed.set(channels === 'RGBA' ? [r!, g!, b!, pixel & 255] : [b!, g!, r!, pixel & 255], pixel * 4);
  }
  return packed;
}

function expectedDepth(
  output: Float32Array,
  rows: number,
  columns: number,
  { camera, outputFactorPx, width, height }: Checkpoint,
  { output: { minM, maxM } }: EmbeddedPackage,
): Float64Array {
  const depth = new Float64Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const disparityPx =
        outputFactorPx *
        sample(output, rows, columns, y * (rows / height), x * (columns / width), {
          rowStep: rows / height,
          columnStep: columns / width,
        });
      const seen = disparityPx + camera.doffsPx;
      const z = seen > 0 ? (camera.fxPx * camera.baselineM) / seen : maxM;
      depth[y * width + x] = Number.isNaN(disparityPx) ? Number.NaN : Math.min(maxM, Math.max(minM, z));
    }
  }
  return depth;
}

/** Bilinear reading at a target pixel's centre; what lies beyond the border repeats it. */
function sample(
  data: Float32Array,
  rows: number,
  columns: number,
  top: number,
  left: number,
  { rowStep, columnStep }: { rowStep: number; columnStep: number },
): number {
  const row = Math.min(rows - 1, Math.max(0, top + rowStep / 2 - 0.5));
  const column = Math.min(columns - 1, Math.max(0, left + columnStep / 2 - 0.5));
  const [r0, c0] = [Math.floor(row), Math.floor(column)];
  const [r1, c1] = [Math.min(rows - 1, r0 + 1), Math.min(columns - 1, c0 + 1)];
  const at = (r: number, c: number): number => data[r * columns + c]!;
  const upper = at(r0, c0) + (at(r0, c1) - at(r0, c0)) * (column - c0);
  const lower = at(r1, c0) + (at(r1, c1) - at(r1, c0)) * (column - c0);
  return upper + (lower - upper) * (row - r0);
}

/** Noise with the fall-off of natural pictures: blocks of 64, 32 … 1 px, each half as strong as the next larger. */
function naturalNoise(random: Random, width: number, height: number): Uint8Array {
  const sum = new Float32Array(width * height * 3).fill(110);
  for (let side = 64, strength = 64; side >= 1; side /= 2, strength /= 2) {
    const across = Math.ceil(width / side);
    const blocks = Float32Array.from({ length: across * Math.ceil(height / side) * 3 }, () => random.uniform(-1, 1));
    for (let index = 0; index < sum.length; index++) {
      const pixel = Math.floor(index / 3);
      const block = Math.floor(Math.floor(pixel / width) / side) * across + Math.floor((pixel % width) / side);
      sum[index]! += strength * blocks[block * 3 + (index % 3)]!;
    }
  }
  return Uint8Array.from(sum, (value) => Math.max(0, Math.min(255, Math.round(value))));
}
