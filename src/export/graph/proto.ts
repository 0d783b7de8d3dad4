import onnxProto from 'onnx-proto';
import { CyclopsError, messageOf } from '../../base/errors.js';
import { assertBoundedStructure } from './bounded.js';
import {
  type Attribute,
  type Constant,
  type ElementType,
  elementCount,
  type Graph,
  type GraphNode,
  type Value,
} from './graph.js';

const { onnx } = onnxProto;
const { FLOAT, FLOAT16, UINT8, INT8, INT32, INT64 } = onnx.TensorProto.DataType;
const attributeType = onnx.AttributeProto.AttributeType;

/** ONNX's number of each element type, as attributes such as Cast's `to` hold it. */
export const dataTypes: Readonly<Record<ElementType, number>> = {
  float32: FLOAT,
  float16: FLOAT16,
  uint8: UINT8,
  int8: INT8,
  int32: INT32,
  int64: INT64,
};

/** ONNX 1.10: what TensorRT 8.5 and later read. */
const irVersion = 8;
/** The newest opset that TensorRT 8.5 reads. */
export const opset = 17;

/**
 * The graph as an ONNX file.
 * @param metadata goes to `metadata_props`.
 */
export function encodeModel(
  graph: Graph,
  about: { readonly producerVersion: string; readonly metadata: Readonly<Record<string, string>> },
): Uint8Array {
  const outputNames = new Set(graph.outputs.map(({ name }) => name));
  const inputNames = new Set(graph.inputs.map(({ name }) => name));
  const inner = [...graph.values.values()].filter(({ name }) => !outputNames.has(name) && !inputNames.has(name));
  return onnx.ModelProto.encode({
    irVersion,
    opsetImport: [{ domain: '', version: opset }],
    producerName: 'cyclops',
    producerVersion: about.producerVersion,
    metadataProps: Object.entries(about.metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name: graph.name,
      input: graph.inputs.map(encodeValue),
      output: graph.outputs.map(encodeValue),
      valueInfo: inner.map(encodeValue),
      initializer: [...graph.constants].map(([name, constant]) => encodeConstant(name, constant)),
      node: graph.nodes.map((node) => ({
        name: node.name,
        opType: node.op,
        input: [...node.inputs],
        output: [node.output],
        attribute: Object.entries(node.attributes).map(([name, attribute]) => encodeAttribute(name, attribute)),
      })),
    },
  }).finish();
}

function encodeValue({ name, type, shape }: Value): onnxProto.onnx.IValueInfoProto {
  const dim = shape.map((dimValue) => ({ dimValue }));
  return { name, type: { tensorType: { elemType: dataTypes[type], shape: { dim } } } };
}

function encodeConstant(name: string, constant: Constant): onnxProto.onnx.ITensorProto {
  const { shape, type } = constant;
  return { name, dims: [...shape], dataType: dataTypes[type], rawData: rawBytes(constant) };
}

/** ONNX raw data are little-endian; so is every machine Node runs on that we support. */
function rawBytes(constant: Constant): Uint8Array {
  if (constant.type === 'int64') return new Uint8Array(BigInt64Array.from(constant.data, BigInt).buffer);
  return new Uint8Array(constant.data.buffer, constant.data.byteOffset, constant.data.byteLength);
}

function encodeAttribute(name: string, attribute: Attribute): onnxProto.onnx.IAttributeProto {
  switch (attribute.kind) {
    case 'int':
      return { name, type: attributeType.INT, i: attribute.value };
    case 'float':
      return { name, type: attributeType.FLOAT, f: attribute.value };
    case 'ints':
      return { name, type: attributeType.INTS, ints: [...attribute.value] };
    case 'string':
      return { name, type: attributeType.STRING, s: new TextEncoder().encode(attribute.value) };
  }
}

/** What an ONNX file around an engine says. */
export interface EngineModel {
  readonly name: string;
  readonly producerVersion: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly input: Value;
  /** In the order of the engine's own. */
  readonly outputs: readonly Value[];
  readonly opset: number;
  /** Path of the engine relative to the ONNX file: at or below its folder. */
  readonly engineFile: string;
}

