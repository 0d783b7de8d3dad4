import { levelsPerTexture, type TextureStore } from './texture.js';

export type { TextureStore } from './texture.js';

/** Samples along the longer axis of a pixel's footprint, at most. */
const maximumTaps = 6;

/**
 * Filtered colour of a texture over the footprint of a pixel. Coordinates are in repeats of the texture; the four
 * derivatives say how they change over one pixel to the right (ux, vx) and down (uy, vy). A long footprint (a road
 * seen flat) is covered by several samples along it. `out` gets linear r, g, b and, in [3], alpha 0..1.
 */
export function sampleColour(
  textures: TextureStore,
  texture: number,
  u: number,
  v: number,
  ux: number,
  vx: number,
  uy: number,
  vy: number,
  out: Float64Array,
): void {
  const log = textures.logSizes[texture]!;
  const size = 1 << log;
  const lengthX = Math.sqrt(ux * ux + vx * vx) * size;
  const lengthY = Math.sqrt(uy * uy + vy * vy) * size;
  const alongX = lengthX > lengthY;
  const major = Math.max(alongX ? lengthX : lengthY, 1e-6);
  const minor = Math.max(alongX ? lengthY : lengthX, 1e-6);
  // Below one texel a pixel there is nothing to filter away along the footprint.
  const taps = Math.max(1, Math.min(maximumTaps, Math.ceil(Math.min(major / minor, major) - 0.01)));
  const level = Math.max(0, Math.min(log - 0.001, Math.log2(major / taps)));
  const coarse = Math.floor(level);
  const blend = level - coarse;
  const data = textures.data;
  const offset0 = textures.offsets[texture * levelsPerTexture + coarse]!;
  const offset1 = textures.offsets[texture * levelsPerTexture + Math.min(coarse + 1, log)]!;
  const size0 = size >> coarse;
  const size1 = Math.max(1, size0 >> 1);
  const stepU = (alongX ? ux : uy) / taps;
  const stepV = (alongX ? vx : vy) / taps;
  let tu = u - stepU * 0.5 * (taps - 1);
  let tv = v - stepV * 0.5 * (taps - 1);
  let r = 0;
  let g = 0;
  let b = 0;
  let a = 0;
  // Along a long footprint the two levels take turns, which gives their mean at half the cost.
  const takeTurns = taps > 2;
  let finer = 0;
  let coarser = 0;
  let r1 = 0;
  let g1 = 0;
  let b1 = 0;
  let a1 = 0;
  // The two levels are written out: a function for both makes rendering a pair a tenth slower, a loop over them a twentieth.
  for (let tap = 0; tap < taps; tap++) {
    if (!takeTurns || (tap & 1) === 0 || blend === 0) {
      const mask = size0 - 1;
      const uu = tu * size0 - 0.5;
      const vv = tv * size0 - 0.5;
      const fu = Math.floor(uu);
      const fv = Math.floor(vv);
      const wu = ((uu - fu) * 256) | 0;
      const wv = ((vv - fv) * 256) | 0;
      const row0 = offset0 + (fv & mask) * size0;
      const row1 = offset0 + ((fv + 1) & mask) * size0;
      const x0 = fu & mask;
      const x1 = (fu + 1) & mask;
      const t00 = data[row0 + x0]!;
      const t01 = data[row0 + x1]!;
      const t10 = data[row1 + x0]!;
      const t11 = data[row1 + x1]!;
      const w11 = (wu * wv) >> 8;
      const w01 = wu - w11;
      const w10 = wv - w11;
      const w00 = 256 - wu - wv + w11;
      const rb =
        (Math.imul(t00 & 0xff00ff, w00) +
          Math.imul(t01 & 0xff00ff, w01) +
          Math.imul(t10 & 0xff00ff, w10) +
          Math.imul(t11 & 0xff00ff, w11)) |
        0;
      const ag =
        (Math.imul((t00 >>> 8) & 0xff00ff, w00) +
          Math.imul((t01 >>> 8) & 0xff00ff, w01) +
          Math.imul((t10 >>> 8) & 0xff00ff, w10) +
          Math.imul((t11 >>> 8) & 0xff00ff, w11)) |
        0;
      r += rb >>> 16;
      b += rb & 0xffff;
      a += ag >>> 16;
      g += ag & 0xffff;
      finer++;
    }
    if (blend > 0 && (!takeTurns || (tap & 1) === 1)) {
      const mask = size1 - 1;
      const uu = tu * size1 - 0.5;
      const vv = tv * size1 - 0.5;
      const fu = Math.floor(uu);
      const fv = Math.floor(vv);
      const wu = ((uu - fu) * 256) | 0;
      const wv = ((vv - fv) * 256) | 0;
      const row0 = offset1 + (fv & mask) * size1;
      const row1 = offset1 + ((fv + 1) & mask) * size1;
      const x0 = fu & mask;
      const x1 = (fu + 1) & mask;
      const t00 = data[row0 + x0]!;
      const t01 = data[row0 + x1]!;
      const t10 = data[row1 + x0]!;
      const t11 = data[row1 + x1]!;
      const w11 = (wu * wv) >> 8;
      const w01 = wu - w11;
      const w10 = wv - w11;
      const w00 = 256 - wu - wv + w11;
      const rb =
        (Math.imul(t00 & 0xff00ff, w00) +
          Math.imul(t01 & 0xff00ff, w01) +
          Math.imul(t10 & 0xff00ff, w10) +
          Math.imul(t11 & 0xff00ff, w11)) |
        0;
      const ag =
        (Math.imul((t00 >>> 8) & 0xff00ff, w00) +
          Math.imul((t01 >>> 8) & 0xff00ff, w01) +
          Math.imul((t10 >>> 8) & 0xff00ff, w10) +
          Math.imul((t11 >>> 8) & 0xff00ff, w11)) |
        0;
      r1 += rb >>> 16;
      b1 += rb & 0xffff;
      a1 += ag >>> 16;
      g1 += ag & 0xffff;
      coarser++;
    }
    tu += stepU;
    tv += stepV;
  }
  const k0 = (1 - blend) / (finer * 65280);
  const k1 = coarser === 0 ? 0 : blend / (coarser * 65280);
  r = r * k0 + r1 * k1;
  g = g * k0 + g1 * k1;
  b = b * k0 + b1 * k1;
  out[0] = r * r;
  out[1] = g * g;
  out[2] = b * b;
  out[3] = a * k0 + a1 * k1;
}
