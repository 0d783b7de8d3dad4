/** The worker thread that undistorts pictures: one small ONNX graph on the CPU, whose `run` blocks its thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { monotonicNow } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import { type FromWarpWorker, type ToWarpWorker, type WarpWorkerJob, warpNames } from './warp-messages.js';

const { graph, threads, inputShape } = workerData as WarpWorkerJob;
const port = parentPort!;

try {
  const session = await InferenceSession.create(graph, {
    executionProviders: ['cpu'],
    ...(threads === 0 ? {} : { intraOpNumThreads: threads }),
    logSeverityLevel: 3,
  });
  let last = Promise.resolve();
  port.on('message', (message: ToWarpWorker) => {
    last = last.then(() => (message.type === 'close' ? close(session) : warp(session, message.id, message.captured)));
  });
  send({ type: 'opened' });
} catch (error) {
  send({ type: 'refused', message: messageOf(error) });
  port.close();
}

async function warp(session: InferenceSession, id: number, captured: Uint8Array<ArrayBuffer>): Promise<void> {
  try {
    const start = monotonicNow();
    const results = await session.run({ [warpNames.input]: new Tensor('uint8', captured, inputShape) });
    const picture = results[warpNames.output]!.data as Uint8Array<ArrayBuffer>;
    send({ type: 'warped', id, picture, start }, [picture.buffer]);
  } catch (error) {
    send({ type: 'failed', id, message: messageOf(error) });
  }
}

async function close(session: InferenceSession): Promise<void> {
  await session.release();
  port.close();
}

function send(message: FromWarpWorker, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}
