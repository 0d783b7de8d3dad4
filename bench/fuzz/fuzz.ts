import { isCyclopsError, messageOf } from '../../src/base/errors.js';
import type { Random } from '../../src/base/random.js';
import { estimateGraph } from '../../src/export/cost/estimate.js';
import { summarizeGraph } from '../../src/export/cost/summary.js';
import { buildLayersModelGraph } from '../../src/export/graph/layers-model-graph.js';
import { decodeOutline, encodeModel } from '../../src/export/graph/proto.js';
import { runPasses } from '../../src/export/passes/index.js';
import { parseNetwork } from '../../src/export/read/network.js';
import { readOnnxHeader } from '../../src/model-package/onnx-header.js';

/** A whole file, and what shall happen to mutated copies of it. */
export interface FuzzTarget {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Reads a mutated copy as a user's command would; throws what that throws. */
  read(bytes: Uint8Array): void;
}

/** An ONNX file through every reader of ours. */
export function onnxTarget(bytes: Uint8Array): FuzzTarget {
  return {
    name: 'model.onnx',
    bytes,
    read(mutated) {
      readOnnxHeader(mutated, 'model.onnx');
      const outline = decodeOutline(mutated, 'model.onnx');
      summarizeGraph(outline);
      estimateGraph(outline);
    },
  };
}

/** A LayersModel's text, with its own weights, from parsing to the ONNX file. */
export function layersModelTarget(json: string, weights: Uint8Array): FuzzTarget {
  return {
    name: 'model.json',
    bytes: new TextEncoder().encode(json),
    read(mutated) {
      const path = 'model.json';
      const network = parseNetwork(new TextDecoder().decode(mutated), weights, path);
      const { graph } = runPasses(buildLayersModelGraph({ path, network }));
      encodeModel(graph, { producerVersion: '', metadata: {} });
    },
  };
}

/** How one mutated file ended: read after all, refused in one clear sentence, or anything else. */
export type FuzzOutcome = { readonly kind: 'read' | 'refused' } | { readonly kind: 'fault'; readonly text: string };

/** Reads one mutated copy of the target's file. */
export function fuzzOnce(target: FuzzTarget, random: Random): FuzzOutcome {
  try {
    target.read(mutate(target.bytes, random));
    return { kind: 'read' };
  } catch (error) {
    if (!isCyclopsError(error))
      return { kind: 'fault', text: error instanceof Error ? `${error.stack}` : messageOf(error) };
    const isOneSentence = error.message.length < 3000 && !error.message.includes('\n');
    return isOneSentence
      ? { kind: 'refused' }
      : { kind: 'fault', text: `unclear message: ${error.message.slice(0, 300)}` };
  }
}

const numbers = ['0', '-1', '1e9', '1e308', '4294967296', 'null', 'true', '"x"', '[]', '{}', '[[1,2],[3]]', '0.5'];

/** One to three changes: truncation, other bytes, runs copied or removed; in texts also other values for numbers. */
function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  let result: Uint8Array = Uint8Array.from(bytes);
  const changes = 1 + random.integer(3);
  // Half of the changes are other numbers: those come deepest.
  for (let change = 0; change < changes && result.length > 0; change++) {
    const at = random.integer(result.length);
    const length = 1 + random.integer(Math.min(64, result.length - at));
    switch (random.integer(12)) {
      case 0:
        result = result.slice(0, random.chance(0.2) ? at : result.length);
        break;
      case 1:
        result[at] = random.integer(256);
        break;
      case 2:
        result[at]! ^= 1 << random.integer(8);
        break;
      case 3:
        result = join(result.subarray(0, at), result.subarray(at + length));
        break;
      case 4:
        result = join(result.subarray(0, at), result.subarray(at, at + length), result.subarray(at));
        break;
      case 5:
        result.fill(random.pick([0, 127, 128, 255]), at, at + random.integer(12));
        break;
      default:
        result = replaceNumber(result, at, random);
    }
  }
  return result;
}

/** The next decimal number behind a place, if there is one near, becomes another value. */
function replaceNumber(bytes: Uint8Array, at: number, random: Random): Uint8Array {
  const isDigit = (index: number): boolean => bytes[index]! >= 48 && bytes[index]! <= 57;
  let start = at;
  while (start < Math.min(bytes.length, at + 400) && !isDigit(start)) start++;
  let end = start;
  while (end < bytes.length && isDigit(end)) end++;
  if (end === start) return bytes;
  const text = random.chance(0.5) ? random.pick(numbers) : String(random.integer(1 << random.integer(31)));
  return join(bytes.subarray(0, start), new TextEncoder().encode(text), bytes.subarray(end));
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
