import { LatencyMeter, type RunningPipeline, type Summary } from '../runtime/index.js';
import { liveText } from './stream-text.js';
import { createLiveLine } from './terminal.js';

/** The live line is computed this often; each time, its numbers cover what was published since. */
const livePeriodMs = 1000;

/** Shows how a stream is going until it ends; resolves and rejects as the stream does. */
export async function withLiveLine(pipeline: RunningPipeline): Promise<Summary> {
  const line = createLiveLine();
  const window = new LatencyMeter();
  pipeline.onFrame((frame) => window.add(frame));
  const timer = setInterval(() => {
    line.update(liveText(pipeline.stats(), window.report()));
    window.startWindow();
  }, livePeriodMs);
  try {
    return await pipeline.done;
  } finally {
    clearInterval(timer);
    line.close();
  }
}

/** What signals ask of a stream. */
export interface Signals {
  /** Stops this stream at the first signal, also one that came before. */
  forwardTo(pipeline: RunningPipeline): void;
  /** Gives the signals back their usual meaning. */
  release(): void;
}

/** Keeps SIGINT and SIGTERM: the first one ends the stream in order, a second one ends the process. */
export function catchSignals(): Signals {
  let pipeline: RunningPipeline | undefined;
  let count = 0;
  const onSignal = () => {
    count++;
    // Twice means now: the user has waited for the end in order, and will not any more.
    if (count > 1) process.exit(130);
    void pipeline?.stop();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    forwardTo(running) {
      pipeline = running;
      if (count > 0) void running.stop();
    },
    release() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
