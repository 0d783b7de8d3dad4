import type { Intrinsics } from '../../src/geometry/camera.js';
import { distort, type LensDistortion, type Rotation } from '../../src/geometry/distortion.js';
import { createRgbImage, type RgbImage } from '../../src/geometry/raster.js';

/**
 * The image that a camera with a lens takes of what a pinhole shows; black where that shows nothing.
 * @param rotation from the camera's frame to the pinhole's; none unless given.
 */
export function throughLens(
  image: RgbImage,
  pinhole: Intrinsics,
  camera: Intrinsics,
  lens: LensDistortion,
  rotation: Rotation = [1, 0, 0, 0, 1, 0, 0, 0, 1],
): RgbImage {
  const taken = createRgbImage(camera.width, camera.height);
  const [r0 = 1, r1 = 0, r2 = 0, r3 = 0, r4 = 1, r5 = 0, r6 = 0, r7 = 0, r8 = 1] = rotation;
  for (let row = 0; row < camera.height; row++) {
    for (let column = 0; column < camera.width; column++) {
      const bent = [(column - camera.cxPx) / camera.fxPx, (row - camera.cyPx) / camera.fyPx] as const;
      const [x, y] = straightened(lens, bent);
      const z = r6 * x + r7 * y + r8;
      const u = ((r0 * x + r1 * y + r2) / z) * pinhole.fxPx + pinhole.cxPx;
      const v = ((r3 * x + r4 * y + r5) / z) * pinhole.fyPx + pinhole.cyPx;
      if (!(u >= 0 && v >= 0 && u < image.width - 1 && v < image.height - 1)) continue;
      const at = (Math.floor(v) * image.width + Math.floor(u)) * 3;
      const [fu, fv] = [u % 1, v % 1];
      for (let channel = 0; channel < 3; channel++) {
        const value = (offset: number) => image.data[at + offset + channel]!;
        const above = value(0) * (1 - fu) + value(3) * fu;
        const below = value(image.width * 3) * (1 - fu) + value(image.width * 3 + 3) * fu;
        taken.data[(row * camera.width + column) * 3 + channel] = Math.round(above * (1 - fv) + below * fv);
      }
    }
  }
  return taken;
}

/** The ray that lands at a place: the lens turned round by iteration, the way OpenCV's undistortPoints does it. */
function straightened(lens: LensDistortion, [x, y]: readonly [number, number]): [number, number] {
  let [u, v] = [x, y];
  for (let i = 0; i < 20; i++) {
    const bent = distort(lens, u, v);
    if (bent === undefined) return [Number.NaN, Number.NaN];
    [u, v] = [u + x - bent[0], v + y - bent[1]];
  }
  return [u, v];
}
