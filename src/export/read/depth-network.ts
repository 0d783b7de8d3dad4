import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { z } from 'zod';
import { checkSettings, readConfig } from '../../base/config.js';
import { CyclopsError } from '../../base/errors.js';
import type { Intrinsics } from '../../geometry/camera.js';
import { inputShapeOf } from '../graph/add-network.js';
import type { OutputMeaning } from '../graph/pre-post.js';
import type { PackageInfo } from '../pack.js';
import { readStudentCheckpoint } from './checkpoint.js';
import { type LayersModel, type OpenSize, readLayersModel } from './layers-model.js';
import type { LayerResult } from './network.js';

/** A network that makes depth from one image, and what it cannot say of itself. */
export interface DepthNetwork {
  /** Name of the network. */
  readonly name: string;
  /** Names the file in errors. */
  readonly owner: string;
  readonly model: Pick<LayersModel, 'network' | 'modelJson' | 'weightBytes'>;
  /** Which of its outputs is the depth, by its place among them. */
  readonly outputIndex: number;
  /** Side of the input / side of that output, where it was written down: the network must agree. */
  readonly outputStride?: number;
  readonly meaning: OutputMeaning;
  readonly inputMean: readonly [number, number, number];
  readonly inputStd: readonly [number, number, number];
  /** The training camera at the network's input size; the baseline of its rig where disparity is what it learned. */
  readonly camera: Intrinsics & { readonly baselineM?: number; readonly doffsPx: number };
  /** Where it came from, for the package. */
  readonly origin: Omit<PackageInfo['provenance'], 'network' | 'command' | 'versions'> & {
    readonly command?: string;
    readonly versions: Readonly<Record<string, string>>;
  };
}

/**
 * The network of a student checkpoint.
 * @throws CyclopsError those of `readStudentCheckpoint`.
 */
export async function studentNetwork(path: string): Promise<DepthNetwork> {
  const { folder, head, network, modelJson, weightsBin } = await readStudentCheckpoint(path);
  const { width, height, camera, method, data, seed, step, metrics, command, versions } = head;
  const { fxPx, fyPx, cxPx, cyPx, baselineM, doffsPx } = camera;
  return {
    name: head.network,
    owner: `${folder}/network/model.json`,
    model: { network, modelJson: new TextDecoder().decode(modelJson), weightBytes: weightsBin },
    outputIndex: 0,
    outputStride: head.outputStride,
    meaning: { quantity: 'disparity', factor: head.outputFactorPx },
    inputMean: head.inputMean,
    inputStd: head.inputStd,
    camera: { width, height, fxPx, fyPx, cxPx, cyPx, baselineM, doffsPx },
    origin: {
      method,
      data,
      checkpoint: `sha256:${head.files['network/weights.bin']}`,
      seed,
      step,
      metrics,
      command,
      versions,
    },
  };
}

const positive = z.number().positive().finite();
const ofEachColour = z.tuple([z.number().finite(), z.number().finite(), z.number().finite()]);
const deviations = z.tuple([positive, positive, positive]);

/** What a user says of a depth network of his own: what stands before it, and what its output means. */
export const networkInfoSchema = z
  .strictObject({
    /** Name of the network, for people; the model's file unless given. */
    name: z.string().min(1).max(100).optional(),
    input: z
      .strictObject({
        /** The network sees (byte / 255 - mean) / std, channels R, G, B; mean 0 and std 1 unless given. */
        mean: ofEachColour.default([0, 0, 0]),
        std: deviations.default([1, 1, 1]),
      })
      .prefault({}),
    output: z.strictObject({
      /** Layer of the output that is the depth; the first output unless given. */
      layer: z.string().optional(),
      /** `disparity`: px at the network's input width; `inverse-depth`: 1/m; `depth`: m. */
      quantity: z.enum(['disparity', 'inverse-depth', 'depth']),
      /** Quantity = factor * output. */
      factor: positive.default(1),
    }),
    /** The camera it was trained for, at its input size; the principal point in the middle unless given. */
    camera: z.strictObject({
      fxPx: positive,
      fyPx: positive.optional(),
      cxPx: z.number().finite().optional(),
      cyPx: z.number().finite().optional(),
      /** Baseline of the training rig, for disparity alone. */
      baselineM: positive.optional(),
      doffsPx: z.number().finite().default(0),
    }),
    /** Paper or recipe, and training data, for the package. */
    method: z.string().default('not told'),
    data: z.string().default('not told'),
  })
  .check(({ value: { output, camera }, issues }) => {
    if ((output.quantity === 'disparity') === (camera.baselineM !== undefined)) return;
    const message =
      output.quantity === 'disparity'
        ? 'expected the baseline of the training rig, which turns disparity into metres'
        : `expected nothing for ${output.quantity}`;
    issues.push({ code: 'custom', path: ['camera', 'baselineM'], message, input: camera });
  });

