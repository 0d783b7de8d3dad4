import { CyclopsError } from '../base/errors.js';
import type { FloatMap } from '../geometry/raster.js';
import { createFloatMap } from '../geometry/raster.js';
import { readNumbers } from './calibration.js';

/** Which of a point's coordinates is its depth: along the camera's optical axis, or the lidar's forward axis. */
export type LidarDepth = 'camera-z' | 'lidar-forward';

/** Bytes of a point: x, y, z (metres, lidar frame: x forward, y left, z up) and reflectance, 32-bit floats. */
const pointBytes = 16;

/**
 * The 3x4 matrix, row-major, that takes a lidar point to a rectified camera's pixel: P_rect_0c * R_rect_00 * [R|T] of
 * KITTI raw's two calibration files.
 * @throws CyclopsError `CAMERA_INVALID` naming the missing or odd line.
 */
export function lidarProjection(
  camera: '02' | '03',
  camToCam: { readonly text: string; readonly name: string },
  veloToCam: { readonly text: string; readonly name: string },
): Float64Array {
  const projection = readNumbers(camToCam.text, `P_rect_${camera}`, 12, camToCam.name);
  const rectify = readNumbers(camToCam.text, 'R_rect_00', 9, camToCam.name);
  const rotation = readNumbers(veloToCam.text, 'R', 9, veloToCam.name);
  const translation = readNumbers(veloToCam.text, 'T', 3, veloToCam.name);
  const rectify4 = [...rectify.slice(0, 3), 0, ...rectify.slice(3, 6), 0, ...rectify.slice(6, 9), 0, 0, 0, 0, 1];
  const place4 = [
    ...[0, 1, 2].flatMap((row) => [...rotation.slice(row * 3, row * 3 + 3), translation[row]!]),
    ...[0, 0, 0, 1],
  ];
  return product(product(Float64Array.from(projection), rectify4), place4);
}

/** A 3x4 matrix times a 4x4 one, both row-major. */
function product(a: Float64Array, b: readonly number[]): Float64Array {
  const out = new Float64Array(12);
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 4; column++) {
      for (let k = 0; k < 4; k++) out[row * 4 + column]! += a[row * 4 + k]! * b[k * 4 + column]!;
    }
  }
  return out;
}

/**
 * Sparse depth of one scan as the Eigen tables make it: points behind the lidar are dropped, pixels are round(u) - 1 and
 * round(v) - 1 (half to even), the smallest depth of a pixel counts, depths that are not positive do not.
 * @param scan the bytes of a velodyne file.
 * @returns metres, NaN = nothing measured.
 * @throws CyclopsError `DATA_INVALID` for bytes that are not whole points.
 */
export function depthFromScan(
  scan: Uint8Array,
  projection: Float64Array,
  size: { readonly width: number; readonly height: number },
  depthIs: LidarDepth,
  name: string,
): FloatMap {
  if (scan.length === 0 || scan.length % pointBytes !== 0) {
    throw new CyclopsError(
      'DATA_INVALID',
      `${name}: expected points of ${pointBytes} bytes, found ${scan.length} bytes`,
    );
  }
  const { width, height } = size;
  const view = new DataView(scan.buffer, scan.byteOffset, scan.length);
  const map = createFloatMap(width, height, Number.NaN);
  const p = projection;
  for (let at = 0; at < scan.length; at += pointBytes) {
    const x = view.getFloat32(at, true);
    if (!(x >= 0)) continue;
    const y = view.getFloat32(at + 4, true);
    const z = view.getFloat32(at + 8, true);
    const w = p[8]! * x + p[9]! * y + p[10]! * z + p[11]!;
    const column = roundHalfToEven((p[0]! * x + p[1]! * y + p[2]! * z + p[3]!) / w) - 1;
    const row = roundHalfToEven((p[4]! * x + p[5]! * y + p[6]! * z + p[7]!) / w) - 1;
    if (!(column >= 0 && column < width && row >= 0 && row < height)) continue;
    const depth = depthIs === 'camera-z' ? w : x;
    const i = row * width + column;
    // Written so that the first value replaces NaN.
    if (!(map.data[i]! <= depth)) map.data[i] = depth;
  }
  for (let i = 0; i < map.data.length; i++) if (!(map.data[i]! > 0)) map.data[i] = Number.NaN;
  return map;
}

/** Rounds as numpy does; `Math.round` takes halves up. */
function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
