import { assert } from '../../base/assert.js';
import { CyclopsError } from '../../base/errors.js';
import type { ActivationType } from '../../model-package/schema.js';
import type { Attribute, Constant, Graph, GraphNode, Value } from '../graph/graph.js';
import { floatsOf, makersOf, readersOf } from '../passes/pass.js';
import type { ValueRange } from './calibrate.js';
import { zonesOf } from './zones.js';

/** A real number is scale * (integer - zeroPoint). */
export interface QuantizationParameters {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Which values of a graph become integers, and where their ranges come from. */
export interface QuantizationPlan {
  /** Nodes that compute on integers. */
  readonly integerNodes: ReadonlySet<GraphNode>;
  /** Activations that follow one of those directly and vanish into it. */
  readonly fusedNodes: ReadonlySet<GraphNode>;
  /** Values that get a Q/DQ pair: for each, the value whose range it shares (mostly itself). */
  readonly values: ReadonlyMap<string, string>;
}

/** Operators with a range of their own, for which ONNX Runtime has integer kernels. */
const rangedOperators = new Set(['Add', 'AveragePool', 'Concat', 'GlobalAveragePool', 'LeakyRelu', 'Mul', 'Sigmoid']);
/** Those of them that have one operand. */
const activationOperators = new Set(['LeakyRelu', 'Sigmoid']);
/** Operators that only move or choose numbers: their output is in the scale of their input. */
const movingOperators = new Set(['MaxPool', 'Reshape', 'Resize', 'Transpose']);
/** Activations that clip: free where the integers' range is limited to theirs. */
const clippingOperators = new Set(['Clip', 'Relu']);

/**
 * Decides what computes on integers: every convolution of the network's body, and what joins, moves or activates its
 * results. The first and the last convolution stay in float: the first sees 3 channels and full contrast, the last
 * decides the depth, and both are cheap.
 * @throws CyclopsError `EXPORT_UNSUPPORTED` for a graph without a convolution between the first and the last.
 */
export function planQuantization(graph: Graph): QuantizationPlan {
  const zones = zonesOf(graph);
  const inner = graph.nodes.filter((node) => zones.get(node) === 'inner');
  const makers = makersOf(graph);
  const integerNodes = new Set<GraphNode>();
  for (const node of inner) {
    // Behind a float layer an activation stays in float too: a QuantizeLinear right behind a transposed convolution
    // would make ONNX Runtime quantize that one's weights by itself, with one scale for all.
    const isBehindFloat = activationOperators.has(node.op) && !integerNodes.has(makers.get(node.inputs[0]!)!);
    if (canCompute(graph, node) && !isBehindFloat) integerNodes.add(node);
  }
  if (![...integerNodes].some(({ op }) => op === 'Conv')) {
    throw new CyclopsError(
      'EXPORT_UNSUPPORTED',
      `${graph.name}: int8 needs a convolution between the first and the last one, found none`,
    );
  }
  const readers = readersOf(graph);
  const fusedNodes = new Set<GraphNode>();
  for (const node of inner) {
    const maker = makers.get(node.inputs[0]!);
    if (!clippingOperators.has(node.op) || maker === undefined || !integerNodes.has(maker)) continue;
    const isOnlyReader = readers.get(maker.output)!.length === 1;
    if (isOnlyReader && !movingOperators.has(maker.op)) fusedNodes.add(node);
  }
  const fusedInputs = new Set([...fusedNodes].map(({ inputs }) => inputs[0]!));
  const values = new Map<string, string>();
  for (const node of graph.nodes) {
    if (integerNodes.has(node)) {
      for (const name of valueInputsOf(graph, node)) if (!values.has(name)) values.set(name, name);
      if (fusedInputs.has(node.output)) continue;
      values.set(node.output, movingOperators.has(node.op) ? values.get(node.inputs[0]!)! : node.output);
    } else if (fusedNodes.has(node)) {
      values.set(node.output, node.output);
    }
  }
  return { integerNodes, fusedNodes, values };
}

/** The values whose ranges `quantize` needs. */
export function calibratedValuesOf(graph: Graph, plan: QuantizationPlan): readonly Value[] {
  return [...new Set(plan.values.values())].map((name) => graph.values.get(name)!);
}

function canCompute(graph: Graph, { op, inputs }: GraphNode): boolean {
  if (op === 'Conv') return inputs.slice(1).every((name) => floatsOf(graph, name) !== undefined);
  if (movingOperators.has(op)) return true;
  return rangedOperators.has(op) && inputs.every((name) => graph.values.has(name));
}

function valueInputsOf(graph: Graph, { inputs }: GraphNode): readonly string[] {
  return inputs.filter((name) => graph.values.has(name));
}

/**
 * The graph with quantized values: behind each, a QuantizeLinear and a DequantizeLinear, which engines merge with the
 * layers around them into integer kernels. Weights are int8, one scale an output channel, symmetric; biases int32 for
 * ONNX Runtime, float32 for TensorRT, which takes no others.
 * @param ranges of `calibratedValuesOf`, by name.
 */
export function quantize(
  graph: Graph,
  plan: QuantizationPlan,
  ranges: ReadonlyMap<string, ValueRange>,
  activations: ActivationType,
): Graph {
  const target = new Rewriting(graph);
  const parameters = new Map<string, QuantizationParameters>();
  for (const [name, source] of plan.values) {
    const range = ranges.get(source);
    assert(range !== undefined, `${source}: no range was calibrated`);
    parameters.set(name, parametersFrom(range, activations));
  }
  const makers = makersOf(graph);
  const isInteger = (name: string): boolean => {
    const maker = makers.get(name);
    return maker !== undefined && (plan.integerNodes.has(maker) || plan.fusedNodes.has(maker));
  };
  for (const value of graph.inputs) if (parameters.has(value.name)) target.pair(value, parameters, activations);
  for (const node of graph.nodes) {
    const computesOnIntegers = plan.integerNodes.has(node);
    // A float layer behind a float layer reads the unrounded value; behind an integer layer there is no such value.
    const inputs = node.inputs.map((name) =>
      parameters.has(name) && (computesOnIntegers || isInteger(name)) ? dequantizedName(name) : name,
    );
    if (computesOnIntegers && node.op === 'Conv') {
      target.convolution(node, inputs, parameters.get(node.inputs[0]!)!, activations);
    } else target.keep({ ...node, inputs });
    if (parameters.has(node.output)) target.pair(graph.values.get(node.output)!, parameters, activations);
  }
  return target.build();
}

/** Scale and zero point such that the integers span a range that includes 0. */
export function parametersFrom({ min, max }: ValueRange, activations: ActivationType): QuantizationParameters {
  const low = Math.min(0, min);
  const high = Math.max(0, max);
  // A tensor of zeros only: any scale is right.
  if (low === high) return { scale: 1, zeroPoint: 0 };
  if (activations === 'int8') return { scale: Math.max(-low, high) / 127, zeroPoint: 0 };
  const scale = Math.fround((high - low) / 255);
  return { scale, zeroPoint: Math.min(255, Math.max(0, Math.round(-low / scale))) };
}

/** Weights [out, ...] as int8 with one scale an output channel, and the bias in the scale of the sums. */
export function quantizeWeights(
  { shape, data }: Constant & { readonly type: 'float32' },
  bias: Float32Array | undefined,
  inputScale: number,
): { readonly weights: Int8Array; readonly scales: Float32Array; readonly bias: Int32Array } {
  const channels = shape[0]!;
  const size = data.length / channels;
  const weights = new Int8Array(data.length);
  const scales = new Float32Array(channels);
  const sums = new Int32Array(channels);
  for (let channel = 0; channel < channels; channel++) {
    const kernel = data.subarray(channel * size, (channel + 1) * size);
    const largest = kernel.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
    const shift = bias?.[channel] ?? 0;
    // An almost empty channel's tiny scale would push its bias out of int32; then the bias decides.
    const scale = Math.fround(Math.max(largest / 127, Math.abs(shift) / (inputScale * 2 ** 30))) || 1;
    scales[channel] = scale;
    sums[channel] = Math.round(shift / (inputScale * scale));
    for (let index = 0; index < size; index++) {
      weights[channel * size + index] = Math.max(-127, Math.min(127, Math.round(kernel[index]! / scale)));
    }
  }
  return { weights, scales, bias: sums };
}

function dequantizedName(name: string): string {
  return `${name}/dequantized`;
}

const axis0: Readonly<Record<string, Attribute>> = { axis: { kind: 'int', value: 0 } };

/** A graph in the making: the nodes of another one, with Q/DQ pairs in between. */
class Rewriting {
  readonly #graph: Graph;
  readonly #nodes: GraphNode[] = [];
  readonly #constants = new Map<string, Constant>();
  readonly #values: Map<string, Value>;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#values = new Map(graph.values);
  }

