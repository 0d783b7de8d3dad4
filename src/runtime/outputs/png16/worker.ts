/** The worker thread of the png16 output: turning a depth map into a file takes as long as computing it. */
import { parentPort } from 'node:worker_threads';
import { type ErrorCode, isCyclopsError, messageOf } from '../../../base/errors.js';
import { writeAtomic } from '../../../base/files.js';
import type { FloatMap } from '../../../geometry/raster.js';
import { encodePng16 } from '../../../image/png16.js';

/** To the worker: a file to write; `null` ends it. */
export type Png16Request = { readonly path: string; readonly map: FloatMap; readonly factor: number } | null;

/** From the worker, once for each file: null, or why it could not be written. */
export type Png16Reply = null | { readonly code: ErrorCode; readonly message: string };

const port = parentPort!;

port.on('message', (request: Png16Request) => {
  if (request === null) port.close();
  else void write(request).then((reply) => port.postMessage(reply));
});

async function write({ path, map, factor }: NonNullable<Png16Request>): Promise<Png16Reply> {
  try {
    const data = factor === 1 ? map.data : map.data.map((value) => value * factor);
    await writeAtomic(path, encodePng16({ ...map, data }));
    return null;
  } catch (error) {
    return { code: isCyclopsError(error) ? error.code : 'WRITE_FAILED', message: messageOf(error) };
  }
}
