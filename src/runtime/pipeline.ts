import type { Logger } from '../base/log.js';
import type { StreamConfig } from './config.js';
import type { EngineInfo } from './engine/engine.js';
import type { ModelState } from './frame.js';
import type { LatencyMeter, LatencyReport } from './latency.js';
import type { Output, OutputStats, StreamInfo } from './outputs/output.js';

/** How a run went. */
export interface Summary {
  readonly stream: StreamInfo;
  readonly engine: EngineInfo;
  readonly state: ModelState;
  /** Times the capture process was started again. */
  readonly restarts: number;
  readonly latency: LatencyReport;
  readonly outputs: readonly OutputStats[];
  /** Why it ended: the source's end, the frame limit, or a call of `stop`. */
  readonly end: 'source' | 'frames' | 'stopped';
}

/** A stream that runs. */
export interface RunningPipeline {
  readonly stream: StreamInfo;
  readonly engine: EngineInfo;
  /** Settles when everything is flushed and the capture process has ended; rejects with what ended the run. */
  readonly done: Promise<Summary>;
  /** Ends the stream in order: capture, inference, outputs; resolves when `done` has settled, and never rejects. */
  stop(): Promise<void>;
  /** The whole run so far. */
  stats(): LatencyReport;
  /** The meter behind `stats`, for its histograms. */
  readonly meter: LatencyMeter;
}

/**
 * Opens the model, proves it on its golden picture, starts capture and streams: capture -> latest slot -> engine ->
 * outputs. Resolves when the stream runs.
 * @throws CyclopsError of the model package, the engine, the source or an output's start.
 */
export type StartPipeline = (config: StreamConfig, outputs: readonly Output[], log: Logger) => Promise<RunningPipeline>;