/** The same as a caller may write it. */
export interface NetworkInfo extends z.input<typeof networkInfoSchema> {}

/**
 * A user's own LayersModel with the facts that make it a depth network.
 * @param path a `model.json` of one image, [H, W, 3].
 * @param described the facts as `networkInfoSchema`, or the path of a YAML or JSON file with them.
 * @param size px, where the model leaves it open.
 * @throws CyclopsError `CONFIG_INVALID` for the facts, those of `readLayersModel`, `CHECKPOINT_INVALID` where facts and
 *   model do not fit.
 */
export async function describedNetwork(
  path: string,
  described: string | NetworkInfo,
  size?: OpenSize,
): Promise<DepthNetwork> {
  const owner = typeof described === 'string' ? described : 'facts';
  const facts =
    typeof described === 'string'
      ? await readConfig(described, networkInfoSchema)
      : checkSettings(described, owner, networkInfoSchema);
  const model = await readLayersModel(path);
  const { width, height } = inputSizeOf(model, size);
  const { fxPx, fyPx = fxPx, cxPx = (width - 1) / 2, cyPx = (height - 1) / 2, baselineM, doffsPx } = facts.camera;
  const { layer, quantity, factor } = facts.output;
  const outputIndex = layer === undefined ? 0 : outputNamed(model, layer, `${owner} output.layer`);
  return {
    name: facts.name ?? basename(path, '.json'),
    owner: path,
    model,
    outputIndex,
    meaning: { quantity, factor },
    inputMean: facts.input.mean,
    inputStd: facts.input.std,
    camera: { width, height, fxPx, fyPx, cxPx, cyPx, doffsPx, ...(baselineM === undefined ? {} : { baselineM }) },
    origin: {
      method: facts.method,
      data: facts.data,
      checkpoint: `sha256:${createHash('sha256').update(model.weightBytes).digest('hex')}`,
      seed: 0,
      step: 0,
      metrics: {},
      versions: {},
    },
  };
}

/** The place of a layer among a model's outputs. @throws CyclopsError `CHECKPOINT_INVALID` naming them. */
export function outputNamed(model: Pick<LayersModel, 'network'>, layer: string, owner: string): number {
  const { outputs } = model.network;
  const index = outputs.findIndex((output: LayerResult) => output.layer === layer);
  if (index >= 0) return index;
  const names = outputs.map((output: LayerResult) => output.layer).join(', ');
  throw new CyclopsError(
    'CHECKPOINT_INVALID',
    `${owner}: expected an output of the network (${names}), found "${layer}"`,
  );
}

function inputSizeOf({ path, network }: LayersModel, size: OpenSize | undefined): OpenSize {
  const layer = network.inputs.length === 1 ? network.layers.get(network.inputs[0]!.layer) : undefined;
  const shape = layer === undefined ? undefined : inputShapeOf(layer);
  const [, height, width, channels] = shape ?? [];
  const found = { width: width ?? size?.width, height: height ?? size?.height };
  const isImage = shape?.length === 4 && channels === 3;
  if (isImage && found.width !== undefined && found.height !== undefined) {
    return { width: found.width, height: found.height };
  }
  const text = shape?.map((side) => side ?? '?').join(', ') ?? `${network.inputs.length} inputs`;
  throw new CyclopsError(
    'CHECKPOINT_INVALID',
    `${path}: expected one input of [?, height, width, 3], found [${text}]${isImage ? '; --size WxH sets open sides' : ''}`,
  );
}
