import { monotonicNow } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import { type LoadedModelPackage, readModelPackage } from '../model-package/read.js';
import { type CapturePlan, planAgain, planCapture } from './capture/plan.js';
import { paceOf } from './capture/sources/index.js';
import { CaptureSupervisor, type FaultCounts } from './capture/supervisor.js';
import type { StreamConfig } from './config.js';
import type { Engine, EngineInfo, InferResult } from './engine/engine.js';
import { openEngineFor } from './engine/pool.js';
import { providerNamed } from './engine/providers/index.js';
import { type EngineAccess, exclusiveAccess } from './engine/scheduler.js';
import type { SelfTestResult } from './engine/self-test.js';
import { undistortingEngine } from './engine/undistorting.js';
import type { VerifiedEngine } from './engine/verify.js';
import type { DepthFrame, Frame, FrameInfo, ModelState } from './frame.js';
import { LatencyMeter, type LatencyReport } from './latency.js';
import { LatestSlot } from './latest-slot.js';
import type { Output, OutputStats, StreamInfo } from './outputs/output.js';
import { OutputQueue } from './outputs/queue.js';

/** How a run went. */
export interface Summary {
  readonly stream: StreamInfo;
  readonly engine: EngineInfo;
  readonly selfTest: SelfTestResult;
  readonly state: ModelState;
  /** Why the engine is not the one that was asked for. */
  readonly fellBack?: string;
  /** Times the capture process was started again. */
  readonly restarts: number;
  /** What the capture process was lost to, each with its count. */
  readonly faults: FaultCounts;
  readonly latency: LatencyReport;
  readonly outputs: readonly OutputStats[];
  /** Why it ended: the source's end, the frame limit, or a call of `stop`. */
  readonly end: 'source' | 'frames' | 'stopped';
}

/** A stream that runs. */
export interface RunningStream {
  readonly stream: StreamInfo;
  readonly engine: EngineInfo;
  readonly selfTest: SelfTestResult;
  /** Settles when everything is flushed and the capture process has ended; rejects with what ended the run. */
  readonly done: Promise<Summary>;
  /** Ends the stream in order: capture, inference, outputs; resolves when `done` has settled, and never rejects. */
  stop(): Promise<void>;
  /** The whole run so far. */
  stats(): LatencyReport;
  /** The meter behind `stats`, for its histograms. */
  readonly meter: LatencyMeter;
  /**
   * Called with every published frame, before the outputs. Must return at once, and may keep the frame; with such a
   * listener every frame gets memory of its own, so ask for `onPublish` where its times are enough.
   */
  onFrame(listener: (frame: DepthFrame) => void): void;
  /** The same without image and depth; for live lines and measuring. */
  onPublish(listener: (info: FrameInfo) => void): void;
  /** Process id of the running capture process. */
  readonly capturePid: number | undefined;
}

/**
 * Frames that wait in the engine beside those that run: none in real time, so that the next is the newest; two where every
 * frame counts, so that the engine does not idle while this thread is busy (a garbage collection takes 10-20 ms).
 */
const waitingInEngine = { 'real-time': 0, fastest: 2 } as const;
/** Frames read ahead: one in real time (the newest), two where every frame counts, so that the pipe is never idle. */
const readAhead = { 'real-time': 1, fastest: 2 } as const;

/**
 * Opens the model, verifies it on its golden image, starts capture and streams: capture -> latest slot -> engine ->
 * outputs. Resolves when the stream runs.
 * @throws CyclopsError of the model package, the source, the engine (`SELF_TEST_FAILED` for wrong depth) or an output's
 *   start; nothing is left running then.
 */
