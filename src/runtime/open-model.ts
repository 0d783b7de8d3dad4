import type { z } from 'zod';
import { checkSettings } from '../base/config.js';
import { CyclopsError } from '../base/errors.js';
import { createLog, type Logger } from '../base/log.js';
import type { Intrinsics } from '../geometry/camera.js';
import type { RgbImage } from '../geometry/raster.js';
import { type LoadedModelPackage, readModelPackage } from '../model-package/read.js';
import { readCalibration } from './camera/calibration.js';
import { focalSchema, isOneFocal, oneFocalText } from './camera/intrinsics.js';
import { openEngine } from './engine/choose.js';
import type { Engine, EngineInfo } from './engine/engine.js';
import { sharedEngine } from './engine/scheduler.js';
import type { SelfTestResult } from './engine/self-test.js';
import { engineSettingsSchema } from './engine/settings.js';
import { undistortingEngine } from './engine/undistorting.js';
import type { VerifiedEngine } from './engine/verify.js';
import { type InputImage, metricDepth } from './frame.js';
import { networkImage } from './network-image.js';
import { type NetworkInput, planNetworkInput } from './plan-network-input.js';

/** What may be said of the camera and the engine of a model for single images. */
export const openModelSettingsSchema = focalSchema
  .extend({ engine: engineSettingsSchema.prefault({}) })
  .refine(isOneFocal, oneFocalText);

/**
 * Options of `openModel`. At most one of `calibration`, `intrinsics`, `fxPx` and `horizontalFovDeg` says how the images'
 * focal length is known. `fxPx` is in px of the images as they are given: for images of several sizes use `intrinsics`,
 * which name their size, or `horizontalFovDeg`.
 */
export interface OpenModelOptions extends z.input<typeof openModelSettingsSchema> {
  /** Where remarks go, such as an unknown focal length; JSON lines on standard error unless given. */
  readonly log?: Logger;
}

/** A file's path; the bytes of a PNG or JPEG; or pixels: 8-bit R, G, B, row-major, `width * height * 3` bytes. */
export type ImageInput = string | Uint8Array | RgbImage;

/** What every answer to an image has. */
interface AnyImageDepth {
  /** Size of the depth map, px: the model's, not the image's. */
  readonly width: number;
  readonly height: number;
  /** Pinhole of the depth map (and of `image`), px at its size: what turns it into points. */
  readonly intrinsics: Intrinsics;
  /** What the network saw: the image after crop, padding, resizing and undistortion. */
  readonly image: InputImage;
  /** How far each pixel may be trusted, 0 to 1, H*W; undefined where the model does not tell. */
  readonly confidence?: Float32Array | undefined;
  /** True where the focal length was not known: metres are then right only if the camera sees what the training camera saw. */
  readonly isFocalGuess: boolean;
  /** One sentence for people: what was cropped, padded, scaled, assumed. */
  readonly note: string;
}

/** Depth in metres. */
export interface MetricImageDepth extends AnyImageDepth {
  readonly kind: 'metric';
  /** Depth along the optical axis of this camera, metres, H*W row-major; NaN where the graph does not look. */
  readonly depthM: Float32Array;
}

/** What a model without a scale gives: no metres, and nothing turns it into metres without knowing some of them. */
export interface RelativeImageDepth extends AnyImageDepth {
  readonly kind: 'relative';
  /** Inverse depth of unknown scale and shift, 0 far to 1 near, H*W row-major. */
  readonly relativeInverseDepth: Float32Array;
  readonly depthM?: undefined;
}

/** Depth of one image; `kind` says whether it is metric. */
export type ImageDepth = MetricImageDepth | RelativeImageDepth;