/**
 * An ONNX file whose whole graph is one `EPContext` node of ONNX Runtime's: the engine stays a file of its own
 * (`embed_mode` 0), because large ones load slowly from inside.
 */
export function encodeEngineModel(model: EngineModel): Uint8Array {
  return onnx.ModelProto.encode({
    irVersion,
    opsetImport: [
      { domain: '', version: model.opset },
      { domain: 'com.microsoft', version: 1 },
    ],
    producerName: 'cyclops',
    producerVersion: model.producerVersion,
    metadataProps: Object.entries(model.metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name: model.name,
      input: [encodeValue(model.input)],
      output: model.outputs.map(encodeValue),
      node: [
        {
          name: 'engine',
          opType: 'EPContext',
          domain: 'com.microsoft',
          input: [model.input.name],
          output: model.outputs.map(({ name }) => name),
          attribute: [
            encodeAttribute('embed_mode', { kind: 'int', value: 0 }),
            encodeAttribute('ep_cache_context', { kind: 'string', value: model.engineFile }),
            encodeAttribute('main_context', { kind: 'int', value: 1 }),
            encodeAttribute('source', { kind: 'string', value: 'TensorrtExecutionProvider' }),
          ],
        },
      ],
    },
  }).finish();
}

/** What a summary needs of any ONNX graph, ours or foreign: the operators, and every shape the file states. */
export interface GraphOutline {
  readonly nodes: readonly (Omit<GraphNode, 'output'> & { readonly outputs: readonly string[] })[];
  /** Names of the graph's inputs (those that are no weights) and outputs. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Shape and element type of each initializer by name, and its bytes where the file holds them as they are. */
  readonly weights: ReadonlyMap<
    string,
    { readonly shape: readonly number[]; readonly isFloat: boolean; readonly type: string; readonly raw: Uint8Array }
  >;
  /** Shape of inputs, outputs and inner values where the file states it; a free dimension is NaN. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Element type, such as `float32`, of the same values where the file states it. */
  readonly types: ReadonlyMap<string, string>;
}

const typeNames = new Map(
  Object.entries(onnx.TensorProto.DataType).map(([name, number]) => [number, name.toLowerCase()]),
);

function typeName(number: number | null | undefined): string {
  const name = typeNames.get(number ?? 0) ?? 'undefined';
  return name === 'float' ? 'float32' : name === 'double' ? 'float64' : name;
}

/**
 * Decodes an ONNX file.
 * @throws CyclopsError `MODEL_INVALID` if it is none.
 */
export function decodeOutline(bytes: Uint8Array, path: string): GraphOutline {
  const graph = decodeProto(bytes, path);
  const shapes = new Map<string, readonly number[]>();
  const types = new Map<string, string>();
  for (const value of [...(graph.input ?? []), ...(graph.output ?? []), ...(graph.valueInfo ?? [])]) {
    const dims = value.type?.tensorType?.shape?.dim;
    if (typeof value.name === 'string') types.set(value.name, typeName(value.type?.tensorType?.elemType));
    if (typeof value.name === 'string' && Array.isArray(dims)) {
      shapes.set(
        value.name,
        dims.map(({ dimValue }) => (dimValue === null || dimValue === undefined ? Number.NaN : Number(dimValue))),
      );
    }
  }
  const weights = new Map<string, { shape: readonly number[]; isFloat: boolean; type: string; raw: Uint8Array }>();
  for (const { name, dims, dataType, rawData } of graph.initializer ?? []) {
    const isFloat = dataType === FLOAT || dataType === FLOAT16;
    const raw = rawData ?? new Uint8Array();
    weights.set(name ?? '', { shape: (dims ?? []).map(Number), isFloat, type: typeName(dataType), raw });
  }
  const namesOf = (values: readonly onnxProto.onnx.IValueInfoProto[] | null | undefined): string[] =>
    (values ?? []).flatMap(({ name }) => (typeof name === 'string' && !weights.has(name) ? [name] : []));
  const [inputs, outputs] = [namesOf(graph.input), namesOf(graph.output)];
  return { nodes: (graph.node ?? []).map(decodeNode), inputs, outputs, weights, shapes, types };
}

