/** A loading thread: reads or renders, augments and packs the steps it is told to, one at a time. */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../base/assert.js';
import { buffersOf, buildBatch, SampleOrder } from './batch.js';
import type { WorkerReply, WorkerRequest, WorkerStart } from './loader-messages.js';
import { plainFromError } from './loader-messages.js';
import { openSource } from './sources/index.js';

assert(parentPort !== null, 'loader-worker runs as a worker thread');
const port = parentPort;
const { source: spec, settings } = workerData as WorkerStart;
let isClosing = false;

const opened = openSource(spec).then((source) => ({ source, order: new SampleOrder(source, settings) }));
// A failure to open is told as the answer to the first step; until then it must not count as unhandled.
opened.catch(() => undefined);

port.on('message', (request: WorkerRequest) => {
  if (request.kind === 'close') {
    isClosing = true;
    port.close();
  } else {
    void build(request.step);
  }
});

async function build(step: number): Promise<void> {
  try {
    const { source, order } = await opened;
    const batch = await buildBatch(source, order, settings, step, () => isClosing);
    if (batch !== undefined) reply({ kind: 'batch', step, batch }, buffersOf(batch));
  } catch (error) {
    reply({ kind: 'failed', step, error: plainFromError(error) }, []);
  }
}

function reply(message: WorkerReply, transfer: ArrayBuffer[]): void {
  if (!isClosing) port.postMessage(message, transfer);
}
