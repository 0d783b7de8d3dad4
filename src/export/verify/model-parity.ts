import { CyclopsError } from '../../base/errors.js';
import { Random } from '../../base/random.js';
import type { Graph } from '../graph/graph.js';
import { openOnnx } from './onnx-run.js';
import { loadReference, loadTensorFlow, parityLimit } from './reference.js';

/** How far ONNX Runtime and tfjs are apart on random tensors. */
export interface ModelParityReport {
  /** Random inputs that were run. */
  readonly rounds: number;
  /** By output: the largest |onnx - tfjs| / (|tfjs| + root mean square of tfjs' output). */
  readonly outputs: Readonly<Record<string, number>>;
  readonly maxRelativeDifference: number;
}

/**
 * Runs a converted LayersModel and tfjs' own on normally distributed random inputs. Differences are relative to each
 * value and the size of the output as a whole, because values near 0 have no relative precision.
 * @throws CyclopsError `MACHINE_LACKS` without TensorFlow, `CHECKPOINT_INVALID` if tfjs cannot read the network.
 */
export async function checkModelParity(
  model: { readonly path: string; readonly modelJson: string; readonly weightBytes: Uint8Array },
  graph: Pick<Graph, 'inputs' | 'outputs'>,
  onnx: Uint8Array,
  rounds = 2,
): Promise<ModelParityReport> {
  const tf = await loadTensorFlow();
  const reference = await loadReference(tf, model, model.path);
  const session = await openOnnx(onnx, model.path);
  const worst: Record<string, number> = Object.fromEntries(graph.outputs.map(({ name }) => [name, 0]));
  try {
    for (let round = 0; round < rounds; round++) {
      const random = Random.fromSeed(round, 'model-parity');
      const feeds = graph.inputs.map(({ name, shape }) => {
        const count = shape.reduce((product, size) => product * size, 1);
        return [name, { shape, data: Float32Array.from({ length: count }, () => random.normal()) }] as const;
      });
      const found = await session.runTensors(new Map(feeds));
      const expected = tf.tidy(() => {
        const inputs = feeds.map(([, { data, shape }]) => tf.tensor(data, [...shape]));
        return [reference.predict(inputs)].flat().map((output) => output.dataSync<'float32'>().slice());
      });
      for (const [index, { name }] of graph.outputs.entries()) {
        worst[name] = Math.max(worst[name]!, relativeDifference(expected[index]!, found.get(name)!));
      }
    }
  } finally {
    reference.dispose();
    await session.close();
  }
  return { rounds, outputs: worst, maxRelativeDifference: Math.max(...Object.values(worst)) };
}

function relativeDifference(expected: Float32Array, found: Float32Array): number {
  const scale = Math.sqrt(expected.reduce((sum, value) => sum + value * value, 0) / expected.length);
  let worst = 0;
  for (const [index, value] of expected.entries()) {
    const difference = Math.abs(found[index]! - value);
    const relative = difference === 0 ? 0 : difference / (Math.abs(value) + scale);
    worst = Math.max(worst, Number.isFinite(relative) ? relative : Number.POSITIVE_INFINITY);
  }
  return expected.length === found.length ? worst : Number.POSITIVE_INFINITY;
}

/** Throws `PARITY_FAILED` where a comparison is over the limit. */
export function assertModelParity(report: ModelParityReport, path: string): void {
  if (report.maxRelativeDifference <= parityLimit) return;
  const [name] = Object.entries(report.outputs).toSorted(([, a], [, b]) => b - a)[0]!;
  throw new CyclopsError(
    'PARITY_FAILED',
    `${path}: ONNX Runtime and tfjs differ by ${report.maxRelativeDifference.toExponential(2)} at output "${name}" (relative, over ${report.rounds} random inputs), expected at most ${parityLimit}; nothing was written`,
    { details: { ...report } },
  );
}