function decodeProto(bytes: Uint8Array, path: string): onnxProto.onnx.IGraphProto {
  assertBoundedStructure(bytes, path);
  let model: onnxProto.onnx.ModelProto;
  try {
    model = onnx.ModelProto.decode(bytes);
  } catch (error) {
    throw new CyclopsError('MODEL_INVALID', `${path}: not an ONNX model, or a damaged one: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const { graph } = model;
  if (graph !== null && graph !== undefined) return graph;
  throw new CyclopsError('MODEL_INVALID', `${path}: not an ONNX model: it holds no graph`);
}

/**
 * The graph of an ONNX file that this exporter wrote in fp32: the inverse of `encodeModel`.
 * @throws CyclopsError `MODEL_INVALID` for a file that says things ours do not: other types, free dimensions, nodes with
 *   several outputs, weights that are not raw data.
 */
export function decodeGraph(bytes: Uint8Array, path: string): Graph {
  const graph = decodeProto(bytes, path);
  const refuse = (what: string): CyclopsError =>
    new CyclopsError(
      'MODEL_INVALID',
      `${path}: expected a graph as cyclops export-onnx writes it in fp32, found ${what}`,
    );
  const typeNames = new Map(Object.entries(dataTypes).map(([name, type]) => [type, name as ElementType]));
  const readValue = ({ name, type }: onnxProto.onnx.IValueInfoProto): Value => {
    const tensor = type?.tensorType;
    const element = typeNames.get(Number(tensor?.elemType));
    const shape = (tensor?.shape?.dim ?? []).map(({ dimValue }) => Number(dimValue ?? Number.NaN));
    if (typeof name !== 'string' || element === undefined || !shape.every(Number.isInteger)) {
      throw refuse(`tensor ${name} of another type or of free size`);
    }
    return { name, type: element, shape };
  };
  const inputs = (graph.input ?? []).map(readValue);
  const outputs = (graph.output ?? []).map(readValue);
  const inner = (graph.valueInfo ?? []).map(readValue);
  const values = new Map([...inputs, ...outputs, ...inner].map((value) => [value.name, value]));
  const nodes = (graph.node ?? []).map(decodeNode).map(({ outputs: results, ...node }): GraphNode => {
    const [output, ...others] = results;
    if (output === undefined || others.length > 0 || !values.has(output)) {
      throw refuse(`node ${node.name} (${node.op}) with ${results.length} outputs, or one of unknown shape`);
    }
    return { ...node, output };
  });
  const constants = new Map(
    (graph.initializer ?? []).map(({ name, dims, dataType, rawData }): [string, Constant] => {
      const shape = (dims ?? []).map(Number);
      const raw = rawData ?? new Uint8Array();
      // Copied, because numbers must start at multiples of their size.
      const buffer = new Uint8Array(raw).buffer;
      const count = elementCount(shape);
      if (dataType === FLOAT && raw.byteLength === 4 * count) {
        return [name ?? '', { type: 'float32', shape, data: new Float32Array(buffer) }];
      }
      if (dataType === INT64 && raw.byteLength === 8 * count) {
        return [name ?? '', { type: 'int64', shape, data: Array.from(new BigInt64Array(buffer), Number) }];
      }
      throw refuse(`constant ${name} of another type or size`);
    }),
  );
  return { name: graph.name ?? '', inputs, outputs, constants, nodes, values };
}

function decodeNode(node: onnxProto.onnx.INodeProto): GraphOutline['nodes'][number] {
  const attributes: Record<string, Attribute> = {};
  for (const { name, type, i, f, ints, s } of node.attribute ?? []) {
    if (typeof name !== 'string') continue;
    if (type === attributeType.INT) attributes[name] = { kind: 'int', value: Number(i) };
    else if (type === attributeType.FLOAT) attributes[name] = { kind: 'float', value: Number(f) };
    else if (type === attributeType.INTS) attributes[name] = { kind: 'ints', value: (ints ?? []).map(Number) };
    else if (type === attributeType.STRING) {
      attributes[name] = { kind: 'string', value: new TextDecoder().decode(s ?? new Uint8Array()) };
    }
  }
  return {
    name: node.name ?? '',
    op: node.domain ? `${node.domain}.${node.opType}` : (node.opType ?? ''),
    inputs: node.input ?? [],
    outputs: node.output ?? [],
    attributes,
  };
}
