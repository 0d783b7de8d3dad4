import { CyclopsError } from '../../base/errors.js';
import { type Intrinsics, type StereoCamera, scaleIntrinsics } from '../../geometry/camera.js';
import type { CameraCalibration } from '../camera/camera-calibration.js';
import { assertRegionSize } from '../camera/image-region.js';
import { cameraOf } from '../camera/metric-scale.js';
import { planUndistortion } from '../camera/undistort.js';
import { type CapturePlan, captureJob } from '../capture/plan.js';
import { probeSource } from '../capture/probe.js';
import { describeSource, paceOf, type Source, type SourceInfo } from '../capture/sources/index.js';
import type { PixelFormat } from '../frame.js';
import type { RecordConfig } from './config.js';
import type { Side } from './pair-matcher.js';
import { readRigCalibration } from './rig-calibration.js';

/** How one view is captured, and how its images become the recorded ones. */
export interface ViewPlan {
  readonly capture: CapturePlan;
  /** Size and format of what capture delivers. */
  readonly width: number;
  readonly height: number;
  readonly format: PixelFormat;
}

/** How a rig is recorded, decided before anything runs. */
export interface RigPlan {
  readonly views: Readonly<Record<Side, ViewPlan>>;
  /** The rectified rig, px at the size of the recorded images. */
  readonly camera: StereoCamera;
  /** Whether any image is rectified here. */
  readonly isRectifying: boolean;
}

/**
 * Looks at both sources and the calibration and decides what is cut, resized and rectified.
 * @throws CyclopsError of `probeSource`, `readRigCalibration` and `captureJob`; `CAMERA_INVALID` for images of another
 *   shape than the calibration's, or two sizes.
 */
export async function planRig(config: RecordConfig): Promise<RigPlan> {
  const [left, right] = await Promise.all([probeSource(config.left.source), probeSource(config.right.source)]);
  if (left.width !== right.width || left.height !== right.height) {
    throw new CyclopsError(
      'CAMERA_INVALID',
      `${describeSource(config.right.source)}: expected images of ${left.width}x${left.height} as the left camera gives, found ${right.width}x${right.height}`,
    );
  }
  const rig = await rigOf(config, left);
  const width = config.width ?? left.width;
  const height = Math.round((left.height * width) / left.width);
  const camera = scaleIntrinsics(rig.camera, width, height);
  const views = {
    left: await planView(config.left.source, left, rig.left, scaleIntrinsics(rig.left.rectified, width, height)),
    right: await planView(config.right.source, right, rig.right, scaleIntrinsics(rig.right.rectified, width, height)),
  };
  const isRectifying = [views.left, views.right].some(({ capture }) => capture.undistortion !== undefined);
  return { views, camera, isRectifying };
}

interface Rig {
  readonly camera: StereoCamera;
  readonly left: CameraCalibration;
  readonly right: CameraCalibration;
}

/** The rig by its calibration, or by focal length and baseline where it rectifies by itself. */
async function rigOf(config: RecordConfig, { width, height }: SourceInfo): Promise<Rig> {
  const { fxPx, baselineM, calibration } = config;
  if (fxPx !== undefined && baselineM !== undefined) {
    const pinhole: Intrinsics = {
      width,
      height,
      fxPx,
      fyPx: fxPx,
      cxPx: (width - 1) / 2,
      cyPx: (height - 1) / 2,
    };
    const view = { camera: pinhole, lens: undefined, rotation: undefined, rectified: pinhole, shift: { x: 0, y: 0 } };
    return { camera: { ...pinhole, baselineM, doffsPx: 0 }, left: view, right: view };
  }
  const files = { left: config.left.calibration, right: config.right.calibration, stereo: calibration, baselineM };
  return readRigCalibration(files, { width, height });
}

async function planView(
  source: Source,
  facts: SourceInfo,
  calibration: CameraCalibration,
  pinhole: Intrinsics,
): Promise<ViewPlan> {
  assertRegionSize(calibration, facts);
  // Refuses a calibration of another shape than the images.
  cameraOf({ intrinsics: calibration.rectified }, facts.width, facts.height);
  const undistortion = planUndistortion(calibration, pinhole, facts.width, facts.height);
  const { width, height } = undistortion ?? pinhole;
  // Rows of RGB images are padded to 4 bytes.
  const format: PixelFormat = width % 4 === 0 ? 'RGB' : 'RGBA';
  const crop = undistortion?.crop ?? { x: 0, y: 0, width: facts.width, height: facts.height };
  const target = { width, height, format, crop, sourceWidth: facts.width, sourceHeight: facts.height };
  const job = await captureJob(source, facts, target);
  const view = { crop, intrinsics: pinhole, depthScale: 1, isGuess: false, isImplausible: false, note: '' };
  const { fps, width: sourceWidth, height: sourceHeight } = facts;
  return {
    capture: { job, view, undistortion, pace: paceOf(source), fps, sourceWidth, sourceHeight },
    width,
    height,
    format,
  };
}
