import type { z } from 'zod';
import { anyCameraView, type CropWindow, type NetworkView, networkView } from '../geometry/network-view.js';
import type { ModelPackage } from '../model-package/schema.js';
import type { CameraCalibration } from './camera/camera-calibration.js';
import { assertRegionSize } from './camera/image-region.js';
import type { focalSchema } from './camera/intrinsics.js';
import { cameraOf } from './camera/metric-scale.js';
import { planUndistortion, type Undistortion } from './camera/undistort.js';
import type { PixelFormat } from './frame.js';

/** What becomes of one image of a source before the network, or the undistortion in front of it, gets it. */
export interface ImageTarget {
  readonly width: number;
  readonly height: number;
  readonly format: PixelFormat;
  /** Part of the source's image to take; rows outside of it become black. */
  readonly crop: CropWindow;
  readonly sourceWidth: number;
  readonly sourceHeight: number;
}

/** How images of one camera become a model's input. */
export interface NetworkInput {
  readonly view: NetworkView;
  /** The step in front of the network for a camera with a lens; undefined where none is needed. */
  readonly undistortion: Undistortion | undefined;
  readonly target: ImageTarget;
}

/**
 * Decides for one camera and size of image what is cropped, padded, resized and undistorted, and what depth is multiplied by.
 * @param focal what is known of the camera's focal length.
 * @param calibration the file that `focal` names, read; it then wins.
 * @param source size of the camera's image, px.
 * @throws CyclopsError `CAMERA_INVALID` where the image does not fit what is known, or would be mostly padding.
 */
export function planNetworkInput(
  model: Pick<ModelPackage, 'input' | 'output' | 'camera'>,
  focal: z.output<typeof focalSchema>,
  calibration: CameraCalibration | undefined,
  source: { readonly width: number; readonly height: number },
): NetworkInput {
  const { width, height, channels: format } = model.input;
  const training = { ...model.camera, width, height };
  if (calibration !== undefined) assertRegionSize(calibration, source);
  // The network looks through the rectified pinhole, whatever the lens does.
  const lensless = calibration === undefined ? focal : { intrinsics: calibration.rectified };
  const seen = cameraOf(lensless, source.width, source.height) ?? { width: source.width, height: source.height };
  const view =
    model.output.kind === 'relative-inverse-depth' ? anyCameraView(training, seen) : networkView(training, seen);
  const undistortion =
    calibration === undefined ? undefined : planUndistortion(calibration, view.intrinsics, source.width, source.height);
  const target = {
    width: undistortion?.width ?? width,
    height: undistortion?.height ?? height,
    crop: undistortion?.crop ?? view.crop,
    format,
    sourceWidth: source.width,
    sourceHeight: source.height,
  };
  return { view, undistortion, target };
}
