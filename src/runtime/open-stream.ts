import { checkSettings } from '../base/config.js';
import { createLog, type Logger } from '../base/log.js';
import { type StreamConfigInput, streamConfigSchema } from './config.js';
import type { EngineInfo } from './engine/engine.js';
import type { SelfTestResult } from './engine/self-test.js';
import type { DepthFrame } from './frame.js';
import { FrameIteratorOutput } from './frame-iterator.js';
import type { LatencyReport } from './latency.js';
import type { Output, StreamInfo } from './outputs/output.js';
import { type RunningStream, type Summary, startStream } from './stream.js';

/** Options of `openStream`. */
export interface OpenStreamOptions {
  /** What gets every frame beside the loop; nothing unless given. */
  readonly outputs?: readonly Output[];
  /** Where remarks go; JSON lines on standard error unless given. */
  readonly log?: Logger;
  /** Aborted: the stream ends in order, and the loop with it, without an error. */
  readonly signal?: AbortSignal;
}

/**
 * A stream to loop over, once. Frames of a live source: the newest wins, at most one waits, and what the loop was too slow
 * for is counted in the next frame's `droppedBefore`. Of a file or folder: every frame, and the stream waits for the loop.
 * The loop ends with the source; `break`, `return` and an exception in it end the stream.
 */
export interface DepthStream extends AsyncIterable<DepthFrame> {
  /** Camera, size, unit of the depth maps, pace. */
  readonly info: StreamInfo;
  readonly engine: EngineInfo;
  readonly selfTest: SelfTestResult;
  /** Settles when everything is written out and the capture process has ended; rejects with what ended the stream. */
  readonly done: Promise<Summary>;
  /** Frame age, rate and drops so far. */
  stats(): LatencyReport;
  /** Ends the stream in order: capture, inference, outputs. Needed only where no loop has done it. */
  close(): Promise<void>;
  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens model, engine, capture and outputs, and streams into a `for await` loop. For outputs without a loop there is
 * `startStream`: a stream from a file would wait for the loop.
 * @param config as `cyclops run --config` reads it, defaults left out.
 * @throws CyclopsError `CONFIG_INVALID`; those of the model package, the source, the engine and an output's start. The loop
 *   throws what ends a running stream.
 * @example
 * ```ts
 * const camera = { source: { kind: 'v4l2', device: '/dev/video0' }, horizontalFovDeg: 78 } as const;
 * const stream = await openStream({ model: 'models/edge-street', camera });
 * for await (const frame of stream) console.log(frame.sequence, metricDepth(frame).data[0]);
 * ```
 */
export async function openStream(config: StreamConfigInput, options: OpenStreamOptions = {}): Promise<DepthStream> {
  const { outputs = [], log = createLog('cyclops'), signal } = options;
  const iterator = new FrameIteratorOutput();
  const checked = checkSettings(config, 'openStream config', streamConfigSchema);
  const running = await startStream(checked, [...outputs, iterator], log);
  let isOver = false;
  const close = async (): Promise<void> => {
    iterator.discard();
    // Outputs that have ended cannot be hurried: that would only keep the process for a while.
    if (!isOver) await running.stop();
  };
  const onAbort = () => void close();
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  const ended = () => {
    isOver = true;
    signal?.removeEventListener('abort', onAbort);
    return iterator.stop();
  };
  void running.done.then(ended, ended);
  const frames = framesOf(iterator, running, close);
  return {
    info: running.stream,
    engine: running.engine,
    selfTest: running.selfTest,
    done: running.done,
    stats: () => running.stats(),
    close,
    [Symbol.asyncIterator]: () => frames,
    [Symbol.asyncDispose]: close,
  };
}

async function* framesOf(
  iterator: FrameIteratorOutput,
  running: RunningStream,
  close: () => Promise<void>,
): AsyncGenerator<DepthFrame, void, undefined> {
  try {
    for (let frame = await iterator.next(); frame !== undefined; frame = await iterator.next()) yield frame;
    // Also tells the loop what went wrong.
    await running.done;
  } finally {
    await close();
  }
}
