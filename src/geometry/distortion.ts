import type { Intrinsics } from './camera.js';

/**
 * How a lens bends rays away from a pinhole. Coefficients are those of OpenCV and ROS: `brown` is plumb_bob (k1, k2, p1,
 * p2, k3) and rational_polynomial (with k4, k5, k6); `fisheye` is equidistant.
 */
export type LensDistortion =
  | {
      readonly kind: 'brown';
      /** k1, k2, k3 of the numerator. */
      readonly radial: readonly [number, number, number];
      /** p1, p2. */
      readonly tangential: readonly [number, number];
      /** k4, k5, k6 of the denominator. */
      readonly rational: readonly [number, number, number];
    }
  | { readonly kind: 'fisheye'; readonly k: readonly [number, number, number, number] };

/** A rotation, 9 numbers row by row. */
export type Rotation = readonly number[];

/** Where each pixel of a wanted image lies in a given one: x, y in px (0 = centre of the first pixel), H*W*2. NaN = nowhere. */
export interface PixelMap {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/**
 * Where a ray lands on the image plane of a lens, in units of the focal length.
 * @param x, y the ray's slopes, X/Z and Y/Z in the camera's frame.
 * @returns undefined beyond the angle at which the model's polynomial turns back: it says nothing there.
 */
export function distort(lens: LensDistortion, x: number, y: number): [number, number] | undefined {
  const radius = Math.hypot(x, y);
  if (radius > validRadius(lens)) return undefined;
  if (lens.kind === 'fisheye') {
    const scale = radius < 1e-8 ? 1 : bentRadius(lens, radius) / radius;
    return [x * scale, y * scale];
  }
  const [p1, p2] = lens.tangential;
  const scale = radius < 1e-8 ? 1 : bentRadius(lens, radius) / radius;
  const r2 = radius * radius;
  return [x * scale + 2 * p1 * x * y + p2 * (r2 + 2 * x * x), y * scale + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y];
}

/**
 * The map that turns images of a real camera into those of a pinhole: undistorted, and turned by a rectifying rotation.
 * @param pinhole the camera to look through.
 * @param camera intrinsics of the real camera's image.
 * @param rotation from the real camera's frame to the pinhole's (`R` of a stereo calibration); none unless given.
 */
export function undistortMap(
  pinhole: Intrinsics,
  camera: Intrinsics,
  lens: LensDistortion,
  rotation: Rotation = [1, 0, 0, 0, 1, 0, 0, 0, 1],
): PixelMap {
  const { width, height } = pinhole;
  const data = new Float32Array(width * height * 2).fill(Number.NaN);
  const [r0 = 1, r1 = 0, r2 = 0, r3 = 0, r4 = 1, r5 = 0, r6 = 0, r7 = 0, r8 = 1] = rotation;
  for (let row = 0, at = 0; row < height; row++) {
    const v = (row - pinhole.cyPx) / pinhole.fyPx;
    for (let column = 0; column < width; column++, at += 2) {
      const u = (column - pinhole.cxPx) / pinhole.fxPx;
      // The way back is the transposed rotation.
      const z = r2 * u + r5 * v + r8;
      if (z <= 0) continue;
      const bent = distort(lens, (r0 * u + r3 * v + r6) / z, (r1 * u + r4 * v + r7) / z);
      if (bent === undefined) continue;
      data[at] = camera.fxPx * bent[0] + camera.cxPx;
      data[at + 1] = camera.fyPx * bent[1] + camera.cyPx;
    }
  }
  return { width, height, data };
}

/** Radius on the image plane for the radius of the undistorted ray; without the tangential part. */
function bentRadius(lens: LensDistortion, radius: number): number {
  if (lens.kind === 'fisheye') {
    const angle = Math.atan(radius);
    const a2 = angle * angle;
    const [k1, k2, k3, k4] = lens.k;
    return angle * (1 + a2 * (k1 + a2 * (k2 + a2 * (k3 + a2 * k4))));
  }
  const r2 = radius * radius;
  const [k1, k2, k3] = lens.radial;
  const [k4, k5, k6] = lens.rational;
  return (radius * (1 + r2 * (k1 + r2 * (k2 + r2 * k3)))) / (1 + r2 * (k4 + r2 * (k5 + r2 * k6)));
}

const validRadii = new WeakMap<LensDistortion, number>();
/** 89.4 degrees from the axis: no pinhole looks further. */
const widestRadius = 100;
const angleSteps = 2000;

/** Up to this radius a wider ray lands further out. */
function validRadius(lens: LensDistortion): number {
  const known = validRadii.get(lens);
  if (known !== undefined) return known;
  let valid = 0;
  for (let step = 1, previous = 0; step <= angleSteps; step++) {
    const radius = Math.tan((Math.atan(widestRadius) * step) / angleSteps);
    const bent = bentRadius(lens, radius);
    if (!(bent > previous)) break;
    previous = bent;
    valid = radius;
  }
  validRadii.set(lens, valid);
  return valid;
}
