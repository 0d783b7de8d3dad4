import { createLiveLine } from '../base/terminal.js';
import { LatencyMeter, type RunningStream, type Summary } from '../runtime/index.js';
import { listenForStop } from './stop-signal.js';
import { liveText } from './stream-text.js';

/** The live line is computed this often; each time, its numbers cover what was published since. */
const livePeriodMs = 1000;

/** Shows how a stream is going until it ends; resolves and rejects as the stream does. */
export async function withLiveLine(pipeline: RunningStream): Promise<Summary> {
  const line = createLiveLine();
  const window = new LatencyMeter();
  pipeline.onPublish((frame) => window.add(frame));
  const showWindow = (): void => {
    line.update(liveText(pipeline.stats(), window.report()));
    window.startWindow();
  };
  const timer = setInterval(showWindow, livePeriodMs);
  try {
    return await pipeline.done;
  } finally {
    clearInterval(timer);
    // The last part of a second, which for a short clip is all of it.
    if (window.report().frames > 0) showWindow();
    line.close();
  }
}

/** What signals ask of a stream. */
export interface Signals {
  /** Stops this stream at the first signal, also one that came before. */
  forwardTo(pipeline: RunningStream): void;
  /** Gives the signals back their usual meaning. */
  release(): void;
}

/** Keeps the signals that ask to end: the first one ends the stream in order, a second one ends the process. */
export function catchSignals(): Signals {
  let pipeline: RunningStream | undefined;
  const stop = listenForStop(() => void pipeline?.stop());
  return {
    forwardTo(running) {
      pipeline = running;
      if (stop.signal.aborted) void running.stop();
    },
    release: stop.release,
  };
}
