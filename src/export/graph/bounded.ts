import { CyclopsError } from '../../base/errors.js';
import { fieldsOf } from '../../model-package/onnx-header.js';

/**
 * Bytes of a graph that are not weights; those become objects of up to a hundred times their size. A network of a
 * thousand nodes has a few hundred kilobytes.
 */
const structureLimitBytes = 8 * 1024 * 1024;

// Field numbers of onnx.proto3.
const graphOfModel = 7;
const initializerOfGraph = 5;
const floatData = 4;
const rawData = 9;

/**
 * Refuses an ONNX file whose structure would fill the memory once decoded: many empty nodes, numbers one by one.
 * @throws CyclopsError `MODEL_INVALID`; also where the outer messages are damaged.
 */
export function assertBoundedStructure(bytes: Uint8Array, path: string): void {
  let structure = 0;
  try {
    for (const field of fieldsOf(bytes)) {
      if (typeof field.value === 'number') continue;
      structure += field.number === graphOfModel ? structureOfGraph(field.value) : field.value.byteLength;
    }
  } catch (error) {
    throw new CyclopsError(
      'MODEL_INVALID',
      `${path}: not an ONNX model, or a damaged one: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
  if (structure <= structureLimitBytes) return;
  throw new CyclopsError(
    'MODEL_INVALID',
    `${path}: expected at most ${structureLimitBytes} bytes beside the weights, found ${structure}`,
  );
}

function structureOfGraph(graph: Uint8Array): number {
  let structure = 0;
  for (const { number, value } of fieldsOf(graph)) {
    // Its tag and length: an empty node is an object, too.
    structure += 2;
    if (typeof value === 'number') continue;
    if (number !== initializerOfGraph) structure += value.byteLength;
    else structure += structureOfTensor(value);
  }
  return structure;
}

function structureOfTensor(tensor: Uint8Array): number {
  let plain = 0;
  for (const { number, value } of fieldsOf(tensor)) {
    if ((number === rawData || number === floatData) && typeof value !== 'number') plain += value.byteLength;
  }
  return tensor.byteLength - plain;
}
