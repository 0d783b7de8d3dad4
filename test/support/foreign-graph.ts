import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  elementTypes,
  field,
  join as joinBytes,
  number,
  utf8,
  type WrittenType,
} from '../../src/model-package/onnx-writer.js';

/** An input or output; a text is the name of a free dimension. */
export interface ForeignValue {
  readonly name: string;
  readonly shape: readonly (number | string)[];
  readonly type?: WrittenType;
}

/** A graph as somebody else's exporter may write it. */
export interface ForeignGraph {
  readonly opset: number;
  readonly input: ForeignValue;
  /** Further inputs. */
  readonly moreInputs?: readonly ForeignValue[];
  readonly outputs: readonly ForeignValue[];
  /** NodeProto and TensorProto messages. */
  readonly nodes: readonly Uint8Array[];
  readonly weights: readonly Uint8Array[];
}

/** The bytes of such an ONNX file. */
export function foreignOnnx({
  opset,
  input,
  moreInputs = [],
  outputs,
  nodes,
  weights,
}: ForeignGraph): Uint8Array<ArrayBuffer> {
  const graph = joinBytes([
    ...nodes.map((bytes) => field(1, bytes)),
    field(2, utf8('elsewhere')),
    ...weights.map((bytes) => field(5, bytes)),
    ...[input, ...moreInputs].map((given) => field(11, valueInfo(given))),
    ...outputs.map((output) => field(12, valueInfo(output))),
  ]);
  const domain = field(8, number(2, opset));
  return joinBytes([number(1, 7), field(2, utf8('elsewhere')), field(7, graph), domain]);
}

function valueInfo({ name, shape, type = 'float32' }: ForeignValue): Uint8Array {
  const dimensions = shape.map((size) => field(1, typeof size === 'number' ? number(1, size) : field(2, utf8(size))));
  const tensor = joinBytes([number(1, elementTypes[type]), field(2, joinBytes(dimensions))]);
  return joinBytes([field(1, utf8(name)), field(2, field(1, tensor))]);
}

/** Writes model.onnx and a hand-written model.json into a folder. */
export async function writeForeignModel(folder: string, onnx: Uint8Array, description: object): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'model.onnx'), onnx);
  await writeFile(
    join(folder, 'model.json'),
    JSON.stringify({ format: 'cyclops-foreign-model', formatVersion: 1, name: 'elsewhere', ...description }),
  );
}
