import { CyclopsError } from '../base/errors.js';
import type { ForeignModel } from './foreign.js';
import { type ForeignOutput, foreignInput, foreignOutput, imageShape } from './foreign-ends.js';
import { Chain, type Part } from './node-chain.js';
import { fieldsOf, type OnnxHeader, type OnnxValue, wholeFieldsOf } from './onnx-header.js';
import { elementTypes, field, int, ints, join, value } from './onnx-writer.js';
import { bytesPerPixel, type ChannelOrder } from './schema.js';

/** Names of the ends that a foreign graph is given, and the beginning of all other names that are put into it. */
export interface AdaptedNames {
  readonly prefix: string;
  readonly input: string;
  readonly output: string;
  readonly confidence: string;
}

/** Names that occur nowhere in these bytes of a model, so that they clash with none of its own. */
export function adaptedNamesFor(bytes: Uint8Array): AdaptedNames {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let prefix = 'cyclops';
  for (let number = 2; ['_image', '_depth', '_confidence', '/'].some((end) => text.includes(prefix + end)); number++) {
    prefix = `cyclops${number}`;
  }
  return { prefix, input: `${prefix}_image`, output: `${prefix}_depth`, confidence: `${prefix}_confidence` };
}

/** Resize with sizes, and Min and Max as they are used here, exist from this opset on. */
const oldestOpset = 11;

/**
 * A foreign graph with what it lacks merged into it: before it, bytes of a camera image uint8 [1, H, W, C] become what
 * the network wants; behind it, its output becomes float32 [1, H, W, 1], metres or relative inverse depth. The graph itself, weights
 * included, is copied as it is; its other outputs are dropped.
 * @param channels of the camera images.
 * @param path for messages.
 * @throws CyclopsError `MODEL_INVALID`, `MODEL_MISMATCH` where graph and `model.json` do not fit.
 */
export function adaptGraph(
  bytes: Uint8Array,
  header: OnnxHeader,
  model: ForeignModel,
  channels: ChannelOrder,
  path: string,
): Uint8Array<ArrayBuffer> {
  if (header.opset < oldestOpset) {
    throw new CyclopsError(
      'MODEL_INVALID',
      `${path}: expected opset ${oldestOpset} or later, found ${header.opset}; export the model again`,
    );
  }
  const input = foreignInput(header, model, path);
  const output = foreignOutput(header, model.input, model.output.name, 'output', path);
  const sky = model.sky && foreignOutput(header, model.input, model.sky.name, 'sky', path);
  const confidence = model.confidence && foreignOutput(header, model.input, model.confidence.name, 'confidence', path);
  const { width, height } = model.input;
  const names = adaptedNamesFor(bytes);
  const before = prefix(model.input, channels, input, names);
  const behind = suffix(model, output, sky, header.opset, names);
  const beside = confidence && confidencePart(model, confidence, header.opset, names);
  const ends = [
    field(11, value(names.input, 'uint8', [1, height, width, bytesPerPixel(channels)])),
    field(12, value(names.output, 'float32', [1, height, width, 1])),
    ...(beside === undefined ? [] : [field(12, value(names.confidence, 'float32', [1, height, width, 1]))]),
  ];
  const after = [behind, ...(beside === undefined ? [] : [beside])].flatMap(nodesOf);
  const parts: Uint8Array[] = [];
  for (const { number, value: inner, start, end } of wholeFieldsOf(bytes)) {
    const isGraph = number === 7 && inner instanceof Uint8Array;
    if (!isGraph) parts.push(bytes.subarray(start, end));
    else parts.push(field(7, join([...nodesOf(before), ...graphWithoutEnds(inner, input, path), ...after, ...ends])));
  }
  return join(parts);
}

function nodesOf({ nodes, constants }: Part): readonly Uint8Array[] {
  return [...nodes.map((bytes) => field(1, bytes)), ...constants.map((bytes) => field(5, bytes))];
}

/** Every field of the graph but its input (weights may be listed there, too) and its outputs. */
function graphWithoutEnds(graph: Uint8Array, input: OnnxValue, path: string): readonly Uint8Array[] {
  const kept: Uint8Array[] = [];
  for (const { number, value: inner, start, end } of wholeFieldsOf(graph)) {
    if (number === 5 && inner instanceof Uint8Array) assertInside(inner, path);
    const isOwnInput = number === 11 && inner instanceof Uint8Array && nameOf(inner) === input.name;
    if (number !== 12 && !isOwnInput) kept.push(graph.subarray(start, end));
  }
  return kept;
}

function nameOf(valueInfo: Uint8Array): string | undefined {
  for (const { number, value: inner } of fieldsOf(valueInfo)) {
    if (number === 1 && inner instanceof Uint8Array) return new TextDecoder().decode(inner);
  }
  return undefined;
}

/** Weights in a file of their own are named relative to the graph, which is read from another place. */
function assertInside(tensor: Uint8Array, path: string): void {
  for (const { number, value: inner } of fieldsOf(tensor)) {
    if (number !== 14 || inner === 0) continue;
    throw new CyclopsError(
      'MODEL_INVALID',
      `${path}: expected all weights inside, found some in another file; save the model as one file`,
    );
  }
}