export async function startStream(
  config: StreamConfig,
  outputs: readonly Output[],
  log: Logger,
): Promise<RunningStream> {
  const model = await readModelPackage(config.model);
  const planning = planCapture(config, model.package);
  // An engine that takes minutes to build is not begun before the source is known to be there.
  if (providerNamed(config.engine.provider).device !== 'cpu') await planning;
  const opening = openEngineFor(paceOf(config.camera.source), model, config.engine, log);
  const [planned, opened] = await Promise.allSettled([planning, opening]);
  if (opened.status === 'rejected') throw planned.status === 'rejected' ? planned.reason : opened.reason;
  if (planned.status === 'rejected') {
    await opened.value.engine.close();
    throw planned.reason;
  }
  return startStreamOn({ model, plan: planned.value, verified: opened.value }, config, outputs, log);
}

/** What a stream runs on. */
export interface StreamParts {
  readonly model: LoadedModelPackage;
  readonly plan: CapturePlan;
  /** Closed when the stream ends, or cannot start. */
  readonly verified: VerifiedEngine;
  /** The stream's place at an engine that others use, too. @param onFree see `EngineScheduler`. */
  readonly joinScheduler?: (onFree: () => void) => EngineAccess;
}

/** As `startStream`, on a source that was looked at and an engine that was opened before. */
export async function startStreamOn(
  parts: StreamParts,
  config: StreamConfig,
  outputs: readonly Output[],
  log: Logger,
): Promise<RunningStream> {
  const { plan } = parts;
  let { verified } = parts;
  try {
    if (plan.view.isGuess || plan.view.isImplausible) log.warn(plan.view.note);
    else log.info(plan.view.note);
    if (plan.undistortion !== undefined) {
      const engine = await undistortingEngine(verified.engine, plan.undistortion, config.engine.threads);
      verified = { ...verified, engine };
    }
    const stream = new Stream(config, { ...parts, verified }, outputs, log);
    await stream.start();
    return stream;
  } catch (error) {
    await verified.engine.close();
    throw error;
  }
}

/** Depth arrays of frames that are done with, kept for later frames. */
const spareDepthLimit = 4;

class Stream implements RunningStream {
  readonly stream: StreamInfo;
  readonly engine: EngineInfo;
  readonly selfTest: SelfTestResult;
  readonly meter = new LatencyMeter();
  readonly done: Promise<Summary>;
  readonly #config: StreamConfig;
  readonly #model: LoadedModelPackage;
  readonly #plan: CapturePlan;
  readonly #session: Engine;
  /** The engine that was asked for runs, and gives the right depth. */
  readonly #isSound: boolean;
  readonly #fellBack: string | undefined;
  readonly #outputs: readonly Output[];
  readonly #log: Logger;
  readonly #slot: LatestSlot<Frame>;
  readonly #queues: readonly OutputQueue[];
  readonly #listeners: ((frame: DepthFrame) => void)[] = [];
  readonly #observers: ((info: FrameInfo) => void)[] = [];
  /** Published frames, with the number of outputs that are not done with them. */
  readonly #published = new Map<DepthFrame, number>();
  readonly #spareDepths: Float32Array<ArrayBuffer>[] = [];
  #capture: CaptureSupervisor | undefined;
  readonly #access: EngineAccess;
  readonly #inFlightLimit: number;
  #inFlight = 0;
  #accepted = 0;
  #lostInSlot = 0;
  #isSourceOver = false;
  #end: Summary['end'] | undefined;
  #failure: unknown;
  #finish: (() => void) | undefined;

