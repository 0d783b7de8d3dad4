import { CyclopsError } from '../base/errors.js';
import { cropIntrinsics, type Intrinsics, scaleIntrinsics } from './camera.js';

/** A rectangle of the source's image in px; it may reach beyond the upper and lower border (padding). */
export interface CropWindow {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How a source's image becomes the network's input, and what that does to the depth. */
export interface NetworkView {
  /** The part of the image that is resized to the network's input size. Even numbers, for subsampled colour. */
  readonly crop: CropWindow;
  /** Pinhole of the network's input, px at its size. */
  readonly intrinsics: Intrinsics;
  /** fx_run / fx_train at equal network width: metres of this camera = network metres * depthScale. */
  readonly depthScale: number;
  /** Whether the camera's focal length was unknown and had to be assumed. */
  readonly isGuess: boolean;
  /** Whether the camera's field of view is one that hardly any camera has: a focal length in other units, or of another size. */
  readonly isImplausible: boolean;
  /** One sentence for people: what was cropped, scaled, assumed. */
  readonly note: string;
}

/** A factor this near to 1 comes from rounding the crop to whole px, and is taken for 1. */
const roundingShare = 2e-3;

/**
 * The view that makes a camera look to the network like the one it was trained with (a mono network knows one camera):
 * the image is cropped to the training field of view, and where the camera sees less, depth is scaled by the focal ratio.
 * Without a known focal length the largest crop of the training shape is assumed to have the training field of view.
 * @param training the package's camera at the network's input size.
 * @param camera intrinsics of the source's image, or its bare size.
 * @throws CyclopsError `CAMERA_INVALID` where the image would be mostly padding.
 */
export function networkView(training: Intrinsics, camera: Intrinsics | { width: number; height: number }): NetworkView {
  return 'fxPx' in camera ? knownView(training, camera) : guessedView(training, camera.width, camera.height);
}

/**
 * The view for a network that is right for no particular camera and gives no metres: the largest part of the image that
 * has the network's shape, from its middle.
 * @param input size of the network's input, px.
 */
export function anyCameraView(
  input: { readonly width: number; readonly height: number },
  camera: Intrinsics | { readonly width: number; readonly height: number },
): NetworkView {
  const { width, height } = input;
  const fxPx = 'fxPx' in camera ? camera.fxPx : assumedFocalLength * camera.width;
  const fyPx = 'fxPx' in camera ? camera.fyPx : fxPx;
  const middle = { cxPx: (camera.width - 1) / 2, cyPx: (camera.height - 1) / 2 };
  const scale = Math.min(camera.width / width, camera.height / height);
  const crop = {
    width: nearWhole(width * scale, camera.width),
    height: nearWhole(height * scale, camera.height),
    x: 0,
    y: 0,
  };
  const centred = { ...crop, x: even((camera.width - crop.width) / 2), y: even((camera.height - crop.height) / 2) };
  const known = { ...middle, ...camera, fxPx, fyPx };
  const { intrinsics } = viewOf({ ...known, width, height }, known, centred);
  const note = `camera ${camera.width}x${camera.height}: ${cropText(centred)}; the model gives relative inverse depth, no metres`;
  return { crop: centred, intrinsics, depthScale: 1, isGuess: false, isImplausible: false, note };
}

/** Horizontal fields of view that cameras for depth have, degrees: a tele lens, and the widest that is no fisheye. */
const plausibleFovDeg = { low: 15, high: 150 } as const;

/** About 60 degrees across, where nothing is known: px of focal length a px of width. */
const assumedFocalLength = 0.87;

function knownView(training: Intrinsics, camera: Intrinsics): NetworkView {
  const fullWidth = (training.width * camera.fxPx) / training.fxPx;
  const isNarrower = fullWidth > camera.width * (1 + roundingShare);
  const width = isNarrower ? camera.width : Math.min(camera.width, even(fullWidth));
  const scaleX = training.width / width;
  // Pixels keep the shape they had in training, or everything would look taller or flatter than it did there.
  const scaleY = scaleX * (training.fyPx / training.fxPx) * (camera.fxPx / camera.fyPx);
  const wantedHeight = training.height / scaleY;
  const height = Math.abs(wantedHeight / camera.height - 1) < 0.01 ? camera.height : even(wantedHeight);
  const x = clamp(even(camera.cxPx + 0.5 - (training.cxPx + 0.5) / scaleX), 0, camera.width - width);
  const aligned = even(camera.cyPx + 0.5 - (training.cyPx + 0.5) / scaleY);
  // The horizon goes where it was in training; only an image that is too low is padded.
  const spare = camera.height - height;
  const y = spare >= 0 ? clamp(aligned, 0, spare) : clamp(aligned, spare, 0);
  if (height > 2 * camera.height) {
    throw new CyclopsError(
      'CAMERA_INVALID',
      `camera: an image of ${camera.width}x${camera.height} fills less than half of the training field of view (${height} rows wanted); use a model trained for such a camera`,
    );
  }
  const view = viewOf(training, camera, { x, y, width, height });
  const padding = height > camera.height ? `, padded by ${height - camera.height} black rows` : '';
  const factor = view.depthScale === 1 ? '' : `, depth times ${view.depthScale.toFixed(4)} (fx_run / fx_train)`;
  const fovDeg = (2 * Math.atan(camera.width / 2 / camera.fxPx) * 180) / Math.PI;
  const isImplausible = fovDeg < plausibleFovDeg.low || fovDeg > plausibleFovDeg.high;
  const doubt = isImplausible
    ? `; a field of view of ${fovDeg.toFixed(0)} degrees, which hardly any camera has: is the focal length in px of this image size?`
    : '';
  const note = `camera ${camera.width}x${camera.height}, fx ${camera.fxPx.toFixed(1)} px: ${cropText(view.crop)}${padding}${factor}${doubt}`;
  return { ...view, isGuess: false, isImplausible, note };
}

function guessedView(training: Intrinsics, sourceWidth: number, sourceHeight: number): NetworkView {
  const shape = (training.width / training.height) * (training.fyPx / training.fxPx);
  const isWider = sourceWidth / sourceHeight > shape;
  const width = isWider ? nearWhole(sourceHeight * shape, sourceWidth) : sourceWidth;
  const height = isWider ? sourceHeight : nearWhole(sourceWidth / shape, sourceHeight);
  const fx = (training.fxPx * width) / training.width;
  const fy = (training.fyPx * height) / training.height;
  const x = even((sourceWidth - width) / 2);
  const spare = sourceHeight - height;
  const y = clamp(even(sourceHeight / 2 - ((training.cyPx + 0.5) * height) / training.height), 0, spare);
  const cxPx = x + ((training.cxPx + 0.5) * width) / training.width - 0.5;
  const cyPx = y + ((training.cyPx + 0.5) * height) / training.height - 0.5;
  const camera = { width: sourceWidth, height: sourceHeight, fxPx: fx, fyPx: fy, cxPx, cyPx };
  const view = viewOf(training, camera, { x, y, width, height });
  const note = `camera ${sourceWidth}x${sourceHeight}, focal length unknown: ${cropText(view.crop)}, assumed to have the training field of view (fx ${fx.toFixed(0)} px); metres are right only if that is so, give --fx or --fov`;
  return { ...view, isGuess: true, isImplausible: false, note };
}

function viewOf(
  training: Intrinsics,
  camera: Intrinsics,
  crop: CropWindow,
): Pick<NetworkView, 'crop' | 'intrinsics' | 'depthScale'> {
  const cropped = cropIntrinsics(camera, crop.x, crop.y, crop.width, crop.height);
  const intrinsics = scaleIntrinsics(cropped, training.width, training.height);
  const ratio = intrinsics.fxPx / training.fxPx;
  return { crop, intrinsics, depthScale: Math.abs(ratio - 1) < roundingShare ? 1 : ratio };
}

function cropText(crop: CropWindow): string {
  return `cropped to ${crop.width}x${crop.height} at (${crop.x}, ${crop.y})`;
}

function even(value: number): number {
  return Math.round(value / 2) * 2;
}

/** The even number nearest to `wanted`, or `whole` where less than 1 % would be left out. */
function nearWhole(wanted: number, whole: number): number {
  return wanted > whole * 0.99 ? whole : even(wanted);
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
