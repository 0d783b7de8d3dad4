import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { errorFromPlain } from '../../data/loader-messages.js';
import type { LabelReply, LabelRequest } from './label-worker.js';

/** More threads than a fast GPU can keep busy are of no use. */
const threadLimit = 4;

/** Threads that turn predictions into label files beside the network. */
export interface LabelThreads {
  /**
   * Hands a prediction to a thread that is free, waiting for one: at most one pair a thread is in the making. The buffers
   * of its maps move to the thread and must not be used again; images, where it is to be refined, are copied. `onWritten`
   * is called when the pair's files are there.
   * @throws CyclopsError of an earlier pair: `DISK_FULL`, `WRITE_FAILED`.
   */
  write(request: LabelRequest, onWritten: () => void): Promise<void>;
  /** Waits until all pairs are written. @throws CyclopsError as `write`. */
  finish(): Promise<void>;
  /** Finishes what is in the making and ends the threads. */
  close(): Promise<void>;
}

/** Starts the threads for one labels folder: one a core besides the network's, at most four. */
export function openLabelThreads(folder: string): LabelThreads {
  const count = Math.max(1, Math.min(threadLimit, availableParallelism() - 1));
  const url = new URL('./label-worker.js', import.meta.url);
  const workers = Array.from({ length: count }, () => new Worker(url, { workerData: { folder } }));
  const idle = [...workers];
  const busy = new Map<Worker, Promise<void>>();
  let failure: Error | undefined;

  function run(worker: Worker, request: LabelRequest, onWritten: () => void): void {
    const { left, right } = request.prediction;
    const maps = [left.disparity, left.visible, right.disparity, right.visible];
    const ended = replyOf(worker).then((error) => {
      busy.delete(worker);
      idle.push(worker);
      if (error === undefined) onWritten();
      else failure ??= error;
    });
    busy.set(worker, ended);
    worker.postMessage(
      request,
      maps.map(({ data }) => data.buffer as ArrayBuffer),
    );
  }

  async function finish(): Promise<void> {
    await Promise.all(busy.values());
    if (failure !== undefined) throw failure;
  }

  return {
    finish,
    async write(request, onWritten) {
      while (idle.length === 0) await Promise.race(busy.values());
      if (failure !== undefined) throw failure;
      run(idle.shift()!, request, onWritten);
    },
    async close() {
      await Promise.all(busy.values());
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

/** The answer to what a thread was just given: undefined if all is well. */
function replyOf(worker: Worker): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const onMessage = (reply: LabelReply): void =>
      end(reply.kind === 'failed' ? errorFromPlain(reply.error) : undefined);
    const onExit = (code: number): void => end(new Error(`a labelling thread ended with code ${code}`));
    worker.on('message', onMessage).on('error', end).on('exit', onExit);

    function end(error: Error | undefined): void {
      worker.off('message', onMessage).off('error', end).off('exit', onExit);
      resolve(error);
    }
  });
}
