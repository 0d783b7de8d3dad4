import { assert } from '../../base/assert.js';
import { Correlation1d } from '../layers/correlation-1d.js';
import { SimilarityWindow } from '../layers/similarity-window.js';
import type { tf } from '../tensorflow/tf.js';

/** What one use of a layer costs; a layer shared by two inputs appears twice. */
export interface LayerCost {
  readonly layer: string;
  readonly kind: string;
  /** Height, width, channels. */
  readonly output: readonly number[];
  readonly multiplyAccumulates: number;
}

/** What a network costs for one image (a stereo network: one pair). */
export interface NetworkCost {
  /** Weights, each counted once. */
  readonly parameters: number;
  /** Size of the weights in float32. */
  readonly weightBytes: number;
  /** What papers print as FLOPs: multiplications with their additions, of convolutions and correlations. */
  readonly multiplyAccumulates: number;
  readonly layers: readonly LayerCost[];
}

/** Counts parameters and multiply-accumulates of a functional model with fixed input size. */
export function networkCost(model: tf.LayersModel): NetworkCost {
  const layers: LayerCost[] = [];
  for (const layer of model.layers) {
    for (const node of layer.inboundNodes) {
      const output = sizeOf(node.outputShapes[0], layer.name);
      const multiplyAccumulates = costOf(
        layer,
        sizeOf(node.inputShapes[0] ?? node.outputShapes[0], layer.name),
        output,
      );
      layers.push({ layer: layer.name, kind: layer.getClassName(), output, multiplyAccumulates });
    }
  }
  const parameters = model.countParams();
  const multiplyAccumulates = layers.reduce((sum, layer) => sum + layer.multiplyAccumulates, 0);
  return { parameters, weightBytes: parameters * 4, multiplyAccumulates, layers };
}

function costOf(layer: tf.layers.Layer, input: readonly number[], output: readonly number[]): number {
  const [inHeight, inWidth, inChannels] = input;
  const [outHeight, outWidth, outChannels] = output;
  assert(inHeight && inWidth && inChannels && outHeight && outWidth && outChannels, `cost: ${layer.name} is no image`);
  // Cosine similarity is a correlation too; bringing its features to length 1 is not counted, as no activation is.
  if (layer instanceof Correlation1d) return outHeight * outWidth * outChannels * inChannels;
  if (layer instanceof SimilarityWindow) return outHeight * outWidth * (outChannels + 1) * inChannels;
  const kernelSize = layer.weights.find((weight) => weight.shape.length === 4)?.shape.reduce<number>(product, 1);
  if (kernelSize === undefined) return 0;
  // A transposed convolution applies its kernel once an input pixel, a convolution once an output pixel.
  const pixels = layer.getClassName() === 'Conv2DTranspose' ? inHeight * inWidth : outHeight * outWidth;
  return pixels * kernelSize;
}

function product(total: number, side: number | null): number {
  return total * (side ?? 1);
}

/** Height, width and channels of a shape; of the first one if a layer has several. */
function sizeOf(shape: unknown, name: string): readonly number[] {
  assert(Array.isArray(shape), `cost: ${name} has no shape`);
  const first: unknown[] = Array.isArray(shape[0]) ? shape[0] : shape;
  return first.slice(1).map(Number);
}