  constructor(
    config: StreamConfig,
    { model, plan, verified, joinScheduler }: StreamParts,
    outputs: readonly Output[],
    log: Logger,
  ) {
    const { output } = model.package;
    const { pace, view } = plan;
    this.#config = config;
    this.#model = model;
    this.#plan = plan;
    this.#session = verified.engine;
    this.#fellBack = verified.fellBack;
    this.#isSound = verified.selfTest.ok && verified.fellBack === undefined;
    this.#outputs = outputs;
    this.#log = log;
    this.engine = verified.engine.info;
    this.selfTest = verified.selfTest;
    this.stream = {
      cameraId: config.camera.id,
      modelName: model.package.name,
      width: output.width,
      height: output.height,
      format: model.package.input.channels,
      intrinsics: view.intrinsics,
      unit: output.kind === 'relative-inverse-depth' ? 'relative-inverse-depth' : 'metres',
      minM: output.minM * view.depthScale,
      maxM: output.maxM * view.depthScale,
      sourceFps: plan.fps,
      pace,
    };
    this.#access = joinScheduler?.(() => this.#feed()) ?? exclusiveAccess;
    this.#inFlightLimit = this.engine.concurrency + waitingInEngine[pace];
    this.#slot = new LatestSlot(readAhead[pace], pace === 'real-time' ? 'newest-wins' : 'hold-back');
    this.#queues = outputs.map(
      (output) =>
        new OutputQueue(output, pace, {
          onRoom: () => this.#feed(),
          onDone: (frame) => this.#finishWith(frame),
          onFailure: (error) => this.#fail(error),
        }),
    );
    const finished = new Promise<void>((resolve) => {
      this.#finish = resolve;
    });
    this.done = finished.then(() => this.#close());
    this.done.catch(() => undefined);
  }

  get capturePid(): number | undefined {
    return this.#capture?.pid;
  }

  /** Starts outputs, then capture. */
  async start(): Promise<void> {
    const started: Output[] = [];
    try {
      for (const output of this.#outputs) {
        await output.start(this.stream);
        started.push(output);
      }
    } catch (error) {
      await Promise.allSettled(started.map((output) => output.stop()));
      throw error;
    }
    const { camera, capture } = this.#config;
    const { width, height, format } = this.engine.input;
    const replan = () => planAgain(this.#config, this.#model.package, this.#plan);
    this.#capture = new CaptureSupervisor(
      { cameraId: camera.id, source: camera.source, plan: this.#plan, replan, width, height, format, ...capture },
      (frame) => this.#onFrame(frame),
      this.#log,
    );
    this.#capture.done.then(
      () => this.#onSourceOver(),
      (error: unknown) => this.#fail(error),
    );
  }

