import type { ModelPackage } from '../../model-package/schema.js';
import { bytesPerPixel } from '../../model-package/schema.js';

/** One input or output of an opened graph; a free dimension is -1 or its name. */
export interface GraphValue {
  readonly name: string;
  /** `uint8`, `float32`, or what else it is. */
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

/** What an engine feeds and reads, from the package. */
export interface Signature {
  readonly inputName: string;
  readonly outputName: string;
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  /** Name of the second output, of the same shape; undefined where the package has none. */
  readonly confidenceName?: string;
}

/** Input uint8 [1, H, W, C], output float32 [1, H, W, 1] and perhaps confidence of a package. */
export function signatureOf({ input, output, confidence }: ModelPackage): Signature {
  return {
    inputName: input.name,
    outputName: output.name,
    inputShape: [1, input.height, input.width, bytesPerPixel(input.channels)],
    outputShape: [1, output.height, output.width, 1],
    ...(confidence === undefined ? {} : { confidenceName: confidence.name }),
  };
}

/** How an opened graph differs from what the package says of it, or undefined where it does not. */
export function signatureFault(
  wanted: Signature,
  inputs: readonly GraphValue[],
  outputs: readonly GraphValue[],
): string | undefined {
  const output = { what: 'output', type: 'float32', shape: wanted.outputShape, found: outputs };
  const all = [
    { what: 'input', name: wanted.inputName, type: 'uint8', shape: wanted.inputShape, found: inputs },
    { ...output, name: wanted.outputName },
    ...(wanted.confidenceName === undefined ? [] : [{ ...output, name: wanted.confidenceName }]),
  ];
  for (const { what, name, type, shape, found } of all) {
    const value = found.find((candidate) => candidate.name === name);
    const text = value === undefined ? 'nothing of that name' : `${value.type} [${value.shape.join(', ')}]`;
    const expected = `${type} [${shape.join(', ')}]`;
    if (text !== expected) return `${what} ${name}: the package says ${expected}, the graph has ${text}`;
  }
  return undefined;
}
