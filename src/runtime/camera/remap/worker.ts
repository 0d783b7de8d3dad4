/** The worker thread that undistorts images: one small ONNX graph on the CPU, whose `run` blocks its thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { monotonicNow } from '../../../base/clock.js';
import { messageOf } from '../../../base/errors.js';
import { type FromRemapWorker, type RemapWorkerJob, remapNames, type ToRemapWorker } from './messages.js';

const { graph, threads, inputShape } = workerData as RemapWorkerJob;
const port = parentPort!;

try {
  const session = await InferenceSession.create(graph, {
    executionProviders: ['cpu'],
    ...(threads === 0 ? {} : { intraOpNumThreads: threads }),
    logSeverityLevel: 3,
  });
  let last = Promise.resolve();
  port.on('message', (message: ToRemapWorker) => {
    last = last.then(() => (message.type === 'close' ? close(session) : remap(session, message.id, message.captured)));
  });
  send({ type: 'opened' });
} catch (error) {
  send({ type: 'refused', message: messageOf(error) });
  port.close();
}

async function remap(session: InferenceSession, id: number, captured: Uint8Array<ArrayBuffer>): Promise<void> {
  try {
    const start = monotonicNow();
    const results = await session.run({ [remapNames.input]: new Tensor('uint8', captured, inputShape) });
    const image = results[remapNames.output]!.data as Uint8Array<ArrayBuffer>;
    send({ type: 'remapped', id, image, start }, [image.buffer]);
  } catch (error) {
    send({ type: 'failed', id, message: messageOf(error) });
  }
}

async function close(session: InferenceSession): Promise<void> {
  await session.release();
  port.close();
}

function send(message: FromRemapWorker, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}