  async stop(): Promise<void> {
    this.#endBy('stopped');
    for (const queue of this.#queues) queue.hurry();
    await this.done.catch(() => undefined);
  }

  stats(): LatencyReport {
    return this.meter.report();
  }

  onFrame(listener: (frame: DepthFrame) => void): void {
    this.#listeners.push(listener);
  }

  onPublish(listener: (info: FrameInfo) => void): void {
    this.#observers.push(listener);
  }

  #onFrame(frame: Frame): void {
    if (this.#end !== undefined) return;
    const lost = this.#slot.put(frame);
    if (lost !== undefined) {
      this.#lostInSlot += lost.droppedBefore + 1;
      this.#capture?.recycle(lost.image.data as Uint8Array<ArrayBuffer>);
    }
    this.#feed();
  }

  /** Hands frames to the engine while it may take one: at each arrival, each result, each room in an output. */
  #feed(): void {
    const { pace } = this.#plan;
    const isHeldBack = pace === 'fastest' && this.#queues.some((queue) => queue.isFull);
    const mayTake = () => this.#end === undefined && !isHeldBack && this.#inFlight < this.#inFlightLimit;
    while (this.#slot.length > 0 && mayTake() && this.#access.acquire()) this.#infer(this.#slot.take()!);
    if (pace === 'fastest') {
      if (this.#slot.isFull) this.#capture?.hold();
      else if (this.#slot.length === 0) this.#capture?.release();
    }
    if (this.#isSourceOver && this.#slot.length === 0) this.#endBy('source');
    if (this.#end !== undefined && this.#inFlight === 0) this.#finish?.();
  }

  #infer(frame: Frame): void {
    const droppedBefore = frame.droppedBefore + this.#lostInSlot;
    this.#lostInSlot = 0;
    this.#inFlight++;
    this.#accepted++;
    if (this.#accepted === this.#config.frames) this.#endBy('frames');
    this.#session
      .infer(frame.image.data as Uint8Array<ArrayBuffer>, this.#spareDepths.pop())
      .finally(() => {
        this.#inFlight--;
        this.#access.release();
      })
      .then((result) => {
        this.#feed();
        this.#publish({ ...frame, droppedBefore }, result);
      })
      .catch((error: unknown) => this.#fail(error));
  }

  #publish(frame: Frame, result: InferResult): void {
    const { cameraId, sequence, ptsNs, captureTime, arrivalTime, quality, droppedBefore, image } = frame;
    const { intrinsics, depthScale } = frame;
    const { inferStart, inferEnd } = result;
    const { width, height } = this.stream;
    const depthFrame: DepthFrame = {
      cameraId,
      sequence,
      ptsNs,
      timestamps: { capture: captureTime, arrival: arrivalTime, inferStart, inferEnd, publish: monotonicNow() },
      quality,
      droppedBefore,
      // What was captured may be larger: the network saw what the engine gives back.
      image: { ...image, width, height, data: result.input },
      networkDepth: { width, height, data: result.depthM },
      confidence: result.confidence && { width, height, data: result.confidence },
      depthScale,
      intrinsics,
      state: this.#state(),
    };
    this.meter.add(depthFrame);
    for (const observer of this.#observers) observer(depthFrame);
    for (const listener of this.#listeners) listener(depthFrame);
    this.#published.set(depthFrame, this.#queues.length);
    for (const queue of this.#queues) queue.offer(depthFrame);
    if (this.#queues.length === 0) this.#recycle(depthFrame);
  }

  #finishWith(frame: DepthFrame): void {
    const users = (this.#published.get(frame) ?? 0) - 1;
    if (users > 0) this.#published.set(frame, users);
    else this.#recycle(frame);
  }

  /** Uses the memory of a frame again, where nobody may have kept it. */
  #recycle(frame: DepthFrame): void {
    this.#published.delete(frame);
    if (this.#listeners.length > 0 || !this.#outputs.every((output) => output.releasesFrames === true)) return;
    this.#capture?.recycle(frame.image.data as Uint8Array<ArrayBuffer>);
    if (this.#spareDepths.length < spareDepthLimit) {
      this.#spareDepths.push(frame.networkDepth.data as Float32Array<ArrayBuffer>);
    }
  }

  #state(): ModelState {
    return this.#isSound && this.#capture?.isRecovering !== true ? 'running' : 'degraded';
  }

  #onSourceOver(): void {
    this.#isSourceOver = true;
    this.#feed();
  }

  #endBy(reason: Summary['end']): void {
    if (this.#end !== undefined) return;
    this.#end = reason;
    if (reason === 'stopped') this.meter.addDropped(this.#lostInSlot + this.#slot.clear());
    // Not from inside the call that noticed it: what runs now may still publish.
    setImmediate(() => this.#feed());
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#endBy('stopped');
    // Where the end was decided before, this may have been the last inference it waits for.
    setImmediate(() => this.#feed());
  }

  /** Everything in the order of the stream: no more images, no more inference, outputs written out. */
  async #close(): Promise<Summary> {
    await this.#capture?.stop();
    const restarts = this.#capture?.restarts ?? 0;
    const faults = this.#capture?.faults ?? {};
    const closed = await Promise.allSettled(this.#queues.map((queue) => queue.close()));
    for (const result of closed) if (result.status === 'rejected') this.#failure ??= result.reason;
    await this.#session.close();
    if (this.#failure !== undefined) throw this.#failure;
    return {
      stream: this.stream,
      engine: this.engine,
      selfTest: this.selfTest,
      state: this.#isSound ? 'running' : 'degraded',
      ...(this.#fellBack === undefined ? {} : { fellBack: this.#fellBack }),
      restarts,
      faults,
      latency: this.meter.report(),
      outputs: this.#queues.map((queue) => queue.stats),
      end: this.#end ?? 'stopped',
    };
  }
}
