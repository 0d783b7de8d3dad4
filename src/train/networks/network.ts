import { loadWeights, readCheckpointHead } from '../checkpoint/checkpoint.js';
import type { CheckpointHead } from '../checkpoint/checkpoint-files.js';
import type { Checkpoint } from '../checkpoint/checkpoint-schema.js';
import { tf } from '../tensorflow/tf.js';
import { type NetworkEntry, networks } from './index.js';

/**
 * Runs a network on images as they are stored: normalises, then applies. Differentiable.
 * @param images_BHW3 RGB 0..1; one for a student, left and right for a teacher.
 * @returns the outputs in the network's order, each [B,h,w,1].
 */
export function applyNetwork(
  model: tf.LayersModel,
  entry: NetworkEntry,
  images_BHW3: readonly tf.Tensor4D[],
  { training }: { readonly training: boolean },
): tf.Tensor4D[] {
  const normalised = images_BHW3.map((image) => normalise(image, entry));
  const [only] = normalised;
  const outputs = model.apply(normalised.length === 1 && only !== undefined ? only : normalised, { training });
  return (Array.isArray(outputs) ? outputs : [outputs]) as tf.Tensor4D[];
}

/**
 * A checkpoint's network with its weights, at another input size if one is given.
 * @throws CyclopsError `CHECKPOINT_INVALID`.
 */
export async function loadNetwork(
  path: string,
  size?: { readonly width: number; readonly height: number },
): Promise<{ model: tf.LayersModel; head: Checkpoint; folder: string }> {
  const { folder, head } = await readCheckpointHead(path);
  const model = createNetwork(head, size ?? head);
  try {
    await loadWeights(model, folder, head);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return { model, head, folder };
}

/** The network a run or a checkpoint describes, with the weights its seed draws. */
export function createNetwork(
  { network, widthMultiplier, seed }: Pick<CheckpointHead, 'network' | 'widthMultiplier' | 'seed'>,
  { width, height }: { readonly width: number; readonly height: number },
): tf.LayersModel {
  return networks[network].create({ width: widthMultiplier, widthPx: width, height, seed });
}

/** The variables an optimizer moves, in the order of the layers. */
export function trainableVariables(model: tf.LayersModel): tf.Variable[] {
  // tfjs' public type of a layer's weight hides that `read` gives the variable itself.
  return model.trainableWeights.map((weight) => weight.read() as tf.Variable);
}

/** Mean and deviation are laid out along a whole row: TensorFlow repeats three numbers a pixel five times as slowly. */
function normalise(image_BHW3: tf.Tensor4D, { inputMean, inputStd }: NetworkEntry): tf.Tensor4D {
  const isIdentity = inputMean.every((value) => value === 0) && inputStd.every((value) => value === 1);
  if (isIdentity) return image_BHW3;
  return tf.tidy(() => {
    const [batch, height, width] = image_BHW3.shape;
    const alongRow = (values: readonly number[]): tf.Tensor1D => tf.tensor1d([...values]).tile([width]);
    const rows = image_BHW3.reshape([batch * height, 3 * width]);
    return rows.sub(alongRow(inputMean)).div(alongRow(inputStd)).reshape(image_BHW3.shape) as tf.Tensor4D;
  });
}
