import { CyclopsError } from '../../base/errors.js';
import { Random } from '../../base/random.js';
import { goldenInput } from '../../model-package/golden.js';
import { bytesPerPixel, type ChannelOrder, type EmbeddedPackage } from '../../model-package/schema.js';
import type { tf } from '../../train/tf.js';
import type { DepthNetwork } from '../read/depth-network.js';
import { expectedOutputs, type RunNetwork, type Surroundings } from './expected-depth.js';
import { openOnnx } from './onnx-run.js';
import { loadReference, loadTensorFlow, parityLimit } from './reference.js';

/** How far ONNX Runtime and tfjs are apart on the same images, from bytes to metres. */
export interface ParityReport {
  readonly images: number;
  /** Largest |onnx - tfjs| / tfjs over all pixels of all images; +Infinity if either is not a finite number. */
  readonly maxRelativeDifference: number;
  /** Share of pixels strictly inside the range: where it is 0, the comparison says nothing about the network. */
  readonly insideShare: number;
  /** Largest difference of the confidence, which is 0 to 1; absent where the graph has none. */
  readonly maxConfidenceDifference?: number;
}

/**
 * Runs the exported file and the network itself in tfjs on the golden image and some random ones. What stands before
 * and behind the network is computed a second time, in plain code (`expected-depth.ts`).
 * @param randomImages images beside the golden one.
 * @throws CyclopsError `MACHINE_LACKS` without TensorFlow, `CHECKPOINT_INVALID` if tfjs cannot read the network.
 */
export async function checkParity(
  network: DepthNetwork,
  around: Surroundings,
  onnx: Uint8Array,
  embedded: EmbeddedPackage,
  randomImages = 3,
): Promise<ParityReport> {
  const tensorflow = await loadTensorFlow();
  const model = await loadReference(tensorflow, network.model, network.owner);
  const session = await openOnnx(onnx, embedded.name);
  const { width, height, channels } = embedded.input;
  const run = runnerOf(tensorflow, model, network.camera);
  let worst = 0;
  let worstConfidence = 0;
  let inside = 0;
  let seen = 0;
  try {
    for (let image = 0; image <= randomImages; image++) {
      const rgb =
        image === 0 ? goldenInput(height, width, 'RGB') : naturalNoise(Random.fromSeed(image, 'parity'), width, height);
      const expected = expectedOutputs(rgb, network, around, run);
      const found = await session.runAll(inOrder(rgb, channels), [1, height, width, bytesPerPixel(channels)]);
      const depthM = found.get(embedded.output.name)!;
      for (const [pixel, metres] of expected.depthM.entries()) {
        if (!isInView(embedded, pixel)) {
          // NaN is what is right there; anything else would be taken for depth.
          if (!Number.isNaN(depthM[pixel])) worst = Number.POSITIVE_INFINITY;
          continue;
        }
        seen++;
        const difference = Math.abs(depthM[pixel]! - metres) / metres;
        worst = Math.max(worst, Number.isFinite(difference) ? difference : Number.POSITIVE_INFINITY);
        if (metres > embedded.output.minM && metres < embedded.output.maxM) inside++;
      }
      if (expected.confidence === undefined) continue;
      const confidence = found.get(embedded.confidence!.name)!;
      for (const [pixel, value] of expected.confidence.entries()) {
        const difference = Math.abs(confidence[pixel]! - value);
        worstConfidence = Math.max(worstConfidence, Number.isFinite(difference) ? difference : 1);
      }
    }
  } finally {
    model.dispose();
    await session.close();
  }
  return {
    images: randomImages + 1,
    maxRelativeDifference: worst,
    insideShare: inside / seen,
    ...(around.confidence === undefined ? {} : { maxConfidenceDifference: worstConfidence }),
  };
}

function isInView({ input, view }: EmbeddedPackage, pixel: number): boolean {
  if (view === undefined) return true;
  const [x, y] = [pixel % input.width, Math.floor(pixel / input.width)];
  return x >= view.x && x < view.x + view.width && y >= view.y && y < view.y + view.height;
}

function runnerOf(
  tensorflow: typeof tf,
  model: tf.LayersModel,
  { width, height }: { readonly width: number; readonly height: number },
): RunNetwork {
  return (image) => {
    const input = tensorflow.tensor4d(image, [1, height, width, 3]);
    const outputs = [model.predict(input)].flat();
    const planes = outputs.map((output) => {
      const [, rows = 1, columns = 1] = output.shape;
      return { height: rows, width: columns, data: Float64Array.from(output.dataSync<'float32'>()) };
    });
    tensorflow.dispose([input, outputs]);
    return planes;
  };
}

/** Throws `PARITY_FAILED` where a comparison is over the limit. */
export function assertParity(report: ParityReport, name: string): void {
  const { maxRelativeDifference, maxConfidenceDifference = 0 } = report;
  if (maxRelativeDifference <= parityLimit && maxConfidenceDifference <= parityLimit) return;
  const what =
    maxRelativeDifference > parityLimit
      ? `${maxRelativeDifference.toExponential(2)} (relative, `
      : `${maxConfidenceDifference.toExponential(2)} of confidence (`;
  throw new CyclopsError(
    'PARITY_FAILED',
    `${name}: ONNX Runtime and tfjs differ by ${what}over ${report.images} images), expected at most ${parityLimit}; nothing was written`,
    { details: { ...report } },
  );
}

function inOrder(rgb: Uint8Array, channels: ChannelOrder): Uint8Array {
  if (channels === 'RGB') return rgb;
  const packed = new Uint8Array((rgb.length / 3) * 4);
  for (let pixel = 0; pixel < rgb.length / 3; pixel++) {
    const [r, g, b] = rgb.subarray(pixel * 3, pixel * 3 + 3);
    // The fourth byte is noise on purpose: it must not matter.
    packed.set(channels === 'RGBA' ? [r!, g!, b!, pixel & 255] : [b!, g!, r!, pixel & 255], pixel * 4);
  }
  return packed;
}

/** Noise with the fall-off of natural images: blocks of 64, 32 … 1 px, each half as strong as the next larger. */
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
