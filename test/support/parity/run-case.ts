import { Random } from '../../../src/base/random.js';
import { addNetwork } from '../../../src/export/graph/add-network.js';
import { GraphBuilder } from '../../../src/export/graph/graph.js';
import { fromTfjsOrder, toTfjsOrder } from '../../../src/export/graph/layout.js';
import { encodeModel } from '../../../src/export/graph/proto.js';
import { runPasses } from '../../../src/export/passes/index.js';
import { parseNetwork } from '../../../src/export/read/network.js';
import { openOnnx } from '../../../src/export/verify/onnx-run.js';
import type { tf } from '../../../src/train/tf.js';
import type { LayerCase } from './layer-cases.js';

type TensorFlow = typeof tf;

/** One case of one seed, through tfjs and through ONNX Runtime. */
export interface CaseResult {
  /** Keras classes of the layers that took part. */
  readonly classes: readonly string[];
  readonly inputShape: readonly number[];
  readonly expected: Float32Array;
  readonly found: Float32Array;
  readonly onnx: Uint8Array;
}

/**
 * Builds the case's model in tfjs, exports it as a user's own would be, and runs both on one random input.
 * @param batch images in it.
 */
export async function runLayerCase(
  tf: TensorFlow,
  layerCase: LayerCase,
  round: number,
  batch = 1,
): Promise<CaseResult> {
  const random = Random.fromSeed(round, layerCase.name);
  const side = (): number => 7 + random.integer(10);
  const shape = [...(layerCase.shape?.(random, round) ?? [side(), side(), 3])];
  const input = tf.input({ shape });
  const model = tf.model({ inputs: input, outputs: layerCase.build(tf, input, random, round) });
  drawWeights(tf, model, random);
  const inputShape = [batch, ...shape];
  const count = inputShape.reduce((product, size) => product * size, 1);
  const values = Float32Array.from({ length: count }, () => random.normal());
  const expected = tf.tidy(() => {
    const output = model.predict(tf.tensor(values, inputShape));
    return (Array.isArray(output) ? output[0]! : output).dataSync<'float32'>().slice();
  });
  const { json, weights } = await savedModel(tf, model);
  const classes = [...classNamesIn(JSON.parse(json))];
  model.dispose();
  const onnx = exportBare(json, weights, inputShape);
  const session = await openOnnx(onnx, layerCase.name);
  try {
    return { classes, inputShape, expected, found: await session.run(values, inputShape), onnx };
  } finally {
    await session.close();
  }
}

/** Weights of the round's own seed, biases and statistics too: tfjs' initialisers draw others in every run. */
function drawWeights(tf: TensorFlow, model: tf.LayersModel, random: Random): void {
  tf.tidy(() => {
    const drawn = model.weights.map((weight) => {
      const shape = weight.shape.map((size) => size ?? 1);
      const count = shape.reduce((product, size) => product * size, 1);
      const isVariance = weight.originalName.endsWith('moving_variance');
      const draw = (): number => (isVariance ? random.uniform(0.2, 2) : random.normal(0, 0.4));
      return tf.tensor(
        Float32Array.from({ length: count }, () => draw()),
        shape,
      );
    });
    model.setWeights(drawn);
  });
}

/** What tfjs would write to disk: model.json and its weights. */
export async function savedModel(
  tf: TensorFlow,
  model: tf.LayersModel,
): Promise<{ json: string; weights: Uint8Array }> {
  let files: { json: string; weights: Uint8Array } | undefined;
  await model.save(
    tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
      const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
      const weights = new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData));
      files = { json: JSON.stringify({ modelTopology, weightsManifest }), weights };
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  return files!;
}

function exportBare(json: string, weights: Uint8Array, inputShape: readonly number[]): Uint8Array {
  const network = parseNetwork(json, weights, 'model.json');
  const graph = new GraphBuilder('layers', ['x', 'y']);
  const image = fromTfjsOrder(graph, 'in', graph.input('x', 'float32', inputShape));
  const [output] = addNetwork(graph, network, [image]);
  graph.output(toTfjsOrder(graph, 'out', output!), 'y');
  return encodeModel(runPasses(graph.build()).graph, { producerVersion: '', metadata: {} });
}

function classNamesIn(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value !== 'object' || value === null) return found;
  if ('class_name' in value && typeof value.class_name === 'string') found.add(value.class_name);
  for (const inner of Object.values(value)) classNamesIn(inner, found);
  return found;
}

/** The largest |found - expected| / (1 + |expected|); infinite where lengths differ or a value is not finite. */
export function worstDifference(expected: Float32Array, found: Float32Array): number {
  if (expected.length !== found.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (const [index, value] of expected.entries()) {
    const difference = Math.abs(found[index]! - value) / (1 + Math.abs(value));
    worst = Math.max(worst, Number.isFinite(difference) ? difference : Number.POSITIVE_INFINITY);
  }
  return worst;
}
