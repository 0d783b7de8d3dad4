import { assert } from '../../base/assert.js';
import { clamp, type Rgb } from './colour.js';
import { grown } from './mesh.js';

/** Levels kept for each texture: up to 2048 px wide. */
export const levelsPerTexture = 12;

/** Float RGB(A) planes from which a texture is made; values 0..1, colours as linear reflectance. */
export interface TexturePlanes {
  /** Width and height, a power of two. */
  readonly size: number;
  readonly r: Float32Array;
  readonly g: Float32Array;
  readonly b: Float32Array;
  /** Coverage, for cut-out materials; absent means solid. */
  readonly a?: Float32Array;
}

/** Solid planes with the colour that `at` gives each texel, clipped to 0..1. */
export function paintPlanes(size: number, at: (index: number) => Rgb): TexturePlanes {
  const planes = {
    size,
    r: new Float32Array(size * size),
    g: new Float32Array(size * size),
    b: new Float32Array(size * size),
  };
  for (let i = 0; i < size * size; i++) setTexel(planes, i, at(i));
  return planes;
}

/** Sets the colour of one texel, clipped to 0..1. */
export function setTexel(planes: TexturePlanes, index: number, colour: Rgb): void {
  planes.r[index] = clamp(colour[0]);
  planes.g[index] = clamp(colour[1]);
  planes.b[index] = clamp(colour[2]);
}

/**
 * All textures of a scene in one array, so that the sampling loop always reads the same typed array. A texel is
 * 0xAARRGGBB; colours are stored as square roots (close to what 8 bits of sRGB do, decoded by one multiplication).
 * Level l of texture t has size 2^(logSize[t] - l) and begins at offsets[t * levelsPerTexture + l].
 */
export class TextureStore {
  data = new Uint32Array(1 << 18);
  offsets = new Int32Array(64 * levelsPerTexture);
  logSizes = new Uint8Array(64);
  #used = 0;
  #count = 0;

  /** Adds a texture with its mip-maps and returns its index. */
  add(planes: TexturePlanes): number {
    const log = Math.log2(planes.size);
    assert(Number.isInteger(log) && log < levelsPerTexture, `texture size ${planes.size} is a power of two`);
    const index = this.#count++;
    this.#reserve(Math.ceil((planes.size * planes.size * 4) / 3) + 16);
    this.logSizes[index] = log;
    let { r, g, b } = planes;
    let a = planes.a;
    const coverage = a === undefined ? 1 : coverageOf(a, 0.5);
    for (let level = 0, size = planes.size; size >= 1; level++, size >>= 1) {
      this.offsets[index * levelsPerTexture + level] = this.#used;
      const scale = a === undefined || level === 0 ? 1 : coverageScale(a, coverage);
      for (let i = 0; i < size * size; i++) {
        const alpha = a === undefined ? 255 : Math.min(255, a[i]! * scale * 255);
        this.data[this.#used++] = ((alpha << 24) | (encode(r[i]!) << 16) | (encode(g[i]!) << 8) | encode(b[i]!)) >>> 0;
      }
      if (size > 1) {
        [r, g, b] = [halve(r, size), halve(g, size), halve(b, size)];
        if (a !== undefined) a = halve(a, size);
      }
    }
    return index;
  }

  #reserve(texels: number): void {
    if (this.#used + texels > this.data.length) {
      this.data = grown(this.data, new Uint32Array(Math.max(this.data.length * 2, this.#used + texels)));
    }
    if (this.#count > this.logSizes.length) {
      this.offsets = grown(this.offsets, new Int32Array(this.offsets.length * 2));
      this.logSizes = grown(this.logSizes, new Uint8Array(this.logSizes.length * 2));
    }
  }
}

function encode(linear: number): number {
  return Math.max(0, Math.min(255, Math.round(Math.sqrt(Math.max(0, linear)) * 255)));
}

function halve(plane: Float32Array, size: number): Float32Array {
  const half = size >> 1;
  const result = new Float32Array(half * half);
  for (let y = 0; y < half; y++) {
    for (let x = 0; x < half; x++) {
      const i = 2 * y * size + 2 * x;
      result[y * half + x] = (plane[i]! + plane[i + 1]! + plane[i + size]! + plane[i + size + 1]!) / 4;
    }
  }
  return result;
}

function coverageOf(alpha: Float32Array, threshold: number): number {
  let count = 0;
  for (let i = 0; i < alpha.length; i++) if (alpha[i]! >= threshold) count++;
  return count / alpha.length;
}

/** The factor that keeps the covered share of a cut-out texture in a coarser level, so that far leaves do not vanish. */
function coverageScale(alpha: Float32Array, coverage: number): number {
  const sorted = Float32Array.from(alpha).sort();
  const at = sorted[Math.max(0, Math.min(sorted.length - 1, Math.floor((1 - coverage) * sorted.length)))]!;
  return at > 1e-4 ? Math.min(8, 0.5 / at) : 1;
}
