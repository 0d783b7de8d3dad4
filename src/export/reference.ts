import { CyclopsError, messageOf } from '../base/errors.js';
import type { tf } from '../train/tensorflow/tf.js';

type TensorFlow = typeof tf;

/** Relative difference from which an export fails. */
export const parityLimit = 1e-4;

/** TensorFlow for a comparison. @throws CyclopsError `MACHINE_LACKS` where it cannot be loaded. */
export async function loadTensorFlow(): Promise<TensorFlow> {
  try {
    return (await import('../train/tensorflow/tf.js')).tf;
  } catch (error) {
    throw new CyclopsError(
      'MACHINE_LACKS',
      `the parity check needs TensorFlow, which cannot be loaded: ${messageOf(error).split('\n')[0]}; npm run setup installs it, --no-parity exports without the check`,
      { cause: error },
    );
  }
}

/**
 * A network as tfjs itself reads it, with the layers of cyclops.
 * @param owner names the file in errors.
 * @throws CyclopsError `CHECKPOINT_INVALID` where tfjs refuses it.
 */
export async function loadReference(
  tensorflow: TensorFlow,
  model: { readonly modelJson: string; readonly weightBytes: Uint8Array },
  owner: string,
): Promise<tf.LayersModel> {
  // They register the layers that tfjs has not.
  await Promise.all([
    import('../train/layers/image-layers.js'),
    import('../train/layers/matching-cost.js'),
    import('../train/layers/similarity-window.js'),
  ]);
  const { modelTopology, weightsManifest } = JSON.parse(model.modelJson);
  const weightSpecs = weightsManifest.flatMap(({ weights }: { weights: unknown[] }) => weights);
  // Copied, because file buffers may be slices of larger ones.
  const weightData = new Uint8Array(model.weightBytes).buffer;
  try {
    return await tensorflow.loadLayersModel(tensorflow.io.fromMemory({ modelTopology, weightSpecs, weightData }));
  } catch (error) {
    throw new CyclopsError(
      'CHECKPOINT_INVALID',
      `${owner}: tfjs refuses the network: ${messageOf(error).split('\n')[0]}`,
      { cause: error },
    );
  }
}
