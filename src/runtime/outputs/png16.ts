import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { CyclopsError } from '../../base/errors.js';
import { writeErrorFor } from '../../base/files.js';
import type { DepthFrame } from '../frame.js';
import { defineOutput, type Output, type StreamInfo } from './output.js';
import type { Png16Reply, Png16Request } from './png16/worker.js';

/** The entry of the table. */
export const png16 = defineOutput({
  name: 'png16',
  form: 'png16:DIR',
  help: 'a 16-bit PNG a frame, metres * 256 as KITTI stores depth',
  schema: z.strictObject({ kind: z.literal('png16'), folder: z.string().min(1) }),
  argument: 'folder',
  open: ({ folder }) => png16Output(folder),
});

/** So that the encoder's 256 a metre makes 65535 of the nearest. */
const relativeFactor = 65535 / 256;

/**
 * Depth as 16-bit PNG, one file a frame: metres * 256, 0 = none (KITTI's convention; at most 255.99 m). Files are named
 * by the frame's sequence number (`000000.png`) and appear whole or not at all; a worker thread encodes and writes them.
 * Of a relative model: inverse depth, 0 far .. 1 near, * 65535.
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
  #isRelative = false;

  constructor(folder: string) {
    this.name = `png16:${folder}`;
    this.#folder = folder;
  }

  async start(info: StreamInfo): Promise<void> {
    this.#isRelative = info.unit === 'relative-inverse-depth';
    await mkdir(this.#folder, { recursive: true }).catch((error: unknown) => {
      throw writeErrorFor(this.#folder, error);
    });
    this.#worker = new Worker(new URL('./png16/worker.js', import.meta.url), { name: 'cyclops-png16' });
    // Where the thread breaks, the wait of `publish` or `stop` tells.
    this.#worker.on('error', () => undefined);
  }

  async publish({ sequence, networkDepth, depthScale }: DepthFrame): Promise<void> {
    const worker = this.#worker!;
    const path = join(this.#folder, `${String(sequence).padStart(6, '0')}.png`);
    const factor = this.#isRelative ? relativeFactor : depthScale;
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
