import { CyclopsError } from '../base/errors.js';
import type { ForeignModel } from './foreign.js';
import { fieldsOf, type OnnxHeader, type OnnxValue, wholeFieldsOf } from './onnx-header.js';
import { elementTypes, field, floats, int, integers, ints, join, node, text, value } from './onnx-writer.js';
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

/** Nodes and constants that are put before or behind a graph. */
interface Part {
  readonly nodes: Uint8Array[];
  readonly constants: Uint8Array[];
}

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

function foreignInput(header: OnnxHeader, { input }: ForeignModel, path: string): OnnxValue {
  const found = header.inputs.find(({ name }) => name === (input.name ?? header.inputs[0]?.name));
  const shape = imageShape(input, input.layout);
  const isFit =
    header.inputs.length === 1 &&
    found !== undefined &&
    (isFloat(found) || found.type === 'uint8') &&
    (fits(found, shape) || fits(found, [1, ...shape]));
  if (!isFit) {
    throw new CyclopsError(
      'MODEL_MISMATCH',
      `${path}: model.json says one input${nameText(input.name)} of float32, float16 or uint8 [${shape.join(', ')}]; the graph has ${list(header.inputs)}${inputHint(header, input)}`,
    );
  }
  const { mean, std, white } = input;
  const isPlain = mean.every((value) => value === 0) && std.every((value) => value === 1) && [1, 255].includes(white);
  if (found.type === 'uint8' && !isPlain) {
    throw new CyclopsError(
      'MODEL_MISMATCH',
      `${path}: input ${found.name}: expected no input.mean, input.std and input.white in model.json for uint8, which takes the bytes of the image as they are`,
    );
  }
  return found;
}

type Layout = ForeignModel['input']['layout'];

function imageShape({ height, width }: ForeignModel['input'], layout: Layout): readonly number[] {
  return layout === 'NCHW' ? [1, 3, height, width] : [1, height, width, 3];
}

/** Whether an input can be given this shape. */
function fits({ shape }: OnnxValue, wanted: readonly number[]): boolean {
  return (
    shape.length === wanted.length && shape.every((size, axis) => typeof size === 'string' || size === wanted[axis])
  );
}

/** What may be done about an input that does not fit. */
function inputHint(header: OnnxHeader, input: ForeignModel['input']): string {
  const [first] = header.inputs;
  if (header.inputs.length > 1) {
    return '; what is not the image, such as intrinsics, must become constants of the graph: export it again with the image alone as input';
  }
  if (first === undefined) return '';
  const other = input.layout === 'NCHW' ? 'NHWC' : 'NCHW';
  if (fits(first, imageShape(input, other))) return `; that is "layout": "${other}"`;
  const sides = first.shape.length < 4 ? [] : first.shape.slice(-3);
  const [height, width] = input.layout === 'NCHW' ? sides.slice(1) : sides;
  if (typeof height === 'number' && typeof width === 'number' && (height !== input.height || width !== input.width)) {
    const isOther = input.layout === 'NCHW' ? sides[2] === 3 && sides[0] !== 3 : sides[0] === 3 && sides[2] !== 3;
    if (isOther) return `; that is "layout": "${other}" and another size`;
    return `; its size is "width": ${width}, "height": ${height}`;
  }
  return '';
}

/** The output with its height and width, in front of which and behind which only ones may stand. */
interface ForeignOutput extends OnnxValue {
  /** Undefined where the file leaves a side free: then only a run tells them. */
  readonly size: { readonly height: number; readonly width: number } | undefined;
  /** Which axes they are. */
  readonly axes: readonly [number, number];
}

/** What can be cast to float32. */
const numberTypes = ['float32', 'float16', 'float64', 'uint8', 'int8', 'uint16', 'int16', 'int32', 'int64'];

function foreignOutput(
  header: OnnxHeader,
  input: ForeignModel['input'],
  name: string | undefined,
  key: 'output' | 'sky' | 'confidence',
  path: string,
): ForeignOutput {
  const candidates = name === undefined ? header.outputs : header.outputs.filter((other) => other.name === name);
  const [found] = candidates;
  if (candidates.length !== 1 || found === undefined || !numberTypes.includes(found.type)) {
    throw new CyclopsError(
      'MODEL_MISMATCH',
      `${path}: model.json says one output${nameText(name)} of numbers; the graph has ${list(header.outputs)}; name one as ${key}.name`,
    );
  }
  const { shape } = found;
  const rows = shape.length === 4 && shape[3] === 1 ? 1 : shape.length - 2;
  const [height, width] = [shape[rows], shape[rows + 1]];
  const others = shape.filter((_size, axis) => axis !== rows && axis !== rows + 1);
  const isOneMap =
    rows >= 0 && height !== 0 && width !== 0 && others.every((size) => typeof size === 'string' || size === 1);
  if (!isOneMap) {
    throw new CyclopsError(
      'MODEL_MISMATCH',
      `${path}: expected an output with one value a pixel, such as [1, 1, ${input.height}, ${input.width}], found ${list([found])}`,
    );
  }
  const size = typeof height === 'number' && typeof width === 'number' ? { height, width } : undefined;
  return { ...found, size, axes: [rows, rows + 1] };
}

