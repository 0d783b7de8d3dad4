import { isCyclopsError, messageOf } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import { type LoadedModelPackage, readModelPackage } from '../model-package/read.js';
import { BackOff } from './back-off.js';
import { type CapturePlan, planCapture } from './capture/plan.js';
import { isLive } from './capture/sources/index.js';
import type { CamerasConfig, StreamConfig } from './config.js';
import type { EngineInfo } from './engine/engine.js';
import { openEngineFor } from './engine/pool.js';
import { EngineScheduler, sharedEngine } from './engine/scheduler.js';
import type { SelfTestResult } from './engine/self-test.js';
import type { VerifiedEngine } from './engine/verify.js';
import type { FrameInfo } from './frame.js';
import type { LatencyReport } from './latency.js';
import type { Output } from './outputs/output.js';
import { type RunningStream, type Summary, startStreamOn } from './stream.js';

/** How one camera of several is doing: `waiting` = it cannot be started yet and is tried again. */
export type CameraState = 'starting' | 'waiting' | 'running' | 'ended' | 'failed';

/** One camera of several. */
export interface CameraStream {
  readonly id: string;
  readonly state: CameraState;
  /** The whole run so far; undefined before it runs. */
  stats(): LatencyReport | undefined;
  /** Process id of its capture process. */
  readonly capturePid: number | undefined;
}

/** How one camera's stream went. */
export interface CameraResult {
  readonly id: string;
  readonly state: CameraState;
  /** Present where it ran and ended in order. */
  readonly summary?: Summary;
  /** What ended it, or kept it from starting. */
  readonly error?: unknown;
}

/** Several cameras that run on one engine. */
export interface RunningCameras {
  readonly engine: EngineInfo;
  readonly selfTest: SelfTestResult;
  readonly cameras: readonly CameraStream[];
  /** Settles when the last camera has ended and the engine is closed. Never rejects: what failed is in the results. */
  readonly done: Promise<readonly CameraResult[]>;
  /** Ends all of them in order; resolves when `done` has settled. */
  stop(): Promise<void>;
  /** Called with the info of every published frame of any camera. */
  onPublish(listener: (info: FrameInfo) => void): void;
}

const longestBackoffMs = 30_000;

/**
 * Opens one engine and starts all cameras on it. They take turns at the engine, one frame each, the newest of every camera;
 * each has its own capture process, outputs, latency and counts. A camera that cannot start, fails or is restarted does
 * not stop the others: a live one that is not there is tried again, `capture.restartLimit` times.
 * @param outputsOf makes a camera's outputs.
 * @throws CyclopsError of the model package and the engine.
 */
export async function startCameras(
  config: CamerasConfig,
  outputsOf: (camera: CamerasConfig['cameras'][number]) => readonly Output[],
  log: Logger,
): Promise<RunningCameras> {
  const model = await readModelPackage(config.model);
  // Whatever their pace: with several cameras somebody always waits for a single frame.
  const verified = await openEngineFor('real-time', model, config.engine, log);
  return new CameraGroup(config, outputsOf, model, verified, log);
}

class CameraGroup implements RunningCameras {
  readonly engine: EngineInfo;
  readonly selfTest: SelfTestResult;
  readonly cameras: readonly Camera[];
  readonly done: Promise<readonly CameraResult[]>;
  readonly #listeners: ((info: FrameInfo) => void)[] = [];

