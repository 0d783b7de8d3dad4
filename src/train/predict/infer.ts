import type { BatchData } from '../../data/batch.js';
import type { FloatMap } from '../../geometry/raster.js';
import { resizeBilinear } from '../layers/pyramid.js';
import type { NetworkEntry } from '../networks/index.js';
import { applyNetwork } from '../networks/network.js';
import { tf } from '../tensorflow/tf.js';

/** What a network says about a batch, all B*H*W of the input's size. */
export interface Inference {
  /** px at the input's width; may be negative where the network's output is linear. */
  readonly disparityPx: Float32Array;
  /** Probability that the pixel is seen by the other camera; of a network with that head. */
  readonly visible?: Float32Array;
}

/** Runs a network on images; the finest output is enlarged to the input's size as the exported model does. */
export async function infer(
  model: tf.LayersModel,
  entry: NetworkEntry,
  batch: Pick<BatchData, 'left' | 'right' | 'width' | 'height'> & { readonly count: number },
): Promise<Inference> {
  const { width, height, count } = batch;
  const [disparity, visible] = tf.tidy(() => {
    const views = entry.inputs === 'stereo' ? [batch.left, batch.right] : [batch.left];
    const images = views.map((view) => tf.tensor4d(view, [count, height, width, 3]));
    const outputs = applyNetwork(model, entry, images, { training: false });
    const factor = entry.outputFactorPx(width);
    const finest = resizeBilinear(outputs[0]!, height, width).mul(factor);
    if (!entry.visibility) return [finest];
    return [finest, resizeBilinear(outputs[entry.scales]!, height, width).sigmoid()];
  });
  const disparityPx = (await disparity!.data()) as Float32Array;
  const visibleData = (await visible?.data()) as Float32Array | undefined;
  tf.dispose([disparity, visible].filter((tensor) => tensor !== undefined));
  return { disparityPx, ...(visibleData === undefined ? {} : { visible: visibleData }) };
}

/** One sample's map of a B*H*W array; a view, not a copy. */
export function mapOf(values: Float32Array, index: number, width: number, height: number): FloatMap {
  return { width, height, data: values.subarray(index * width * height, (index + 1) * width * height) };
}