function nameText(name: string | undefined): string {
  return name === undefined ? '' : ` ${name}`;
}

function isFloat({ type }: OnnxValue): boolean {
  return type === 'float32' || type === 'float16';
}

function list(values: readonly OnnxValue[]): string {
  const text = values.slice(0, 8).map(({ name, type, shape }) => `${name.slice(0, 60)} ${type} [${shape.join(', ')}]`);
  return text.join(', ') || 'none';
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

/** Nodes one behind the other, each on the result of the one before. */
class Chain {
  readonly #name: string;
  readonly #constants: Uint8Array[] = [];
  readonly #links: {
    readonly type: string;
    readonly inputs: readonly string[];
    readonly attributes: readonly Uint8Array[];
  }[] = [];
  readonly #start: string;
  /** Nodes of other chains that end in this one. */
  readonly #others: Uint8Array[] = [];

  constructor(name: string, start: string) {
    this.#name = name;
    this.#start = start;
  }

  /** Adds an operator on the result so far and `others`. */
  add(type: string, others: readonly string[] = [], attributes: readonly Uint8Array[] = []): void {
    this.#on([this.#last, ...others], type, attributes);
  }

  floats(name: string, shape: readonly number[], data: readonly number[]): string {
    const full = `${this.#name}/${name}`;
    this.#constants.push(floats(full, shape, Float32Array.from(data)));
    return full;
  }

  integers(name: string, data: readonly number[]): string {
    const full = `${this.#name}/${name}`;
    this.#constants.push(integers(full, data));
    return full;
  }

  /** [1, 1, H, W] of sides that only a run tells; there the Reshape fails where another axis is not 1. */
  asMap(axes: readonly [number, number]): void {
    const values = this.#last;
    this.#on([values], 'Shape');
    const shape = this.#last;
    this.#on([shape, this.integers('sides', axes)], 'Gather', [int('axis', 0)]);
    const sides = this.#last;
    this.#on([this.integers('ones', [1, 1]), sides], 'Concat', [int('axis', 0)]);
    const map = this.#last;
    this.#on([values, map], 'Reshape');
  }

  linear(factor: number, summand: number): void {
    if (factor !== 1) this.add('Mul', [this.floats('factor', [], [factor])]);
    if (summand !== 0) this.add('Add', [this.floats('summand', [], [summand])]);
  }

  clip(low: number, high: number): void {
    this.add('Max', [this.floats('low', [], [low])]);
    this.add('Min', [this.floats('high', [], [high])]);
  }

  /** The smallest value becomes 0 and the largest 1; reductions without axes are the same in every opset. */
  spread(): void {
    const values = this.#last;
    this.#on([values], 'ReduceMin');
    const low = this.#last;
    this.#on([values], 'ReduceMax');
    const high = this.#last;
    this.#on([high, low], 'Sub');
    this.add('Max', [this.floats('smallest', [], [1e-6])]);
    const width = this.#last;
    this.#on([values, low], 'Sub');
    this.add('Div', [width]);
  }

  /** Resizes an output where it is not, or may not be, of the input's size. */
  fit({ size }: ForeignOutput, { height, width }: ForeignModel['input'], opset: number): void {
    if (size?.height !== height || size.width !== width) this.resize(height, width, opset);
  }

  /** The value where the other chain, which ends here, says true. */
  where(mask: Chain, given: number): void {
    const values = this.#last;
    const other = this.floats('there', [], [given]);
    const { nodes, constants } = mask.endingIn(`${this.#name}/mask`);
    this.#others.push(...nodes);
    this.#constants.push(...constants);
    this.#on([`${this.#name}/mask`, other, values], 'Where');
  }

  /** Bilinear with half-pixel centres. Before opset 13, inputs could not be left out. */
  resize(height: number, width: number, opset: number): void {
    const empty = opset < 13 ? this.floats('none', [0], []) : '';
    this.add(
      'Resize',
      [empty, empty, this.integers('size', [1, 1, height, width])],
      [text('mode', 'linear'), text('coordinate_transformation_mode', 'half_pixel')],
    );
  }

  /** The chain, its last result under the name given. */
  endingIn(name: string): Part {
    const last = this.#links.length - 1;
    const nodes = this.#links.map(({ type, inputs, attributes }, index) =>
      node(type, inputs, index === last ? name : this.#outputOf(index), attributes),
    );
    return { nodes: [...this.#others, ...nodes], constants: this.#constants };
  }

  #on(inputs: readonly string[], type: string, attributes: readonly Uint8Array[] = []): void {
    this.#links.push({ type, inputs, attributes });
  }

  get #last(): string {
    return this.#links.length === 0 ? this.#start : this.#outputOf(this.#links.length - 1);
  }

  #outputOf(index: number): string {
    return `${this.#name}/${index}-${this.#links[index]!.type}`;
  }
}
