import { CyclopsError } from '../../base/errors.js';
import type { NetworkView } from '../../geometry/network-view.js';
import type { ModelPackage } from '../../model-package/schema.js';
import { readCalibration } from '../camera/calibration.js';
import type { Undistortion } from '../camera/undistort.js';
import type { StreamConfig } from '../config.js';
import type { Pace } from '../frame.js';
import { type ImageTarget, planNetworkInput } from '../plan-network-input.js';
import { assertElements, pipelineText } from './elements.js';
import { installedElements } from './installed-elements.js';
import type { CaptureJob } from './messages.js';
import { probeSource } from './probe.js';
import { isGstSource, isLooped, kindOf, paceOf, type Source, type SourceInfo } from './sources/index.js';

/** What capture shall do, decided before anything runs. */
export interface CapturePlan {
  readonly job: CaptureJob;
  readonly view: NetworkView;
  /** The step between capture and network for a camera with a lens; undefined where none is needed. */
  readonly undistortion: Undistortion | undefined;
  readonly pace: Pace;
  /** Nominal rate of the source, frames/s; undefined where it does not tell. */
  readonly fps: number | undefined;
  /** Size of the source's full image, px. */
  readonly sourceWidth: number;
  readonly sourceHeight: number;
}

/**
 * Looks at the source, decides how its images become the network's input, and composes the capture job.
 * @throws CyclopsError of `probeSource` and `networkView`; `MACHINE_LACKS` naming every element that is not installed.
 */
export async function planCapture(config: Pick<StreamConfig, 'camera'>, model: ModelPackage): Promise<CapturePlan> {
  const { camera } = config;
  const { source } = camera;
  const facts = await probeSource(source);
  const calibration = camera.calibration === undefined ? undefined : await readCalibration(camera.calibration);
  const { view, undistortion, target } = planNetworkInput(model, camera, calibration, facts);
  const pace = paceOf(source);
  const job = await captureJob(source, facts, target);
  return { job, view, undistortion, pace, fps: facts.fps, sourceWidth: facts.width, sourceHeight: facts.height };
}

/** The work of a capture process for a source. @throws CyclopsError `MACHINE_LACKS` naming every element that is not installed. */
export async function captureJob(source: Source, facts: SourceInfo, target: ImageTarget): Promise<CaptureJob> {
  if (!isGstSource(source)) return kindOf(source).job(source, facts, target);
  // Listing the elements takes time, and is of no use to a pipeline that is the same on every machine.
  const isSameEverywhere = kindOf(source).nvidiaMemory === 'never';
  const elements = isSameEverywhere ? new Set<string>() : await installedElements();
  const launch = pipelineText(source, target, elements);
  if (!isSameEverywhere) assertElements(source, launch, elements);
  return { kind: 'gst', launch, loop: isLooped(source) };
}

/**
 * The plan for a source that has begun to send images of another size. A focal length in px belongs to the size it was
 * given for, and is scaled from there; an image of another shape is an error, because nothing says what was cut away.
 * @throws CyclopsError as `planCapture`; `CAMERA_INVALID` for another shape, or where the images are undistorted: that
 *   map is built for one size.
 */
export async function planAgain(
  config: Pick<StreamConfig, 'camera'>,
  model: ModelPackage,
  plan: CapturePlan,
): Promise<CapturePlan> {
  if (plan.undistortion !== undefined) {
    throw new CyclopsError(
      'CAMERA_INVALID',
      `${config.camera.id}: the images have changed their size, but are undistorted for ${plan.sourceWidth}x${plan.sourceHeight}; start again`,
    );
  }
  const { fxPx, ...camera } = config.camera;
  if (fxPx === undefined) return planCapture(config, model);
  const intrinsics = { width: plan.sourceWidth, height: plan.sourceHeight, fxPx };
  return planCapture({ camera: { ...camera, intrinsics } }, model);
}
