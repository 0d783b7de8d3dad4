import type { Intrinsics } from '../../geometry/camera.js';
import type { LensDistortion, Rotation } from '../../geometry/distortion.js';

/** What a calibration file says of one camera. */
export interface CameraCalibration {
  /** The real camera, px at the calibration's image size. */
  readonly camera: Intrinsics;
  /** Undefined where the images are those of a pinhole already. */
  readonly lens: LensDistortion | undefined;
  /** Rectifying rotation; undefined where there is none. */
  readonly rotation: Rotation | undefined;
  /** The pinhole that the images shall be turned into: `projection_matrix`, else the camera's own matrix. */
  readonly rectified: Intrinsics;
  /** Fourth column of `projection_matrix`: the camera's shift against the rig's first one, fx * X and fy * Y; 0 without one. */
  readonly shift: { readonly x: number; readonly y: number };
  /** Whether the images are a region of interest: one of another size is then not the same, resized. */
  readonly isPart?: boolean;
}
