import { CyclopsError } from '../base/errors.js';
import type { ForeignModel } from './foreign.js';
import type { OnnxHeader, OnnxValue } from './onnx-header.js';

/**
 * The input that `model.json` means.
 * @throws CyclopsError `MODEL_MISMATCH` with what the graph has, and what may be done.
 */
export function foreignInput(header: OnnxHeader, { input }: ForeignModel, path: string): OnnxValue {
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

/** Shape of one image. */
export function imageShape({ height, width }: ForeignModel['input'], layout: Layout): readonly number[] {
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
export interface ForeignOutput extends OnnxValue {
  /** Undefined where the file leaves a side free: then only a run tells them. */
  readonly size: { readonly height: number; readonly width: number } | undefined;
  /** Which axes they are. */
  readonly axes: readonly [number, number];
}

/** What can be cast to float32. */
const numberTypes = ['float32', 'float16', 'float64', 'uint8', 'int8', 'uint16', 'int16', 'int32', 'int64'];

/**
 * An output with one value a pixel.
 * @param name its name; the graph's only one unless given.
 * @param key where `model.json` names it.
 * @throws CyclopsError `MODEL_MISMATCH`.
 */
export function foreignOutput(
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
