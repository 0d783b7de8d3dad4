import { z } from 'zod';
import { describeIssue } from '../base/config.js';
import { CyclopsError } from '../base/errors.js';
import { parseJson, readCheckpointFile, readCheckpointHead } from '../train/checkpoint-files.js';
import type { Checkpoint } from '../train/checkpoint-schema.js';
import { elementCount } from './graph.js';
import type { Weights } from './ops.js';

/** The result of one layer at one of the places where the network uses it. */
export interface LayerResult {
  readonly layer: string;
  /** 0 unless the layer is used several times. */
  readonly call: number;
}

/** One layer of a network as tfjs wrote it. */
export interface NetworkLayer {
  readonly name: string;
  /** Keras class, such as `Conv2D`. */
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** What each use of the layer reads. */
  readonly calls: readonly (readonly LayerResult[])[];
  /** Weights by their name within the layer, such as `kernel`; layouts as in tfjs. */
  readonly weights: ReadonlyMap<string, Weights>;
}

/** A tfjs LayersModel without tfjs. */
export interface Network {
  readonly layers: ReadonlyMap<string, NetworkLayer>;
  readonly outputs: readonly LayerResult[];
  /** Bytes of all weights, those of unused heads included. */
  readonly weightBytes: number;
}

/** A student checkpoint, ready to be exported. */
export interface StudentCheckpoint {
  readonly folder: string;
  readonly head: Checkpoint;
  readonly network: Network;
  /** The two files as they are, for reading the network with tfjs. */
  readonly modelJson: Uint8Array;
  readonly weightsBin: Uint8Array;
}

const modelFile = 'network/model.json';
const weightsFile = 'network/weights.bin';

/**
 * Reads a student's checkpoint folder, without tfjs.
 * @param path a checkpoint folder, or the run folder around it.
 * @throws CyclopsError `CHECKPOINT_INVALID` naming file and field; also where it is a teacher's.
 */
export async function readStudentCheckpoint(path: string): Promise<StudentCheckpoint> {
  const { folder, head } = await readCheckpointHead(path);
  if (head.role !== 'student') {
    throw new CyclopsError(
      'CHECKPOINT_INVALID',
      `${folder}/run.json role: expected student, found ${head.role}: a teacher needs two pictures and cannot be exported`,
    );
  }
  const modelJson = await readCheckpointFile(folder, head, modelFile);
  const weightsBin = await readCheckpointFile(folder, head, weightsFile);
  const owner = `${folder}/${modelFile}`;
  const network = parseNetwork(new TextDecoder().decode(modelJson), weightsBin, owner);
  return { folder, head, network, modelJson, weightsBin };
}

const layerReference = z.tuple([z.string(), z.int().nonnegative(), z.int().nonnegative()]).rest(z.unknown());

const layersModelSchema = z.object({
  modelTopology: z.object({
    class_name: z.enum(['Model', 'Functional']),
    config: z.object({
      layers: z
        .array(
          z.object({
            name: z.string().min(1),
            class_name: z.string().min(1),
            config: z.record(z.string(), z.unknown()),
            inbound_nodes: z.array(z.array(layerReference)),
          }),
        )
        .min(1)
        .max(10000),
      output_layers: z.array(layerReference).min(1),
    }),
  }),
  weightsManifest: z.tuple([
    z.object({
      paths: z.tuple([z.literal('weights.bin')]),
      weights: z.array(
        z.object({ name: z.string(), shape: z.array(z.int().nonnegative()).max(8), dtype: z.literal('float32') }),
      ),
    }),
  ]),
});

/**
 * The network in the text of a tfjs `model.json` and the bytes of its `weights.bin`.
 * @param owner names model.json in errors.
 * @throws CyclopsError `CHECKPOINT_INVALID`.
 */
export function parseNetwork(text: string, weightsBin: Uint8Array, owner: string): Network {
  const value = parseJson(text, owner);
  const result = layersModelSchema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    throw new CyclopsError('CHECKPOINT_INVALID', `${owner} ${describeIssue(issue, issue.path.map(String), value)}`);
  }
  const { modelTopology, weightsManifest } = result.data;
  const weights = sliceWeights(weightsManifest[0].weights, weightsBin, owner);
  const layers = new Map<string, NetworkLayer>();
  for (const layer of modelTopology.config.layers) {
    const prefix = `${layer.name}/`;
    const own = [...weights].filter(([name]) => name.startsWith(prefix));
    layers.set(layer.name, {
      name: layer.name,
      className: layer.class_name,
      config: layer.config,
      calls: layer.inbound_nodes.map((call) => call.map(([source, index]) => ({ layer: source, call: index }))),
      weights: new Map(own.map(([name, data]) => [name.slice(prefix.length), data])),
    });
  }
  const outputs = modelTopology.config.output_layers.map(([layer, call]) => ({ layer, call }));
  return { layers, outputs, weightBytes: weightsBin.byteLength };
}

function sliceWeights(
  specs: readonly { readonly name: string; readonly shape: readonly number[] }[],
  bytes: Uint8Array,
  owner: string,
): Map<string, Weights> {
  const expected = specs.reduce((sum, { shape }) => sum + 4 * elementCount(shape), 0);
  if (expected !== bytes.byteLength) {
    throw new CyclopsError(
      'CHECKPOINT_INVALID',
      `${owner} weightsManifest: its weights take ${expected} bytes, weights.bin holds ${bytes.byteLength}`,
    );
  }
  // Copied once, because a Float32Array must start at a multiple of four.
  const all = new Float32Array(new Uint8Array(bytes).buffer);
  const weights = new Map<string, Weights>();
  let offset = 0;
  for (const { name, shape } of specs) {
    const end = offset + elementCount(shape);
    const data = all.subarray(offset, end);
    if (!data.every(Number.isFinite)) {
      throw new CyclopsError('CHECKPOINT_INVALID', `${owner} ${name}: expected finite weights, found NaN or Infinity`);
    }
    weights.set(name, { shape, data });
    offset = end;
  }
  return weights;
}
