import { CyclopsError } from '../../base/errors.js';
import { type Intrinsics, scaleIntrinsics } from '../../geometry/camera.js';
import { type PixelMap, undistortMap } from '../../geometry/distortion.js';
import type { CropWindow } from '../../geometry/network-view.js';
import type { CameraCalibration } from './camera-calibration.js';

/** How images of a real lens become those of the network's pinhole: capture cuts and resizes, then every pixel is looked up. */
export interface Undistortion {
  /** The part of the source's image that is needed; inside its borders. */
  readonly crop: CropWindow;
  /** Size to which capture resizes that part: about one pixel for each of the network's. */
  readonly width: number;
  readonly height: number;
  /** For each pixel of the network's input its place in the captured image, px; NaN = nowhere. */
  readonly map: PixelMap;
}

/** Bilinear look-up needs a neighbour on each side; two px also take what resizing mixes in. */
const marginPx = 2;

/**
 * Plans the way from a calibrated camera's image to the network's view.
 * @param view pinhole of the network's input (`networkView` of the rectified camera at the source's size).
 * @param sourceWidth, sourceHeight size of the source's image; the calibration is scaled to it.
 * @returns undefined where the camera is a pinhole already, and cutting and resizing are enough.
 * @throws CyclopsError `CAMERA_INVALID` where the network would hardly see anything of the image.
 */
export function planUndistortion(
  calibration: Omit<CameraCalibration, 'shift'>,
  view: Intrinsics,
  sourceWidth: number,
  sourceHeight: number,
): Undistortion | undefined {
  const { lens, rotation, rectified, camera: calibrated } = calibration;
  const isSame = (['fxPx', 'fyPx', 'cxPx', 'cyPx'] as const).every((key) => rectified[key] === calibrated[key]);
  if (lens === undefined && rotation === undefined && isSame) return undefined;
  const camera = scaleIntrinsics(calibrated, sourceWidth, sourceHeight);
  const places = undistortMap(view, camera, lens ?? noLens, rotation);
  const crop = neededPart(places, sourceWidth, sourceHeight);
  // As many pixels as the network has, where the two are about parallel: finer would alias, coarser would blur.
  const perPixel = view.fxPx / camera.fxPx;
  const width = sizeFor(crop.width, perPixel);
  const height = sizeFor(crop.height, view.fyPx / camera.fyPx);
  const data = places.data.map((value, index) => {
    const isX = index % 2 === 0;
    const offset = isX ? crop.x : crop.y;
    const scale = isX ? width / crop.width : height / crop.height;
    return (value - offset + 0.5) * scale - 0.5;
  });
  return { crop, width, height, map: { ...places, data } };
}

/** Less of the network's view than this inside the image, and lens, rotation and projection do not belong together. */
const leastShare = 0.25;

const noLens = { kind: 'brown', radial: [0, 0, 0], tangential: [0, 0], rational: [0, 0, 0] } as const;

function neededPart(places: PixelMap, sourceWidth: number, sourceHeight: number): CropWindow {
  let [left, right, top, bottom] = [sourceWidth, 0, sourceHeight, 0];
  let inside = 0;
  for (let i = 0; i < places.data.length; i += 2) {
    const x = places.data[i]!;
    const y = places.data[i + 1]!;
    // Also false for NaN.
    if (!(x >= 0 && x < sourceWidth && y >= 0 && y < sourceHeight)) continue;
    inside += 2;
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  if (inside < leastShare * places.data.length) {
    const percent = ((100 * inside) / places.data.length).toFixed(1);
    throw new CyclopsError(
      'CAMERA_INVALID',
      `calibration: expected the rectified view inside the image of ${sourceWidth}x${sourceHeight}, found ${percent} % of it; lens, rectification and projection do not belong together`,
    );
  }
  const x = evenBelow(Math.max(0, left - marginPx));
  const y = evenBelow(Math.max(0, top - marginPx));
  return {
    x,
    y,
    width: Math.min(sourceWidth - x, evenBelow(right + marginPx - x) + 2),
    height: Math.min(sourceHeight - y, evenBelow(bottom + marginPx - y) + 2),
  };
}

/** A multiple of 4, because rows of RGB images are padded to 4 bytes; never more than the source has. */
function sizeFor(px: number, perPixel: number): number {
  return Math.max(16, Math.min(Math.floor(px / 4), Math.round((px * perPixel) / 4)) * 4);
}

function evenBelow(value: number): number {
  return Math.floor(value / 2) * 2;
}
