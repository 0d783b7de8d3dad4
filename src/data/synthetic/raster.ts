import type { StereoCamera } from '../../geometry/camera.js';
import { CutoutPatch, clipRow, coverageAt, cutoutLevel } from './cutout.js';
import type { FrameGeometry } from './frame-geometry.js';
import type { MaterialTable } from './material.js';
import { grown } from './mesh.js';
import { levelsPerTexture, type TextureStore } from './texture.js';

/**
 * Where a pixel is sampled, relative to its centre: the centre itself, whose triangle gives the exact disparity, and
 * four on a rotated grid, so that nearly upright and nearly level edges both get several steps.
 */
export const sampleOffsets: readonly (readonly [number, number])[] = [
  [0, 0],
  [-0.375, -0.125],
  [0.125, -0.375],
  [0.375, 0.125],
  [-0.125, 0.375],
];

/** Samples of a pixel. */
export const samplesPerPixel = 5;

/** Triangles whose bounding box is at most this large are first tested for being hidden altogether. */
const hiddenTestPx = 120;

/** Numbers a triangle's record in `VisibilityBuffer.coefficients` holds. */
export const coefficientsPerTriangle = 9;

/**
 * Which triangle each sample of one view sees. A triangle is kept as three planes over the image, exact for any
 * position of its vertices, also behind the camera (homogeneous rasterisation: Olano and Greer, "Triangle Scan
 * Conversion using 2D Homogeneous Coordinates", Graphics Hardware 1997): with z the depth and b1, b2 the barycentric
 * weights of its second and third vertex, 1/z = c0 x + c1 y + c2, b1/z = c3 x + c4 y + c5, b2/z = c6 x + c7 y + c8.
 */