/** From bytes to what the network wants: (white * byte / 255 - mean) / std, as one product and one sum. */
function prefix(input: ForeignModel['input'], channels: ChannelOrder, into: OnnxValue, names: AdaptedNames): Part {
  const { layout, mean, std, white } = input;
  const chain = new Chain(`${names.prefix}/before`, names.input);
  // To the network's bytes, the same type: a node all the same, since the names differ.
  chain.add('Cast', [], [int('to', into.type === 'uint8' ? elementTypes.uint8 : elementTypes.float32)]);
  const isSwapped = (input.channels === 'BGR') !== (channels === 'BGRx');
  // The fourth byte goes, and the colours come into the network's order.
  if (channels !== 'RGB' || isSwapped) {
    chain.add('Gather', [chain.integers('order', isSwapped ? [2, 1, 0] : [0, 1, 2])], [int('axis', 3)]);
  }
  if (layout === 'NCHW') chain.add('Transpose', [], [ints('perm', [0, 3, 1, 2])]);
  const shape = layout === 'NCHW' ? [3, 1, 1] : [3];
  const scale = std.map((deviation) => (into.type === 'uint8' ? 1 : white / (255 * deviation)));
  const shift = mean.map((average, channel) => -average / std[channel]!);
  if (scale.some((factor) => factor !== 1)) chain.add('Mul', [chain.floats('scale', shape, scale)]);
  if (shift.some((summand) => summand !== 0)) chain.add('Add', [chain.floats('shift', shape, shift)]);
  if (into.type === 'float16') chain.add('Cast', [], [int('to', elementTypes.float16)]);
  // One view of a network that takes several.
  if (into.shape.length === 5) chain.add('Reshape', [chain.integers('view', [1, ...imageShape(input, layout)])]);
  return chain.endingIn(into.name);
}

/** From the network's output to metres or relative inverse depth at the input's size. */
function suffix(
  { input, output, sky: skyOf }: ForeignModel,
  from: ForeignOutput,
  sky: ForeignOutput | undefined,
  opset: number,
  names: AdaptedNames,
): Part {
  const { width, height } = input;
  const chain = chainOf(from, `${names.prefix}/behind`);
  // What is linear comes before the resize, which mixes neighbours, and the reciprocal after it.
  switch (output.kind) {
    case 'disparity-sigmoid':
      chain.linear((1 / output.nearM - 1 / output.farM) / output.scale, 1 / output.farM / output.scale);
      break;
    case 'inverse-depth':
    case 'depth':
    case 'log-depth':
      chain.linear(output.scale, output.shift);
      break;
    case 'relative-inverse-depth':
      if (output.range === undefined) chain.spread();
      else
        chain.linear(1 / (output.range[1] - output.range[0]), -output.range[0] / (output.range[1] - output.range[0]));
  }
  chain.fit(from, input, opset);
  if (output.kind === 'relative-inverse-depth') chain.clip(0, 1);
  else {
    if (output.kind === 'log-depth') chain.add('Exp');
    else if (output.kind !== 'depth') {
      // Half of the inverse of maxM: low enough that the clip decides, high enough that the division is harmless.
      chain.add('Max', [chain.floats('positive', [], [1 / (2 * output.maxM)])]);
      chain.add('Reciprocal');
    }
    chain.clip(output.minM, output.maxM);
  }
  if (sky !== undefined && skyOf !== undefined) {
    const mask = chainOf(sky, `${names.prefix}/sky`);
    mask.fit(sky, input, opset);
    mask.add('Greater', [mask.floats('above', [], [skyOf.above])]);
    chain.where(mask, output.kind === 'relative-inverse-depth' ? 0 : output.maxM);
  }
  chain.add('Reshape', [chain.integers('pixels', [1, height, width, 1])]);
  return chain.endingIn(names.output);
}

/** From the network's confidence to 0..1 at the input's size. */
function confidencePart(
  { input, confidence }: ForeignModel,
  from: ForeignOutput,
  opset: number,
  names: AdaptedNames,
): Part {
  const [low, high] = confidence!.range;
  const chain = chainOf(from, `${names.prefix}/confidence`);
  chain.linear(1 / (high - low), -low / (high - low));
  chain.fit(from, input, opset);
  chain.clip(0, 1);
  chain.add('Reshape', [chain.integers('pixels', [1, input.height, input.width, 1])]);
  return chain.endingIn(names.confidence);
}

/** Begins with an output of the network as float32 [1, 1, H, W]. */
function chainOf(from: ForeignOutput, name: string): Chain {
  const chain = new Chain(name, from.name);
  if (from.type !== 'float32') chain.add('Cast', [], [int('to', elementTypes.float32)]);
  if (from.size === undefined) chain.asMap(from.axes);
  else chain.add('Reshape', [chain.integers('map', [1, 1, from.size.height, from.size.width])]);
  return chain;
}
