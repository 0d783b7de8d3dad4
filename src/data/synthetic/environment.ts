import type { Random } from '../../base/random.js';
import type { Rgb } from './colour.js';
import { type Light, skyRadiance } from './sky.js';
import type { TextureStore } from './texture.js';

const width = 192;
const height = 96;

/** What mirrors see: radiance by direction, one panorama a scene. Rows run from straight up to straight down. */
export interface Environment {
  readonly sharp: Float32Array;
  /** The same, blurred: what paint and metal show. */
  readonly soft: Float32Array;
}

/**
 * A panorama for reflections: the scene's sky, a skyline of dark and light silhouettes, and the ground. It is not a
 * image of the actual scene; it gives glass and paint the broken-up, view-dependent look that misleads matching.
 */
export function createEnvironment(
  light: Light,
  textures: TextureStore,
  ground: Rgb,
  skyline: Rgb,
  skylineHeight: number,
  random: Random,
): Environment {
  const data = new Float32Array(width * height * 3);
  const out = new Float64Array(4);
  const heights = new Float32Array(width);
  const tones = new Float32Array(width);
  let run = 0;
  let top = 0;
  let tone = 1;
  for (let x = 0; x < width; x++) {
    if (run-- <= 0) {
      run = 2 + random.integer(14);
      top = skylineHeight * random.uniform(0.2, 1.6);
      tone = random.uniform(0.4, 1.5);
    }
    heights[x] = top * random.uniform(0.85, 1.1);
    tones[x] = tone;
  }
  for (let y = 0; y < height; y++) {
    const elevation = (0.5 - (y + 0.5) / height) * Math.PI;
    for (let x = 0; x < width; x++) {
      const azimuth = ((x + 0.5) / width) * 2 * Math.PI;
      const i = (y * width + x) * 3;
      if (elevation < 0) {
        const fade = Math.min(1, -elevation * 4);
        for (let c = 0; c < 3; c++) data[i + c] = ground[c]! * fade + skyline[c]! * 0.7 * (1 - fade);
      } else if (elevation < heights[x]!) {
        const grain = tones[x]! * random.uniform(0.6, 1.4);
        for (let c = 0; c < 3; c++) data[i + c] = skyline[c]! * grain;
      } else {
        const level = Math.cos(elevation);
        skyRadiance(
          light,
          textures,
          Math.sin(azimuth) * level,
          Math.sin(elevation),
          Math.cos(azimuth) * level,
          0.02,
          out,
        );
        for (let c = 0; c < 3; c++) data[i + c] = Math.min(out[c]!, 6);
      }
    }
  }
  return { sharp: data, soft: blurred(data) };
}

/** A panorama through a box of 9 by 5 pixels, three times: about a Gaussian 10 degrees wide. */
function blurred(source: Float32Array): Float32Array {
  let from = source;
  for (let pass = 0; pass < 3; pass++) {
    const rows = new Float32Array(from.length);
    const result = new Float32Array(from.length);
    for (let y = 0; y < height; y++) {
      for (let c = 0; c < 3; c++) {
        const line = y * width * 3 + c;
        // A running sum: a pixel enters, a pixel leaves.
        let sum = 0;
        for (let k = -4; k <= 4; k++) sum += from[line + ((k + width) % width) * 3]!;
        for (let x = 0; x < width; x++) {
          rows[line + x * 3] = sum / 9;
          sum += from[line + ((x + 5) % width) * 3]! - from[line + ((x - 4 + width) % width) * 3]!;
        }
      }
    }
    const stride = width * 3;
    for (let y = 0; y < height; y++) {
      const lines = [-2, -1, 0, 1, 2].map((k) => Math.max(0, Math.min(height - 1, y + k)) * stride);
      const [a, b, c, d, e] = lines as [number, number, number, number, number];
      for (let k = 0; k < stride; k++) {
        result[y * stride + k] = (rows[a + k]! + rows[b + k]! + rows[c + k]! + rows[d + k]! + rows[e + k]!) / 5;
      }
    }
    from = result;
  }
  return from;
}

/** Radiance of one of the panoramas from a direction (world frame, need not be unit) into `out`, bilinear. */
export function environmentRadiance(data: Float32Array, dx: number, dy: number, dz: number, out: Float64Array): void {
  const length = Math.sqrt(dx * dx + dy * dy + dz * dz);
  const elevation = Math.asin(Math.max(-1, Math.min(1, dy / length)));
  const azimuth = Math.atan2(dx, dz);
  const u = (azimuth / (2 * Math.PI) + 1) * width - 0.5;
  const v = Math.max(0, Math.min(height - 1.001, (0.5 - elevation / Math.PI) * height - 0.5));
  const fu = Math.floor(u);
  const fv = Math.floor(v);
  const wu = u - fu;
  const wv = v - fv;
  const x0 = fu % width;
  const x1 = (fu + 1) % width;
  const i00 = (fv * width + x0) * 3;
  const i01 = (fv * width + x1) * 3;
  const i10 = i00 + width * 3;
  const i11 = i01 + width * 3;
  for (let c = 0; c < 3; c++) {
    const top = data[i00 + c]! * (1 - wu) + data[i01 + c]! * wu;
    const bottom = data[i10 + c]! * (1 - wu) + data[i11 + c]! * wu;
    out[c] = top * (1 - wv) + bottom * wv;
  }
}
