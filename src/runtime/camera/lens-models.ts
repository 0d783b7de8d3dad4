import { CyclopsError } from '../../base/errors.js';
import type { Intrinsics } from '../../geometry/camera.js';
import { distort, type LensDistortion } from '../../geometry/distortion.js';
import { foundText } from './calibration-file.js';

/** The distortion of a calibration as its file has it. */
export interface GivenLens {
  /** `plumb_bob`, `rational_polynomial`, `radtan`, `equidistant` or `fisheye`; undefined where the file does not say. */
  readonly model: string | undefined;
  readonly coefficients: readonly number[];
}

/** OpenCV's names of a pinhole's coefficients, in its order. */
const brownNames = ['k1', 'k2', 'p1', 'p2', 'k3', 'k4', 'k5', 'k6', 's1', 's2', 's3', 's4', 'tauX', 'tauY'];
const brownModels: readonly string[] = ['plumb_bob', 'rational_polynomial', 'radtan'];
const fisheyeModels: readonly string[] = ['equidistant', 'fisheye'];
/** What drivers of images without distortion write. */
const straightModels: readonly string[] = ['', 'none', 'pinhole'];

/**
 * The lens of a calibration.
 * @param camera its pinhole: what coefficients mean depends on how far from the middle the image reaches.
 * @param owner file and key, for messages.
 * @returns undefined where there is no distortion.
 * @throws CyclopsError `CAMERA_INVALID` naming the model or the coefficient that is not understood.
 */
export function lensOf(given: GivenLens, camera: Intrinsics, owner: string): LensDistortion | undefined {
  const lens = bareLens(given, owner);
  if (lens !== undefined) assertPlausible(lens, given, camera, owner);
  return lens;
}

function bareLens({ model, coefficients }: GivenLens, owner: string): LensDistortion | undefined {
  const isZero = coefficients.every((value) => value === 0);
  const name = (model ?? 'plumb_bob').toLowerCase();
  const at = (index: number) => coefficients[index] ?? 0;
  // All zero is an ideal fisheye, which is anything but a pinhole.
  if (fisheyeModels.includes(name) && coefficients.length === 4) {
    return { kind: 'fisheye', k: [at(0), at(1), at(2), at(3)] };
  }
  if (isZero && (straightModels.includes(name) || brownModels.includes(name))) return undefined;
  if (model === undefined && coefficients.length === 4) {
    throw new CyclopsError(
      'CAMERA_INVALID',
      `${owner}: 4 coefficients are k1, k2, p1, p2 of plumb_bob or k1 to k4 of a fisheye; expected distortion_model: plumb_bob or equidistant (or OpenCV's fisheye_model: 0 or 1) in the file, found neither`,
    );
  }
  if (brownModels.includes(name) && coefficients.length >= 4 && coefficients.length <= brownNames.length) {
    // OpenCV's further coefficients are there but zero where they were not asked for.
    const further = coefficients.findIndex((value, index) => index >= 8 && value !== 0);
    if (further >= 0) {
      const kind = further < 12 ? 'thin prism' : 'tilted sensor';
      throw new CyclopsError(
        'CAMERA_INVALID',
        `${owner} ${brownNames[further]}: expected 0, for a ${kind} is not corrected, found ${coefficients[further]}`,
      );
    }
    return {
      kind: 'brown',
      radial: [at(0), at(1), at(4)],
      tangential: [at(2), at(3)],
      rational: [at(5), at(6), at(7)],
    };
  }
  throw new CyclopsError(
    'CAMERA_INVALID',
    `${owner}: expected plumb_bob or rational_polynomial with 4 to 8 coefficients, or equidistant with 4, found ${model === '' ? 'no model' : name} with ${coefficients.length}`,
  );
}

/** No lens moves what it shows half way to the nearer border further than this, as shares of the pinhole's distance. */
const plausibleScale = { low: 0.5, high: 2 };

function assertPlausible(lens: LensDistortion, given: GivenLens, camera: Intrinsics, owner: string): void {
  const { width, height, fxPx, fyPx } = camera;
  const radius = Math.min(width / fxPx, height / fyPx) / 4;
  for (const [x, y] of [
    [radius, 0],
    [-radius, 0],
    [0, radius],
    [0, -radius],
  ] as const) {
    const bent = distort(lens, x, y);
    const scale = bent === undefined ? Number.NaN : Math.hypot(...bent) / radius;
    if (scale >= plausibleScale.low && scale <= plausibleScale.high) continue;
    const what = Number.isNaN(scale) ? 'turns back before that' : `is moved ${scale.toPrecision(3)} times as far`;
    throw new CyclopsError(
      'CAMERA_INVALID',
      `${owner}: expected coefficients of a lens, found ${foundText(given.coefficients)}: a ray half way to the image's border ${what}`,
    );
  }
}
