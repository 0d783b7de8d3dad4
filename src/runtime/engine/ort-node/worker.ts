/**
 * The worker thread of one session: the binding's `run` blocks its thread, so nothing else may live here. Ends by message
 * only: ending the thread while it runs aborts the whole process.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { env, InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';
import { monotonicNow } from '../../../base/clock.js';
import { type ErrorCode, messageOf } from '../../../base/errors.js';
import { openFailure } from '../open-failure.js';
import { providerNamed } from '../providers/index.js';
import { type GraphValue, signatureFault } from '../signature.js';
import type { FromWorker, ToWorker, WorkerJob } from './messages.js';

const job = workerData as WorkerJob;
const { signature } = job;
const port = parentPort!;
const waiting: Exclude<ToWorker, { type: 'close' }>[] = [];
let isBusy = false;

const session = await open();
if (session !== undefined) {
  port.on('message', (message: ToWorker) => {
    if (message.type === 'close') {
      close(session);
    } else {
      waiting.push(message);
      void work(session);
    }
  });
}

async function open(): Promise<InferenceSession | undefined> {
  const start = performance.now();
  const known = listSupportedBackends().map((backend) => backend.name);
  if (!known.includes(job.provider)) {
    const remedy = providerNamed(job.provider).device === 'cpu' ? '' : '; run with --provider cpu';
    refuse(
      'MACHINE_LACKS',
      `execution provider ${job.provider}: this ONNX Runtime has ${known.join(', ')} only${remedy}`,
    );
    return undefined;
  }
  try {
    const session = await InferenceSession.create(job.onnxPath, {
      executionProviders: [job.provider],
      ...(job.threads === 0 ? {} : { intraOpNumThreads: job.threads }),
      graphOptimizationLevel: job.isUnoptimized ? 'disabled' : 'all',
      executionMode: 'sequential',
      logSeverityLevel: 3,
      extra: sessionEntries(),
    });
    const fault = signatureFault(signature, graphValues(session.inputMetadata), graphValues(session.outputMetadata));
    if (fault !== undefined) {
      refuse('MODEL_MISMATCH', `${job.onnxPath}: ${fault}`);
      return undefined;
    }
    send({ type: 'opened', version: env.versions.node ?? 'unknown', loadMs: performance.now() - start });
    return session;
  } catch (error) {
    const { code, message } = openFailure(job.onnxPath, job.provider, messageOf(error));
    refuse(code, message);
    return undefined;
  }
}

/** The provider's entries as the binding takes them: `a.b` is a field of an object in a field. */
function sessionEntries(): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(providerNamed(job.provider).sessionEntries)) {
    const [last, ...outer] = key.split('.').reverse();
    let place = root;
    for (const name of outer.reverse()) {
      const inner = (place[name] ?? {}) as Record<string, unknown>;
      place[name] = inner;
      place = inner;
    }
    place[last!] = value;
  }
  return root;
}

function graphValues(found: InferenceSession['inputMetadata']): readonly GraphValue[] {
  return found.map((value) =>
    value.isTensor
      ? { name: value.name, type: value.type, shape: value.shape }
      : { name: value.name, type: 'not a tensor', shape: [] },
  );
}

async function work(session: InferenceSession): Promise<void> {
  if (isBusy) return;
  isBusy = true;
  for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) {
    try {
      if (task.type === 'infer') await infer(session, task);
      else await bare(session, task.id, task.input, task.count);
    } catch (error) {
      send({ type: 'failed', id: task.id, message: messageOf(error) });
    }
  }
  isBusy = false;
}

async function infer(session: InferenceSession, task: Extract<ToWorker, { type: 'infer' }>): Promise<void> {
  const { id, input } = task;
  const inferStart = monotonicNow();
  const feeds = { [signature.inputName]: new Tensor('uint8', input, signature.inputShape) };
  const { outputName, confidenceName } = signature;
  // The binding fills an array that is handed in, and returns a copy beside it all the same.
  const place = task.depthM === undefined ? null : new Tensor('float32', task.depthM, signature.outputShape);
  const results = await session.run(feeds, {
    [outputName]: place,
    ...(confidenceName === undefined ? {} : { [confidenceName]: null }),
  });
  const inferEnd = monotonicNow();
  const depthM = task.depthM ?? (results[outputName]!.data as Float32Array<ArrayBuffer>);
  const confidence =
    confidenceName === undefined ? undefined : (results[confidenceName]!.data as Float32Array<ArrayBuffer>);
  const moved = [input.buffer, depthM.buffer, ...(confidence === undefined ? [] : [confidence.buffer])];
  send({ type: 'inferred', id, input, depthM, confidence, inferStart, inferEnd }, moved);
}

async function bare(session: InferenceSession, id: number, input: Uint8Array, count: number): Promise<void> {
  const durationsMs = new Float64Array(count);
  const feeds = { [signature.inputName]: new Tensor('uint8', input, signature.inputShape) };
  for (let i = 0; i < count; i++) {
    const start = monotonicNow();
    await session.run(feeds);
    durationsMs[i] = Number(monotonicNow() - start) / 1e6;
  }
  send({ type: 'bare', id, durationsMs });
}

function close(session: InferenceSession): void {
  if (isBusy) {
    setTimeout(() => close(session), 5);
    return;
  }
  void session.release().finally(() => port.close());
}

function refuse(code: ErrorCode, message: string): void {
  send({ type: 'refused', code, message });
  port.close();
}

function send(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}