/** A model that is open for single images. */
export interface DepthModel {
  readonly name: string;
  /** `metric` gives `depthM`, `relative` gives `relativeInverseDepth`. */
  readonly kind: ImageDepth['kind'];
  /** Size of its depth maps, px. */
  readonly width: number;
  readonly height: number;
  readonly engine: EngineInfo;
  readonly selfTest: SelfTestResult;
  /** Why the engine is not the one that was asked for; undefined where it is. */
  readonly fellBack: string | undefined;
  /**
   * Depth of one image, with the same crop, padding and scaling by the focal length as a stream's frames. Calls are
   * answered one after the other, and only the image whose turn it is is in memory decoded.
   * @throws CyclopsError `FILE_MISSING`, `FILE_UNREADABLE`, `FILE_TOO_LARGE`, `IMAGE_INVALID`; `CAMERA_INVALID` where the
   *   image does not fit what is known of the camera; `ENGINE_FAILED`, also after `close`.
   */
  infer(image: ImageInput): Promise<ImageDepth>;
  /** Answers the calls that were made before, then lets go of the engine. */
  close(): Promise<void>;
  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens a model package for single images and proves it on its golden image.
 * @param path folder of a model package, its `model.json` or its ONNX file.
 * @throws CyclopsError `CONFIG_INVALID` for the options; those of `readModelPackage`; those of the calibration file;
 *   `MACHINE_LACKS`, `SELF_TEST_FAILED` and others of the engine.
 * @example
 * ```ts
 * const model = await openModel('models/edge-street', { horizontalFovDeg: 70 });
 * const { depthM, width, height, intrinsics } = await model.infer('photo.jpg');
 * await model.close();
 * ```
 */
export async function openModel(path: string, options: OpenModelOptions = {}): Promise<DepthModel> {
  const { log = createLog('cyclops'), ...given } = options;
  const { engine, ...focal } = checkSettings(given, 'openModel options', openModelSettingsSchema);
  const calibration = focal.calibration === undefined ? undefined : await readCalibration(focal.calibration);
  const model = await readModelPackage(path);
  const proven = await openEngine(model, engine, log);
  const plan = (width: number, height: number): NetworkInput =>
    planNetworkInput(model.package, focal, calibration, { width, height });
  return new OpenDepthModel(model, proven, plan, engine.threads, log);
}

/** The way of images of one size to the network. */
interface Way {
  readonly input: NetworkInput;
  /** Undistorts, where that is needed; closing it leaves the network open. */
  readonly engine: Engine;
}

class OpenDepthModel implements DepthModel {
  readonly name: string;
  readonly kind: ImageDepth['kind'];
  readonly width: number;
  readonly height: number;
  readonly engine: EngineInfo;
  readonly selfTest: SelfTestResult;
  readonly fellBack: string | undefined;
  readonly #network: Engine;
  readonly #plan: (width: number, height: number) => NetworkInput;
  readonly #threads: number;
  readonly #log: Logger;
  /** Of the size that came last: the map of an undistortion has the size of the network's input. */
  #way: Way | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(
    { package: model }: LoadedModelPackage,
    { engine, selfTest, fellBack }: VerifiedEngine,
    plan: (width: number, height: number) => NetworkInput,
    threads: number,
    log: Logger,
  ) {
    this.name = model.name;
    this.kind = model.output.kind === 'relative-inverse-depth' ? 'relative' : 'metric';
    this.width = model.output.width;
    this.height = model.output.height;
    this.engine = engine.info;
    this.selfTest = selfTest;
    this.fellBack = fellBack;
    this.#network = engine;
    this.#plan = plan;
    this.#threads = threads;
    this.#log = log;
  }

  async infer(image: ImageInput): Promise<ImageDepth> {
    if (this.#closing !== undefined) throw new CyclopsError('ENGINE_FAILED', `${this.name}: the model is closed`);
    const answer = this.#last.then(() => this.#infer(image));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  close(): Promise<void> {
    this.#closing ??= this.#last.then(async () => {
      await this.#way?.engine.close();
      await this.#network.close();
    });
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #infer(given: ImageInput): Promise<ImageDepth> {
    const image = await decoded(given);
    const { input, engine } = await this.#wayFor(image);
    const { view, target } = input;
    const result = await engine.infer(networkImage(image, target));
    const { width, height } = this;
    const answer: AnyImageDepth = {
      width,
      height,
      intrinsics: view.intrinsics,
      image: { width, height, format: target.format, data: result.input },
      ...(result.confidence === undefined ? {} : { confidence: result.confidence }),
      isFocalGuess: view.isGuess,
      note: view.note,
    };
    if (this.kind === 'relative') return { kind: 'relative', relativeInverseDepth: result.depthM, ...answer };
    const networkDepth = { width, height, data: result.depthM };
    const { data: depthM } = metricDepth({ networkDepth, depthScale: view.depthScale });
    return { kind: 'metric', depthM, ...answer };
  }

  async #wayFor({ width, height }: RgbImage): Promise<Way> {
    const target = this.#way?.input.target;
    if (this.#way !== undefined && target?.sourceWidth === width && target.sourceHeight === height) return this.#way;
    const input = this.#plan(width, height);
    if (input.view.isGuess) this.#log.warn(input.view.note);
    else this.#log.debug(input.view.note);
    await this.#way?.engine.close();
    this.#way = undefined;
    const network = sharedEngine(this.#network);
    const engine =
      input.undistortion === undefined ? network : await undistortingEngine(network, input.undistortion, this.#threads);
    this.#way = { input, engine };
    return this.#way;
  }
}

async function decoded(image: ImageInput): Promise<RgbImage> {
  if (typeof image === 'string' || image instanceof Uint8Array) {
    // Loaded only where there is something to decode.
    const { decodeRgb, readRgb } = await import('../image/codec.js');
    return typeof image === 'string' ? readRgb(image) : decodeRgb(image, 'image');
  }
  const { width, height, data } = image;
  const isWhole = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (!isWhole || data.length !== width * height * 3) {
    throw new CyclopsError(
      'IMAGE_INVALID',
      `image: expected width * height * 3 bytes of R, G, B, found ${width}x${height} with ${data.length} bytes`,
    );
  }
  return image;
}
