import { z } from 'zod';
import { describeIssue } from '../../base/config.js';
import { CyclopsError, messageOf } from '../../base/errors.js';
import type { Weights } from '../graph/ops.js';
import { normalizeKeras } from './keras.js';
import { type WeightGroup, weightGroupSchema, weightsOfManifest } from './weights.js';

/** The result of one layer at one of the places where the network uses it. */
export interface LayerResult {
  readonly layer: string;
  /** 0 unless the layer is used several times. */
  readonly call: number;
  /** 0 unless the layer is a model of several outputs. */
  readonly tensor: number;
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
  /** The network of a model that is used as a layer. */
  readonly inner?: LayerGraph;
}

/** Layers and how they hang together. */
export interface LayerGraph {
  readonly layers: ReadonlyMap<string, NetworkLayer>;
  readonly inputs: readonly LayerResult[];
  readonly outputs: readonly LayerResult[];
}

/** A tfjs LayersModel without tfjs. */
export interface Network extends LayerGraph {
  /** Bytes of all weights, those of unused heads included. */
  readonly weightBytes: number;
}

const layerReference = z.tuple([z.string(), z.int().nonnegative(), z.int().nonnegative()]).rest(z.unknown());

const layerSchema = z.object({
  name: z.string().min(1).max(500).optional(),
  class_name: z.string().min(1).max(200),
  config: z.record(z.string(), z.unknown()),
  inbound_nodes: z.array(z.array(layerReference).max(1000)).max(1000).nullish(),
});

const layerList = z.array(layerSchema).min(1).max(10000);

const functionalSchema = z.object({
  layers: layerList,
  input_layers: z.array(layerReference).min(1).max(1000),
  output_layers: z.array(layerReference).min(1).max(1000),
});

const sequentialSchema = z.object({ layers: layerList });

const modelClasses = ['Model', 'Functional', 'Sequential'] as const;

const layersModelSchema = z.object({
  modelTopology: z.object({
    class_name: z.enum(modelClasses),
    config: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]),
  }),
  weightsManifest: z.array(weightGroupSchema).min(1).max(1000),
});

/** Models within models within models: deeper than this is no network. */
const maxDepth = 8;

/**
 * The network in the text of a tfjs `model.json` and the bytes of its weight files, one behind the other.
 * @param owner names model.json in errors.
 * @throws CyclopsError `CHECKPOINT_INVALID`; `EXPORT_UNSUPPORTED` for a graph model.
 */
export function parseNetwork(text: string, weightBytes: Uint8Array, owner: string): Network {
  const { modelTopology, weightsManifest } = parseLayersModel(text, owner);
  const weights = weightsOfManifest(weightsManifest, weightBytes, owner);
  const byLayer = groupByLayer(weights);
  const graph = parseModel(modelTopology.class_name, modelTopology.config, {
    byLayer,
    field: 'modelTopology.config',
    owner,
    depth: 0,
  });
  return { ...graph, weightBytes: weightBytes.byteLength };
}

/** The weight files that a `model.json` names, in the order of their bytes; errors as `parseNetwork`. */
export function weightFilesOf(text: string, owner: string): readonly string[] {
  return parseLayersModel(text, owner).weightsManifest.flatMap(({ paths }) => paths);
}

/** JSON.parse repeats what it stumbled over, line ends too. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 200);
}

function parseLayersModel(
  text: string,
  owner: string,
): z.output<typeof layersModelSchema> & {
  readonly weightsManifest: readonly WeightGroup[];
} {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CyclopsError('CHECKPOINT_INVALID', `${owner}: not JSON: ${oneLine(messageOf(error))}`, { cause: error });
  }
  const isPackage =
    typeof value === 'object' && value !== null && 'format' in value && value.format === 'cyclops-model';
  if (isPackage) {
    throw new CyclopsError(
      'CHECKPOINT_INVALID',
      `${owner} format: expected a layers model, found a model package, which is exported already`,
    );
  }
  const isGraphModel =
    typeof value === 'object' && value !== null && 'format' in value && value.format === 'graph-model';
  if (isGraphModel) {
    throw new CyclopsError(
      'EXPORT_UNSUPPORTED',
      `${owner} format: expected a layers model (model.save of tfjs, or tensorflowjs_converter --output_format tfjs_layers_model), found a graph model, whose layers are lost`,
    );
  }
  return check(layersModelSchema, normalizeKeras(value, owner), owner, '');
}

interface ModelContext {
  readonly byLayer: ReadonlyMap<string, ReadonlyMap<string, Weights>>;
  /** Where this model stands in the file, for errors. */
  readonly field: string;
  readonly owner: string;
  readonly depth: number;
}