  keep(node: GraphNode): void {
    this.#nodes.push(node);
    for (const name of node.inputs) {
      const constant = this.#graph.constants.get(name);
      if (constant !== undefined) this.#constants.set(name, constant);
    }
  }

  pair(value: Value, parameters: ReadonlyMap<string, QuantizationParameters>, type: ActivationType): void {
    const { name } = value;
    const { scale, zeroPoint } = parameters.get(name)!;
    const scaleName = `${name}/scale`;
    const zeroName = `${name}/zero_point`;
    this.#constants.set(scaleName, { type: 'float32', shape: [], data: Float32Array.of(scale) });
    this.#constants.set(
      zeroName,
      type === 'uint8'
        ? { type, shape: [], data: Uint8Array.of(zeroPoint) }
        : { type, shape: [], data: Int8Array.of(zeroPoint) },
    );
    const quantized = `${name}/quantized`;
    this.#add(quantized, 'QuantizeLinear', [name, scaleName, zeroName], {}, { ...value, type });
    this.#add(dequantizedName(name), 'DequantizeLinear', [quantized, scaleName, zeroName], {}, value);
  }

  convolution(
    node: GraphNode,
    inputs: readonly string[],
    input: QuantizationParameters,
    activations: ActivationType,
  ): void {
    const [, kernelName, biasName] = node.inputs;
    const kernel = floatsOf(this.#graph, kernelName)!;
    const bias = floatsOf(this.#graph, biasName);
    const { weights, scales, bias: sums } = quantizeWeights(kernel, bias?.data, input.scale);
    const channels = [scales.length];
    const newInputs = [
      inputs[0]!,
      this.#dequantized(kernelName!, { type: 'int8', shape: kernel.shape, data: weights }, scales, {
        type: 'int8',
        shape: channels,
        data: new Int8Array(scales.length),
      }),
    ];
    if (bias !== undefined && activations === 'uint8') {
      const sumScales = scales.map((scale) => scale * input.scale);
      newInputs.push(
        this.#dequantized(biasName!, { type: 'int32', shape: channels, data: sums }, sumScales, {
          type: 'int32',
          shape: channels,
          data: new Int32Array(scales.length),
        }),
      );
    } else if (bias !== undefined) newInputs.push(biasName!);
    this.keep({ ...node, inputs: newInputs });
  }

  build(): Graph {
    return { ...this.#graph, nodes: this.#nodes, constants: this.#constants, values: this.#values };
  }

  #dequantized(name: string, integers: Constant, scales: Float32Array, zeros: Constant): string {
    const output = dequantizedName(name);
    // A layer that is used twice shares its weights, but its inputs may differ in scale, and so may its bias.
    const unique = this.#values.has(output) ? `${output}/${this.#nodes.length}` : output;
    this.#constants.set(`${unique}/integers`, integers);
    this.#constants.set(`${unique}/scale`, { type: 'float32', shape: [scales.length], data: scales });
    this.#constants.set(`${unique}/zero_point`, zeros);
    const value: Value = { name: unique, type: 'float32', shape: integers.shape };
    const parts = [`${unique}/integers`, `${unique}/scale`, `${unique}/zero_point`];
    this.#add(unique, 'DequantizeLinear', parts, axis0, value);
    return unique;
  }

  #add(output: string, op: string, inputs: readonly string[], attributes: GraphNode['attributes'], value: Value): void {
    this.#nodes.push({ name: output, op, inputs, output, attributes });
    this.#values.set(output, { ...value, name: output });
  }
}