  constructor(
    config: CamerasConfig,
    outputsOf: (camera: CamerasConfig['cameras'][number]) => readonly Output[],
    model: LoadedModelPackage,
    verified: VerifiedEngine,
    log: Logger,
  ) {
    this.engine = verified.engine.info;
    this.selfTest = verified.selfTest;
    const scheduler = new EngineScheduler(verified.engine.info.concurrency);
    const shared = { ...verified, engine: sharedEngine(verified.engine) };
    const { cameras, ...common } = config;
    this.cameras = cameras.map((entry) => {
      const { outputs: _, ...camera } = entry;
      return new Camera(
        { ...common, camera },
        () => outputsOf(entry),
        { model, verified: shared, scheduler },
        (info) => {
          for (const listener of this.#listeners) listener(info);
        },
        log.child({ camera: camera.id }),
      );
    });
    this.done = Promise.all(this.cameras.map((camera) => camera.done)).then(async (results) => {
      await verified.engine.close();
      return results;
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.cameras.map((camera) => camera.stop()));
    await this.done;
  }

  onPublish(listener: (info: FrameInfo) => void): void {
    this.#listeners.push(listener);
  }
}

interface SharedParts {
  readonly model: LoadedModelPackage;
  readonly verified: VerifiedEngine;
  readonly scheduler: EngineScheduler;
}

/** One camera: waits until it is there, then streams until it ends. */
class Camera implements CameraStream {
  readonly id: string;
  readonly done: Promise<CameraResult>;
  state: CameraState = 'starting';
  readonly #config: StreamConfig;
  readonly #makeOutputs: () => readonly Output[];
  readonly #parts: SharedParts;
  readonly #onPublish: (info: FrameInfo) => void;
  readonly #log: Logger;
  #stream: RunningStream | undefined;
  #isStopped = false;
  readonly #backOff = new BackOff();

  constructor(
    config: StreamConfig,
    makeOutputs: () => readonly Output[],
    parts: SharedParts,
    onPublish: (info: FrameInfo) => void,
    log: Logger,
  ) {
    this.id = config.camera.id;
    this.#config = config;
    this.#makeOutputs = makeOutputs;
    this.#parts = parts;
    this.#onPublish = onPublish;
    this.#log = log;
    this.done = this.#run().then(
      (summary) => this.#resultOf('ended', summary === undefined ? {} : { summary }),
      (error: unknown) => {
        this.#log.error(`camera lost, the others go on: ${messageOf(error)}`);
        return this.#resultOf('failed', { error });
      },
    );
  }

  get capturePid(): number | undefined {
    return this.#stream?.capturePid;
  }

  stats(): LatencyReport | undefined {
    return this.#stream?.stats();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#backOff.cutShort();
    await this.#stream?.stop();
    await this.done;
  }

  /** @returns undefined where it was stopped before it ran. */
  async #run(): Promise<Summary | undefined> {
    const plan = await this.#planPatiently();
    if (plan === undefined || this.#isStopped) return undefined;
    const { model, verified, scheduler } = this.#parts;
    const joinScheduler = (onFree: () => void) => scheduler.join(onFree);
    const stream = await startStreamOn(
      { model, plan, verified, joinScheduler },
      this.#config,
      this.#makeOutputs(),
      this.#log,
    );
    this.#stream = stream;
    this.state = 'running';
    stream.onPublish(this.#onPublish);
    if (this.#isStopped) void stream.stop();
    return stream.done;
  }

  /** A camera that is not plugged in, or whose network is not up, may come. */
  async #planPatiently(): Promise<CapturePlan | undefined> {
    const { camera, capture } = this.#config;
    for (let failures = 0; !this.#isStopped; failures++) {
      try {
        return await planCapture(this.#config, this.#parts.model.package);
      } catch (error) {
        const mayCome = isLive(camera.source) && isCyclopsError(error, 'CAPTURE_FAILED');
        if (!mayCome || failures >= capture.restartLimit) throw error;
        const waitMs = Math.min(longestBackoffMs, capture.restartWaitMs * 2 ** failures);
        this.state = 'waiting';
        this.#log.warn({ waitMs }, `the camera cannot be started: ${messageOf(error)}`);
        await this.#backOff.wait(waitMs);
      }
    }
    return undefined;
  }

  #resultOf(state: 'ended' | 'failed', rest: Pick<CameraResult, 'summary' | 'error'>): CameraResult {
    this.state = state;
    return { id: this.id, state, ...rest };
  }
}
