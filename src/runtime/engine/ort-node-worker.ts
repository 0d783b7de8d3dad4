/**
 * The worker thread of one session: the binding's `run` blocks its thread, so nothing else may live here. Ends by message
 * only: ending the thread while it runs aborts the whole process.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { env, InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';
import { monotonicNow } from '../../base/clock.js';
import { type ErrorCode, messageOf } from '../../base/errors.js';
import type { FromWorker, ToWorker, WorkerJob } from './worker-messages.js';

const job = workerData as WorkerJob;
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
    const remedy = job.provider === 'tensorrt' || job.provider === 'cuda' ? '; run with --provider cpu' : '';
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
      graphOptimizationLevel: 'all',
      executionMode: 'sequential',
      logSeverityLevel: 3,
      extra: { session: sessionEntries() },
    });
    const fault = disagreement(session);
    if (fault !== undefined) {
      refuse('MODEL_MISMATCH', `${job.onnxPath}: ${fault}`);
      return undefined;
    }
    send({ type: 'opened', version: env.versions.node ?? 'unknown', loadMs: performance.now() - start });
    return session;
  } catch (error) {
    const text = messageOf(error).split('\n')[0]!;
    if (job.provider !== 'cpu' && /provider|librar|\.so|cuda|tensorrt/i.test(text)) {
      refuse('MACHINE_LACKS', `execution provider ${job.provider} cannot be used on this machine: ${text}`);
    } else {
      refuse('MODEL_INVALID', `${job.onnxPath}: ONNX Runtime cannot open it: ${text}`);
    }
    return undefined;
  }
}

/** A node that the asked provider cannot take shall be an error, not a quiet detour over the CPU. */
function sessionEntries(): Record<string, string> {
  return job.provider === 'cpu' ? {} : { disable_cpu_ep_fallback: '1' };
}

function disagreement(session: InferenceSession): string | undefined {
  const wanted = [
    { what: 'input', name: job.inputName, type: 'uint8', shape: job.inputShape, found: session.inputMetadata },
    { what: 'output', name: job.outputName, type: 'float32', shape: job.outputShape, found: session.outputMetadata },
  ];
  for (const { what, name, type, shape, found } of wanted) {
    const value = found.find((candidate) => candidate.name === name);
    const text = value?.isTensor === true ? `${value.type} [${value.shape.join(', ')}]` : 'nothing of that name';
    const expected = `${type} [${shape.join(', ')}]`;
    if (text !== expected) return `${what} ${name}: the package says ${expected}, the graph has ${text}`;
  }
  return undefined;
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
  const feeds = { [job.inputName]: new Tensor('uint8', input, job.inputShape) };
  // The binding fills an array that is handed in, and returns a copy beside it all the same.
  const results = await (task.depthM === undefined
    ? session.run(feeds)
    : session.run(feeds, { [job.outputName]: new Tensor('float32', task.depthM, job.outputShape) }));
  const inferEnd = monotonicNow();
  const depthM = task.depthM ?? (results[job.outputName]!.data as Float32Array<ArrayBuffer>);
  send({ type: 'inferred', id, input, depthM, inferStart, inferEnd }, [input.buffer, depthM.buffer]);
}

async function bare(session: InferenceSession, id: number, input: Uint8Array, count: number): Promise<void> {
  const durationsMs = new Float64Array(count);
  const feeds = { [job.inputName]: new Tensor('uint8', input, job.inputShape) };
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
