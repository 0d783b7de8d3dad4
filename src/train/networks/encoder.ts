import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CyclopsError } from '../../base/errors.js';
import { readBytes, readText } from '../../base/files.js';
import { parseJson } from '../checkpoint/checkpoint-files.js';
import { tf } from '../tensorflow/tf.js';
import type { NetworkEntry } from './index.js';

/** The part of a LayersModel's model.json that says which weights lie where. */
const modelSchema = z.object({
  weightsManifest: z.array(
    z.object({
      paths: z.array(z.string().min(1)),
      weights: z.array(z.object({ name: z.string(), shape: z.array(z.int().nonnegative()), dtype: z.string() })),
    }),
  ),
});

interface Weight {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/**
 * Puts weights from elsewhere into a student's encoder ("pt" in the tables of Guo et al., ECCV 2018). The folder holds a
 * tfjs LayersModel (`model.json` and the files it names; a checkpoint of ours has it in `network/`). Layers are found
 * by name: those of the network's encoder, or `block1_conv1` .. `block5_conv3` as Keras names VGG-16's. Weights see
 * RGB, (x - mean) / std of ImageNet, as torchvision's do; those under Keras' names were trained on B,G,R, 0..255 less
 * the mean, and the first layer is rewritten to give the same for our input.
 * @throws CyclopsError `FILE_MISSING`; `CHECKPOINT_INVALID` naming the file and the first layer that is missing or of
 * another shape.
 */
export async function loadEncoder(model: tf.LayersModel, entry: NetworkEntry, folder: string): Promise<void> {
  const { file, weights } = await readLayersModel(folder);
  const replaced: [tf.Variable, Weight][] = [];
  for (const variable of encoderVariables(model, entry)) {
    const { layer, kind } = nameParts(variable.name);
    const weight = weights.get(`${layer}/${kind}`) ?? kerasWeight(weights, layer, kind, entry);
    const expected = `[${variable.shape.join(', ')}]`;
    if (weight === undefined) {
      throw new CyclopsError(
        'CHECKPOINT_INVALID',
        `${file}: expected ${layer}/${kind} of shape ${expected}, found none`,
      );
    }
    if (weight.shape.join() !== variable.shape.join()) {
      throw new CyclopsError(
        'CHECKPOINT_INVALID',
        `${file} ${layer}/${kind}: expected shape ${expected}, found [${weight.shape.join(', ')}]`,
      );
    }
    replaced.push([variable, weight]);
  }
  tf.tidy(() => {
    for (const [variable, { values, shape }] of replaced) variable.assign(tf.tensor(values, [...shape]));
  });
}

/** The weights of the layers that an encoder from elsewhere may fill. */
export function encoderVariables(model: tf.LayersModel, { encoderLayers }: NetworkEntry): tf.Variable[] {
  const layers = model.layers.filter(({ name }) => encoderLayers?.test(name));
  // tfjs' public type of a layer's weight hides that `read` gives the variable itself.
  return layers.flatMap((layer) => layer.trainableWeights.map((weight) => weight.read() as tf.Variable));
}

/** tfjs appends `_1` and so on to a variable's name that another network has taken already. */
function nameParts(name: string): { layer: string; kind: string } {
  const match = /^(.+)\/(kernel|bias)(?:_\d+)?$/.exec(name);
  if (match === null) throw new Error(`assertion failed: ${name} is no weight of a convolution`);
  return { layer: match[1]!, kind: match[2]! };
}

function kerasWeight(
  weights: ReadonlyMap<string, Weight>,
  layer: string,
  kind: string,
  entry: NetworkEntry,
): Weight | undefined {
  const place = /^enc(\d)_(\d)$/.exec(layer);
  if (place === null) return undefined;
  const weight = weights.get(`block${place[1]}_conv${place[2]}/${kind}`);
  const isFirstKernel = layer === 'enc1_1' && kind === 'kernel';
  return weight === undefined || !isFirstKernel ? weight : rgbKernel(weight, entry);
}

/** A kernel for B,G,R of 0..255 less the mean -> one for R,G,B of (0..1 less the mean) / std. */
function rgbKernel({ shape, values }: Weight, { inputStd }: NetworkEntry): Weight {
  const outputs = shape[3]!;
  const turned = values.map((_, i) => {
    const output = i % outputs;
    const channel = Math.floor(i / outputs) % 3;
    const tap = Math.floor(i / outputs / 3);
    return values[(tap * 3 + (2 - channel)) * outputs + output]! * 255 * inputStd[channel]!;
  });
  return { shape, values: turned };
}

async function readLayersModel(folder: string): Promise<{ file: string; weights: ReadonlyMap<string, Weight> }> {
  const path = findModelFolder(folder);
  const file = join(path, 'model.json');
  const parsed = modelSchema.safeParse(parseJson(await readText(file), file));
  if (!parsed.success) {
    throw new CyclopsError('CHECKPOINT_INVALID', `${file}: expected a tfjs LayersModel with a weightsManifest`);
  }
  const weights = new Map<string, Weight>();
  for (const group of parsed.data.weightsManifest) {
    const bytes = Buffer.concat(await Promise.all(group.paths.map((name) => readBytes(join(path, name)))));
    let offset = 0;
    for (const { name, shape, dtype } of group.weights) {
      if (dtype !== 'float32') {
        throw new CyclopsError('CHECKPOINT_INVALID', `${file} ${name}: expected float32, found ${dtype}`);
      }
      const length = 4 * shape.reduce((product, side) => product * side, 1);
      if (offset + length > bytes.length) {
        throw new CyclopsError(
          'CHECKPOINT_INVALID',
          `${file} ${name}: expected ${offset + length} bytes in ${group.paths.join(', ')}, found ${bytes.length}`,
        );
      }
      const values = new Float32Array(Uint8Array.prototype.slice.call(bytes, offset, offset + length).buffer);
      weights.set(name, { shape, values });
      offset += length;
    }
  }
  return { file, weights };
}

function findModelFolder(folder: string): string {
  const candidates = [folder, join(folder, 'network'), join(folder, 'checkpoint', 'network')];
  const found = candidates.find((candidate) => existsSync(join(candidate, 'model.json')));
  if (found !== undefined) return found;
  throw new CyclopsError(
    'FILE_MISSING',
    `${folder}: expected a tfjs LayersModel (model.json and its weights), found none`,
  );
}
