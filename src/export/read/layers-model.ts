import { dirname, join } from 'node:path';
import { readBytes, readText } from '../../base/files.js';
import { type Network, parseNetwork, weightFilesOf } from './network.js';

/** A tfjs LayersModel on disk: anybody's own network. */
export interface LayersModel {
  readonly path: string;
  readonly network: Network;
  /** The files as they are, for reading the network with tfjs. */
  readonly modelJson: string;
  readonly weightBytes: Uint8Array;
}

/** Largest weights file that is read; a network for edge computers is far below. */
const weightLimitBytes = 512 * 1024 * 1024;

/**
 * Reads a `model.json` and the weight files beside it, without tfjs.
 * @throws CyclopsError `FILE_MISSING`, `FILE_TOO_LARGE`, `CHECKPOINT_INVALID`; `EXPORT_UNSUPPORTED` for a graph model.
 */
export async function readLayersModel(path: string): Promise<LayersModel> {
  const modelJson = await readText(path);
  const parts: Uint8Array[] = [];
  let left = weightLimitBytes;
  for (const file of weightFilesOf(modelJson, path)) {
    const part = await readBytes(join(dirname(path), file), left);
    left -= part.byteLength;
    parts.push(part);
  }
  const weightBytes = new Uint8Array(Buffer.concat(parts));
  return { path, network: parseNetwork(modelJson, weightBytes, path), modelJson, weightBytes };
}

/** Sides of images whose size the model leaves open, px. */
export interface OpenSize {
  readonly width: number;
  readonly height: number;
}
