import { CyclopsError } from '../../base/errors.js';
import type { NetworkView } from '../../geometry/network-view.js';
import type { ModelPackage } from '../../model-package/schema.js';
import { readCalibration } from '../calibration.js';
import type { StreamConfig } from '../config.js';
import type { Pace } from '../outputs/output.js';
import { type PictureTarget, planNetworkInput } from '../plan-network-input.js';
import type { Undistortion } from '../undistort.js';
import { assertElements, type GstSource, pipelineText } from './elements.js';
import { type ElementSet, installedElements } from './installed-elements.js';
import type { CaptureJob } from './messages.js';
import { probeSource, type SourceFacts } from './probe.js';
import { paceOf, type Source } from './source.js';

/** What capture shall do, decided before anything runs. */
export interface CapturePlan {
  readonly job: CaptureJob;
  readonly view: NetworkView;
  /** The step between capture and network for a camera with a lens; undefined where none is needed. */
  readonly undistortion: Undistortion | undefined;
  readonly pace: Pace;
  /** Nominal rate of the source, frames/s; undefined where it does not tell. */
  readonly fps: number | undefined;
  /** Size of the source's full picture, px. */
  readonly sourceWidth: number;
  readonly sourceHeight: number;
}

/**
 * Looks at the source, decides how its pictures become the network's input, and composes the capture job.
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
export async function captureJob(source: Source, facts: SourceFacts, target: PictureTarget): Promise<CaptureJob> {
  if (source.kind === 'images') {
    const { fps, pace, loop } = source;
    return { kind: 'images', paths: facts.paths, ...target, fps, pace, loop };
  }
  const elements = await elementsFor(source);
  const launch = pipelineText(source, target, elements);
  if (source.kind !== 'test') assertElements(source, launch, elements);
  return { kind: 'gst', launch, loop: source.kind === 'file' && source.loop };
}

/**
 * The plan for a source that has begun to send pictures of another size. A focal length in px belongs to the size it was
 * given for, and is scaled from there; a picture of another shape is an error, because nothing says what was cut away.
 * @throws CyclopsError as `planCapture`; `CAMERA_INVALID` for another shape, or where the pictures are undistorted: that
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
      `${config.camera.id}: the pictures have changed their size, but are undistorted for ${plan.sourceWidth}x${plan.sourceHeight}; start again`,
    );
  }
  const { fxPx, ...camera } = config.camera;
  if (fxPx === undefined) return planCapture(config, model);
  const intrinsics = { width: plan.sourceWidth, height: plan.sourceHeight, fxPx };
  return planCapture({ camera: { ...camera, intrinsics } }, model);
}

/** The test picture's pipeline is the same on every machine: nothing needs to be asked for it. */
async function elementsFor(source: GstSource): Promise<ElementSet> {
  return source.kind === 'test' ? new Set() : installedElements();
}
