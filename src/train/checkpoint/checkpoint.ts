import { z } from 'zod';
import { CyclopsError } from '../../base/errors.js';
import type { AdamState } from '../run/adam.js';
import { tf } from '../tensorflow/tf.js';
import {
  type CheckpointHead,
  parseJson,
  readCheckpointFile,
  readCheckpointHead,
  writeCheckpointFiles,
} from './checkpoint-files.js';
import type { Checkpoint } from './checkpoint-schema.js';

const modelPath = 'network/model.json';
const weightsPath = 'network/weights.bin';
const firstMomentPath = 'optimizer/first-moment.bin';
const secondMomentPath = 'optimizer/second-moment.bin';

/** The part of a tfjs model.json that tells how weights.bin is laid out. */
const weightsManifestSchema = z.object({
  weightsManifest: z.tuple([
    z.object({
      paths: z.tuple([z.literal('weights.bin')]),
      weights: z.array(
        z.object({ name: z.string(), shape: z.array(z.int().nonnegative()), dtype: z.literal('float32') }),
      ),
    }),
  ]),
});

/**
 * Saves a network, and the optimizer's state if given, as a checkpoint folder.
 * @throws CyclopsError `DISK_FULL` or `WRITE_FAILED`; an earlier checkpoint under that name is untouched.
 */
export async function writeCheckpoint(
  folder: string,
  head: CheckpointHead,
  model: tf.LayersModel,
  optimizer?: AdamState,
): Promise<void> {
  const files = new Map<string, Uint8Array>();
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      const weights = tf.io.CompositeArrayBuffer.join(artifacts.weightData);
      const json = {
        modelTopology: artifacts.modelTopology,
        format: 'layers-model',
        generatedBy: artifacts.generatedBy,
        convertedBy: artifacts.convertedBy ?? null,
        weightsManifest: [{ paths: ['weights.bin'], weights: artifacts.weightSpecs }],
      };
      files.set(modelPath, new TextEncoder().encode(JSON.stringify(json)));
      files.set(weightsPath, new Uint8Array(weights));
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  if (optimizer !== undefined) {
    files.set(firstMomentPath, bytesOf(optimizer.firstMoment));
    files.set(secondMomentPath, bytesOf(optimizer.secondMoment));
  }
  await writeCheckpointFiles(folder, head, files);
}

/**
 * Puts a checkpoint's weights into a network of the same layers; its input size may differ.
 * @throws CyclopsError `CHECKPOINT_INVALID` naming the file, and the first weight whose shape differs.
 */
export async function loadWeights(model: tf.LayersModel, folder: string, head: Checkpoint): Promise<void> {
  const manifestFile = `${folder}/${modelPath}`;
  const text = new TextDecoder().decode(await readCheckpointFile(folder, head, modelPath));
  const manifest = weightsManifestSchema.safeParse(parseJson(text, manifestFile));
  if (!manifest.success) {
    throw new CyclopsError('CHECKPOINT_INVALID', `${manifestFile}: expected a weightsManifest of float32 weights`);
  }
  const specs = manifest.data.weightsManifest[0].weights;
  const values = floatsOf(await readCheckpointFile(folder, head, weightsPath));
  const own = model.weights;
  if (specs.length !== own.length) {
    throw new CyclopsError(
      'CHECKPOINT_INVALID',
      `${manifestFile}: expected the ${own.length} weights of ${head.network}, found ${specs.length}`,
    );
  }
  let offset = 0;
  const tensors = specs.map((spec, index) => {
    const shape = own[index]!.shape;
    const size = spec.shape.reduce((product, side) => product * side, 1);
    const fits = spec.shape.length === shape.length && spec.shape.every((side, axis) => side === shape[axis]);
    if (!fits || offset + size > values.length) {
      throw new CyclopsError(
        'CHECKPOINT_INVALID',
        `${manifestFile} ${spec.name}: expected shape [${shape.join(', ')}], found [${spec.shape.join(', ')}]`,
      );
    }
    offset += size;
    return { shape: spec.shape, values: values.subarray(offset - size, offset) };
  });
  tf.tidy(() => model.setWeights(tensors.map(({ values: data, shape }) => tf.tensor(data, shape))));
}

/**
 * The optimizer's state of a checkpoint.
 * @param variables what it is the state of: both moments have one value for each of theirs.
 * @throws CyclopsError `CHECKPOINT_INVALID` if the checkpoint was stripped of it, or a file is damaged or of another
 * length than the variables.
 */
export async function loadOptimizer(
  folder: string,
  head: Checkpoint,
  variables: readonly tf.Variable[],
): Promise<AdamState> {
  if (head.files[firstMomentPath] === undefined) {
    throw new CyclopsError(
      'CHECKPOINT_INVALID',
      `${folder}: holds no optimizer state, so training cannot resume from it; --init starts a new run from its weights`,
    );
  }
  const expected = 4 * variables.reduce((sum, variable) => sum + variable.size, 0);
  const read = async (path: string): Promise<Float32Array> => {
    const bytes = await readCheckpointFile(folder, head, path);
    if (bytes.length === expected) return floatsOf(bytes);
    throw new CyclopsError(
      'CHECKPOINT_INVALID',
      `${folder}/${path}: expected ${expected} bytes for the weights of ${head.network}, found ${bytes.length}`,
    );
  };
  return { firstMoment: await read(firstMomentPath), secondMoment: await read(secondMomentPath) };
}

export { readCheckpointHead };

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Copied, because a Float32Array must start at a multiple of four and file buffers may be slices. */
function floatsOf(bytes: Uint8Array): Float32Array {
  const copy = new Uint8Array(bytes.length - (bytes.length % 4));
  copy.set(bytes.subarray(0, copy.length));
  return new Float32Array(copy.buffer);
}