export class VisibilityBuffer {
  readonly width: number;
  readonly height: number;
  /** 1/z of the nearest surface, one plane of H*W a sample; 0 = sky. */
  readonly inverseDepth: Float32Array;
  /** Index of the record below, one plane of H*W a sample; -1 = sky. */
  readonly owner: Int32Array;
  coefficients = new Float64Array(9 << 15);
  /** The triangle of the frame geometry behind a record. */
  triangles = new Int32Array(1 << 15);
  recordCount = 0;
  /** Nothing nearer than this is drawn, metres. */
  nearM = 0.3;
  /** Where the view's camera stands right of the left camera, metres. */
  eyeM = 0;
  readonly #patch = new CutoutPatch();
  readonly #span = new Float64Array(2);

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.inverseDepth = new Float32Array(width * height * samplesPerPixel);
    this.owner = new Int32Array(width * height * samplesPerPixel);
  }

  /** Draws all visible triangles beyond `nearM` as the camera `eyeM` to the right of the left one sees them. */
  draw(
    geometry: FrameGeometry,
    camera: StereoCamera,
    eyeM: number,
    nearM: number,
    materials: MaterialTable,
    textures: TextureStore,
  ): void {
    this.nearM = nearM;
    this.inverseDepth.fill(0);
    this.owner.fill(-1);
    this.recordCount = 0;
    this.eyeM = eyeM;
    const { positions, indices } = geometry;
    const { fxPx, fyPx, cxPx, cyPx } = camera;
    const width = this.width;
    const height = this.height;
    for (let t = 0; t < geometry.visibleTriangleCount; t++) {
      const i0 = indices[t * 3]! * 3;
      const i1 = indices[t * 3 + 1]! * 3;
      const i2 = indices[t * 3 + 2]! * 3;
      const z0 = positions[i0 + 2]!;
      const z1 = positions[i1 + 2]!;
      const z2 = positions[i2 + 2]!;
      if (z0 < nearM && z1 < nearM && z2 < nearM) continue;
      const x0 = fxPx * (positions[i0]! - eyeM) + cxPx * z0;
      const y0 = fyPx * positions[i0 + 1]! + cyPx * z0;
      const x1 = fxPx * (positions[i1]! - eyeM) + cxPx * z1;
      const y1 = fyPx * positions[i1 + 1]! + cyPx * z1;
      const x2 = fxPx * (positions[i2]! - eyeM) + cxPx * z2;
      const y2 = fyPx * positions[i2 + 1]! + cyPx * z2;
      let top = 0;
      let bottom = height - 1;
      const crossesNear = z0 < nearM || z1 < nearM || z2 < nearM;
      if (!crossesNear) {
        const sy0 = y0 / z0;
        const sy1 = y1 / z1;
        const sy2 = y2 / z2;
        const low = Math.min(sy0, sy1, sy2);
        const high = Math.max(sy0, sy1, sy2);
        if (high < -0.5 || low > height - 0.5) continue;
        const sx0 = x0 / z0;
        const sx1 = x1 / z1;
        const sx2 = x2 / z2;
        if (Math.max(sx0, sx1, sx2) < -0.5 || Math.min(sx0, sx1, sx2) > width - 0.5) continue;
        top = Math.max(0, Math.floor(low));
        bottom = Math.min(height - 1, Math.ceil(high));
        const first = Math.max(0, Math.floor(Math.min(sx0, sx1, sx2)));
        const last = Math.min(width - 1, Math.ceil(Math.max(sx0, sx1, sx2)));
        if (
          (bottom - top + 1) * (last - first + 1) <= hiddenTestPx &&
          this.#isHidden(top, bottom, first, last, 1 / Math.min(z0, z1, z2))
        ) {
          continue;
        }
      } else {
        if (x0 < -0.5 * z0 && x1 < -0.5 * z1 && x2 < -0.5 * z2) continue;
        const right = width - 0.5;
        if (x0 > right * z0 && x1 > right * z1 && x2 > right * z2) continue;
      }
      // Rows of the inverse of [x y z] give, for any image point, the barycentric weights over depth.
      const e0x = y1 * z2 - y2 * z1;
      const e0y = x2 * z1 - x1 * z2;
      const e0c = x1 * y2 - x2 * y1;
      const determinant = x0 * e0x + y0 * e0y + z0 * e0c;
      if (determinant > -1e-9 && determinant < 1e-9) continue;
      const s = 1 / determinant;
      const a0 = e0x * s;
      const b0 = e0y * s;
      const c0 = e0c * s;
      const a1 = (y2 * z0 - y0 * z2) * s;
      const b1 = (x0 * z2 - x2 * z0) * s;
      const c1 = (x2 * y0 - x0 * y2) * s;
      const a2 = (y0 * z1 - y1 * z0) * s;
      const b2 = (x1 * z0 - x0 * z1) * s;
      const c2 = (x0 * y1 - x1 * y0) * s;
      const record = this.#newRecord(t);
      const coefficients = this.coefficients;
      const o = record * coefficientsPerTriangle;
      coefficients[o] = a0 + a1 + a2;
      coefficients[o + 1] = b0 + b1 + b2;
      coefficients[o + 2] = c0 + c1 + c2;
      coefficients[o + 3] = a1;
      coefficients[o + 4] = b1;
      coefficients[o + 5] = c1;
      coefficients[o + 6] = a2;
      coefficients[o + 7] = b2;
      coefficients[o + 8] = c2;
      const material = geometry.materials[t]!;
      if (materials.cutout[material] === 1) {
        this.#patch.set(geometry, t, materials, textures, (z0 + z1 + z2) / 3 / fxPx);
        for (let sample = 0; sample < samplesPerPixel; sample++) {
          this.#fillCutout(record, sample, top, bottom, crossesNear);
        }
      } else {
        for (let sample = 0; sample < samplesPerPixel; sample++) this.#fill(record, sample, top, bottom, crossesNear);
      }
    }
  }

  /** Whether all samples of a rectangle already see something nearer. */
  #isHidden(top: number, bottom: number, first: number, last: number, inverse: number): boolean {
    const { inverseDepth, width } = this;
    const plane = width * this.height;
    for (let row = top; row <= bottom; row++) {
      for (let i = row * width + first, end = row * width + last; i <= end; i++) {
        if (inverseDepth[i]! < inverse) return false;
      }
    }
    for (let sample = 1; sample < samplesPerPixel; sample++) {
      for (let row = top; row <= bottom; row++) {
        const line = sample * plane + row * width;
        for (let i = line + first, end = line + last; i <= end; i++) {
          if (inverseDepth[i]! < inverse) return false;
        }
      }
    }
    return true;
  }

  #newRecord(triangle: number): number {
    if (this.recordCount === this.triangles.length) {
      this.coefficients = grown(this.coefficients, new Float64Array(this.coefficients.length * 2));
      this.triangles = grown(this.triangles, new Int32Array(this.triangles.length * 2));
    }
    this.triangles[this.recordCount] = triangle;
    return this.recordCount++;
  }

  #fill(record: number, sample: number, top: number, bottom: number, crossesNear: boolean): void {
    const c = this.coefficients;
    const o = record * coefficientsPerTriangle;
    const wx = c[o]!;
    const wy = c[o + 1]!;
    const wc = c[o + 2]!;
    const a1 = c[o + 3]!;
    const a2 = c[o + 6]!;
    const a0 = wx - a1 - a2;
    const b1 = c[o + 4]!;
    const b2 = c[o + 7]!;
    const b0 = wy - b1 - b2;
    const offsets = sampleOffsets[sample]!;
    const ox = offsets[0];
    const oy = offsets[1];
    const k1 = c[o + 5]! + a1 * ox;
    const k2 = c[o + 8]! + a2 * ox;
    const k0 = wc - c[o + 5]! - c[o + 8]! + a0 * ox;
    const kw = wc + wx * ox;
    const r0 = a0 === 0 ? 0 : -1 / a0;
    const r1 = a1 === 0 ? 0 : -1 / a1;
    const r2 = a2 === 0 ? 0 : -1 / a2;
    const width = this.width;
    const plane = sample * width * this.height;
    const inverseDepth = this.inverseDepth;
    const owner = this.owner;
    for (let row = top; row <= bottom; row++) {
      const y = row + oy;
      const v0 = b0 * y + k0;
      const v1 = b1 * y + k1;
      const v2 = b2 * y + k2;
      let low = 0;
      let high = width - 1;
      if (a0 > 0) {
        const at = v0 * r0;
        if (at > low) low = at;
      } else if (a0 < 0) {
        const at = v0 * r0;
        if (at < high) high = at;
      } else if (v0 < 0) continue;
      if (a1 > 0) {
        const at = v1 * r1;
        if (at > low) low = at;
      } else if (a1 < 0) {
        const at = v1 * r1;
        if (at < high) high = at;
      } else if (v1 < 0) continue;
      if (a2 > 0) {
        const at = v2 * r2;
        if (at > low) low = at;
      } else if (a2 < 0) {
        const at = v2 * r2;
        if (at < high) high = at;
      } else if (v2 < 0) continue;
      const base = wy * y + kw;
      if (crossesNear) {
        const limit = 1 / this.nearM;
        if (wx > 0) high = Math.min(high, (limit - base) / wx);
        else if (wx < 0) low = Math.max(low, (limit - base) / wx);
        else if (base > limit) continue;
      }
      if (!(low <= high)) continue;
      const start = Math.ceil(low);
      const line = plane + row * width;
      const end = line + Math.floor(high);
      let w = base + wx * start;
      for (let i = line + start; i <= end; i++) {
        if (w > inverseDepth[i]!) {
          inverseDepth[i] = w;
          owner[i] = record;
        }
        w += wx;
      }
    }
  }

  /** As `#fill`, with holes where the texture's coverage is below one half. */
  #fillCutout(record: number, sample: number, top: number, bottom: number, crossesNear: boolean): void {
    const c = this.coefficients;
    const o = record * coefficientsPerTriangle;
    const wx = c[o]!;
    const wy = c[o + 1]!;
    const a1 = c[o + 3]!;
    const a2 = c[o + 6]!;
    const a0 = wx - a1 - a2;
    const b1 = c[o + 4]!;
    const b2 = c[o + 7]!;
    const b0 = wy - b1 - b2;
    const offsets = sampleOffsets[sample]!;
    const ox = offsets[0];
    const oy = offsets[1];
    const k1 = c[o + 5]! + a1 * ox;
    const k2 = c[o + 8]! + a2 * ox;
    const k0 = c[o + 2]! - c[o + 5]! - c[o + 8]! + a0 * ox;
    const kw = c[o + 2]! + wx * ox;
    const width = this.width;
    const plane = sample * width * this.height;
    const inverseDepth = this.inverseDepth;
    const owner = this.owner;
    const { data, base: base0, size, level, u0, v0, du1, dv1, du2, dv2 } = this.#patch;
    const span = this.#span;
    for (let row = top; row <= bottom; row++) {
      const y = row + oy;
      const e0 = b0 * y + k0;
      const e1 = b1 * y + k1;
      const e2 = b2 * y + k2;
      if (!clipRow(span, width - 1, a0, e0, a1, e1, a2, e2)) continue;
      let low = span[0]!;
      let high = span[1]!;
      const base = wy * y + kw;
      if (crossesNear) {
        const limit = 1 / this.nearM;
        if (wx > 0) high = Math.min(high, (limit - base) / wx);
        else if (wx < 0) low = Math.max(low, (limit - base) / wx);
        else if (base > limit) continue;
      }
      if (!(low <= high)) continue;
      const start = Math.ceil(low);
      const last = Math.floor(high);
      const line = plane + row * width;
      for (let x = start; x <= last; x++) {
        const w = base + wx * x;
        const i = line + x;
        if (w > inverseDepth[i]!) {
          const z = 1 / w;
          const w1 = (a1 * x + e1) * z;
          const w2 = (a2 * x + e2) * z;
          const u = u0 + du1 * w1 + du2 * w2;
          const v = v0 + dv1 * w1 + dv2 * w2;
          if (coverageAt(data, base0, size, level, u, v) >= 128) {
            inverseDepth[i] = w;
            owner[i] = record;
          }
        }
      }
    }
  }

  /**
   * Inverse depth of record's surface at an image point (centre coordinates), or -1 where the triangle is not, or
   * has a hole. Exact, not from the buffer.
   */
  inverseDepthAt(
    record: number,
    x: number,
    y: number,
    geometry: FrameGeometry,
    materials: MaterialTable,
    textures: TextureStore,
    fxPx: number,
  ): number {
    const c = this.coefficients;
    const o = record * coefficientsPerTriangle;
    const w = c[o]! * x + c[o + 1]! * y + c[o + 2]!;
    const w1 = c[o + 3]! * x + c[o + 4]! * y + c[o + 5]!;
    const w2 = c[o + 6]! * x + c[o + 7]! * y + c[o + 8]!;
    if (!(w > 0 && w1 >= 0 && w2 >= 0 && w - w1 - w2 >= 0)) return -1;
    const triangle = this.triangles[record]!;
    const material = geometry.materials[triangle]!;
    if (materials.cutout[material] === 1) {
      const [i0, i1, i2] = [
        geometry.indices[triangle * 3]!,
        geometry.indices[triangle * 3 + 1]!,
        geometry.indices[triangle * 3 + 2]!,
      ];
      const p = geometry.positions;
      const depth = (p[i0 * 3 + 2]! + p[i1 * 3 + 2]! + p[i2 * 3 + 2]!) / 3;
      const level = cutoutLevel(geometry, triangle, material, materials, textures, depth / fxPx);
      const texture = materials.texture[material]!;
      const size = 1 << Math.max(0, textures.logSizes[texture]! - level);
      const uvs = geometry.uvs;
      const [q1, q2] = [w1 / w, w2 / w];
      const q0 = 1 - q1 - q2;
      const u = q0 * uvs[i0 * 2]! + q1 * uvs[i1 * 2]! + q2 * uvs[i2 * 2]!;
      const v = q0 * uvs[i0 * 2 + 1]! + q1 * uvs[i1 * 2 + 1]! + q2 * uvs[i2 * 2 + 1]!;
      const texelU = u * materials.values[material * 10 + 3]! * size;
      const texelV = v * materials.values[material * 10 + 4]! * size;
      const base = textures.offsets[texture * levelsPerTexture + level]!;
      if (coverageAt(textures.data, base, size, level, texelU, texelV) < 128) return -1;
    }
    return w;
  }
}