function parseModel(className: string, config: unknown, context: ModelContext): LayerGraph {
  if (context.depth > maxDepth) {
    throw new CyclopsError(
      'CHECKPOINT_INVALID',
      `${context.owner} ${context.field}: expected models nested at most ${maxDepth} deep`,
    );
  }
  return className === 'Sequential' ? parseSequential(config, context) : parseFunctional(config, context);
}

function parseFunctional(config: unknown, context: ModelContext): LayerGraph {
  const { layers, input_layers, output_layers } = check(functionalSchema, config, context.owner, context.field);
  const parsed = new Map<string, NetworkLayer>();
  const models = new Set(layers.filter(isModel).map((layer, index) => nameOf(layer, index, context)));
  // The first call of a model is its own making; its uses count from 1.
  const resultOf = ([layer, call, tensor]: z.output<typeof layerReference>): LayerResult => ({
    layer,
    call: models.has(layer) ? Math.max(0, call - 1) : call,
    tensor,
  });
  for (const [index, layer] of layers.entries()) {
    const name = nameOf(layer, index, context);
    const calls = (layer.inbound_nodes ?? []).map((call) => call.map(resultOf));
    parsed.set(name, parseLayer(layer, { name, calls, index }, context));
  }
  return { layers: parsed, inputs: input_layers.map(resultOf), outputs: output_layers.map(resultOf) };
}

/** A chain: each layer reads the one before, the first one an input that need not be in the list. */
function parseSequential(chain: unknown, context: ModelContext): LayerGraph {
  // Old files give the bare list.
  const wrapped = Array.isArray(chain) ? { layers: chain } : chain;
  const { layers } = check(sequentialSchema, wrapped, context.owner, context.field);
  const parsed = new Map<string, NetworkLayer>();
  const input = 'input of the chain';
  const first = layers[0]!;
  const { batch_input_shape, batch_shape } = first.config;
  const config = { batch_input_shape: batch_input_shape ?? batch_shape };
  parsed.set(input, { name: input, className: 'InputLayer', config, calls: [], weights: new Map() });
  let last = input;
  for (const [index, layer] of layers.entries()) {
    if (layer.class_name === 'InputLayer') continue;
    const name = nameOf(layer, index, context);
    const calls = [[{ layer: last, call: 0, tensor: 0 }]];
    parsed.set(name, parseLayer(layer, { name, calls, index }, context));
    last = name;
  }
  return {
    layers: parsed,
    inputs: [{ layer: input, call: 0, tensor: 0 }],
    outputs: [{ layer: last, call: 0, tensor: 0 }],
  };
}

function parseLayer(
  layer: z.output<typeof layerSchema>,
  { name, calls, index }: { readonly name: string; readonly calls: NetworkLayer['calls']; readonly index: number },
  context: ModelContext,
): NetworkLayer {
  const { class_name: className, config } = layer;
  const weights = context.byLayer.get(name) ?? new Map<string, Weights>();
  if (!isModel(layer)) return { name, className, config, calls, weights };
  const field = `${context.field}.layers.${index}.config`;
  const inner = parseModel(className, config, { ...context, field, depth: context.depth + 1 });
  return { name, className, config, calls, weights, inner };
}

function nameOf(layer: z.output<typeof layerSchema>, index: number, { owner, field }: ModelContext): string {
  const name = layer.name ?? layer.config.name;
  if (typeof name === 'string' && name !== '' && name.length <= 500) return name;
  throw new CyclopsError('CHECKPOINT_INVALID', `${owner} ${field}.layers.${index}.name: expected a name`);
}

function isModel({ class_name }: { readonly class_name: string }): boolean {
  return modelClasses.some((name) => name === class_name);
}

/** `layer/kernel` belongs to `layer`; a layer's own name may hold slashes. */
function groupByLayer(weights: ReadonlyMap<string, Weights>): Map<string, Map<string, Weights>> {
  const byLayer = new Map<string, Map<string, Weights>>();
  for (const [name, data] of weights) {
    const slash = name.lastIndexOf('/');
    const layer = name.slice(0, Math.max(0, slash));
    const own = byLayer.get(layer) ?? new Map<string, Weights>();
    byLayer.set(layer, own.set(name.slice(slash + 1), data));
  }
  return byLayer;
}

function check<T extends z.ZodType>(schema: T, value: unknown, owner: string, field: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const prefix = field === '' ? '' : `${field}.`;
  const text = describeIssue(issue, issue.path.map(String), value);
  throw new CyclopsError('CHECKPOINT_INVALID', `${owner} ${prefix}${text}`);
}
