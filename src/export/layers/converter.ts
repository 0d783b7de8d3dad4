import { z } from 'zod';
import { describeIssue } from '../../base/config.js';
import { CyclopsError } from '../../base/errors.js';
import type { GraphBuilder, Value } from '../graph/graph.js';
import type { Pair, Weights } from '../graph/ops.js';
import type { NetworkLayer } from '../read/network.js';

/** One use of a layer that is to become nodes of the graph. */
export interface LayerCall {
  readonly graph: GraphBuilder;
  readonly layer: NetworkLayer;
  /** Name of the nodes to make: the layer's, with a number where the layer is used several times. */
  readonly name: string;
  /** float32, at least one; images are NCHW, other ranks have tfjs' axes. */
  readonly inputs: readonly [Value, ...Value[]];
}

/**
 * Turns one use of a layer into nodes and gives its only result.
 * @throws CyclopsError `EXPORT_UNSUPPORTED`, `CHECKPOINT_INVALID`.
 */
export type LayerConverter = (call: LayerCall) => Value;

/** Rows and columns: two positive whole numbers. */
export const pairSchema = z.tuple([z.int().positive().max(1024), z.int().positive().max(1024)]);

/** The only data layout that students are trained in. */
export const dataFormatSchema = z.enum(['channels_last']).nullish();

/** How tfjs pads a window at the border. */
export const paddingSchema = z.enum(['same', 'valid']);

/** Settings that decide nothing once a network is trained, or that its tensors say anyway. */
const neutralSetting =
  /^(name|trainable|batch_input_shape|batch_shape|input_shape|input_dtype|sparse|ragged|optional|seed|supports_masking|rate|noise_shape|stddev|momentum|synchronized|renorm|fused|rank|filters|units|depth_multiplier|.*(initializer|regularizer|constraint))$/;

/** What Keras writes for a layer that computes in float32. */
const float32Schema = z.union([
  z.literal('float32'),
  z.looseObject({ config: z.looseObject({ name: z.literal('float32') }) }),
]);

/**
 * A layer's configuration against what its converter understands. A setting that neither the schema nor the list of
 * neutral ones knows is an error: it might change the result.
 * @throws CyclopsError `EXPORT_UNSUPPORTED` naming layer, class, setting, and what would be accepted.
 */
export function readLayerConfig<T extends z.ZodObject>(layer: NetworkLayer, schema: T): z.output<T> {
  const { dtype, ...config } = layer.config;
  const fail = (text: string): never => {
    throw new CyclopsError('EXPORT_UNSUPPORTED', `layer "${layer.name}" (${layer.className}) ${text}`);
  };
  if (dtype !== undefined && dtype !== null && !float32Schema.safeParse(dtype).success) {
    fail(`dtype: expected float32, found ${JSON.stringify(dtype).slice(0, 80)}`);
  }
  const deciding = Object.entries(config).filter(([key]) => key in schema.shape || !neutralSetting.test(key));
  const result = z.strictObject(schema.shape).safeParse(Object.fromEntries(deciding));
  if (result.success) return result.data as z.output<T>;
  const issue = result.error.issues[0]!;
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    const found = JSON.stringify(layer.config[key])?.slice(0, 80);
    fail(`${key}: a setting that is not understood, found ${found}`);
  }
  const keys = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
  return fail(describeIssue(issue, keys, layer.config));
}

/**
 * One weight tensor of a layer.
 * @throws CyclopsError `CHECKPOINT_INVALID` if it is missing or has another number of axes.
 */
export function weightsOf(layer: NetworkLayer, name: string, axes: number): Weights {
  const weights = layer.weights.get(name);
  if (weights === undefined || weights.shape.length !== axes) {
    const found = weights === undefined ? 'nothing' : `shape [${weights.shape.join(', ')}]`;
    throw new CyclopsError(
      'CHECKPOINT_INVALID',
      `layer "${layer.name}" (${layer.className}) weight ${name}: expected ${axes} axes, found ${found}`,
    );
  }
  return weights;
}

/**
 * One number a channel: a bias, or a statistic of batch normalization.
 * @throws CyclopsError `CHECKPOINT_INVALID` if it is missing or of another length.
 */
export function perChannel(layer: NetworkLayer, name: string, channels: number): Float32Array {
  const { data } = weightsOf(layer, name, 1);
  if (data.length === channels) return data;
  throw new CyclopsError(
    'CHECKPOINT_INVALID',
    `layer "${layer.name}" (${layer.className}) weight ${name}: expected ${channels} values, found ${data.length}`,
  );
}

/** Throws `CHECKPOINT_INVALID` unless a kernel [kh, kw, …] has the size that the layer's settings say. */
export function assertKernelSize(layer: NetworkLayer, name: string, { shape }: Weights, size: Pair): void {
  if (shape[0] === size[0] && shape[1] === size[1]) return;
  throw new CyclopsError(
    'CHECKPOINT_INVALID',
    `layer "${layer.name}" (${layer.className}) weight ${name}: expected ${size.join('x')}, found ${shape[0]}x${shape[1]}`,
  );
}

/** Throws `CHECKPOINT_INVALID` unless a layer's weights fit the channels it reads. */
export function assertChannels(layer: NetworkLayer, expected: number, found: number): void {
  if (expected === found) return;
  throw new CyclopsError(
    'CHECKPOINT_INVALID',
    `layer "${layer.name}" (${layer.className}): its weights are for ${expected} channels, its input has ${found}`,
  );
}

/**
 * An image among the inputs of a layer that works on nothing else.
 * @throws CyclopsError `EXPORT_UNSUPPORTED` where the value has other axes.
 */
export function assertImage(layer: NetworkLayer, input: Value): void {
  if (input.shape.length === 4) return;
  throw new CyclopsError(
    'EXPORT_UNSUPPORTED',
    `layer "${layer.name}" (${layer.className}): expected an image as input, found a tensor of shape [${input.shape.join(', ')}]`,
  );
}

/** Why a layer cannot be exported as it is set. */
export function unsupported(layer: NetworkLayer, reason: string): CyclopsError {
  return new CyclopsError('EXPORT_UNSUPPORTED', `layer "${layer.name}" (${layer.className}): ${reason}`);
}
