import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { CyclopsError } from '../../base/errors.js';
import { writeErrorFor } from '../../base/files.js';
import type { DepthFrame } from '../frame.js';
import type { Output, StreamInfo } from './output.js';
import type { Png16Reply, Png16Request } from './png16-worker.js';

/** So that the encoder's 256 a metre makes 65535 of the nearest. */
const nearnessFactor = 65535 / 256;

/**
 * Depth as 16-bit PNG, one file a frame: metres * 256, 0 = none (KITTI's convention; at most 255.99 m). Files are named
 * by the frame's sequence number (`000000.png`) and appear whole or not at all; a worker thread encodes and writes them.
 * Of a relative model: nearness * 65535.
 * @throws CyclopsError `DISK_FULL`, `WRITE_FAILED` from `start` and `publish`.
 */
export function png16Output(folder: string): Output {
  return new Png16Output(folder);
}

class Png16Output implements Output {
  readonly name: string;
  /** The worker encodes a copy. */
  readonly releasesFrames = true;
  readonly #folder: string;
  #worker: Worker | undefined;
  #isNearness = false;

  constructor(folder: string) {
    this.name = `png16:${folder}`;
    this.#folder = folder;
  }

  async start(info: StreamInfo): Promise<void> {
    this.#isNearness = info.unit === 'nearness';
    await mkdir(this.#folder, { recursive: true }).catch((error: unknown) => {
      throw writeErrorFor(this.#folder, error);
    });
    this.#worker = new Worker(new URL('./png16-worker.js', import.meta.url), { name: 'cyclops-png16' });
    // Where the thread breaks, the wait of `publish` or `stop` tells.
    this.#worker.on('error', () => undefined);
  }

  async publish({ sequence, networkDepth, depthScale }: DepthFrame): Promise<void> {
    const worker = this.#worker!;
    const path = join(this.#folder, `${String(sequence).padStart(6, '0')}.png`);
    const factor = this.#isNearness ? nearnessFactor : depthScale;
    const answered = once(worker, 'message');
    worker.postMessage({ path, map: networkDepth, factor } satisfies Png16Request);
    const [reply] = (await answered.catch((error: unknown) => {
      throw new CyclopsError('WRITE_FAILED', `${path}: the thread that writes it failed`, { cause: error });
    })) as [Png16Reply];
    if (reply !== null) throw new CyclopsError(reply.code, reply.message);
  }

  async stop(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#worker = undefined;
    const exited = new Promise((resolve) => worker.once('exit', resolve));
    if (worker.threadId === -1) return;
    worker.postMessage(null satisfies Png16Request);
    await exited;
  }
}
