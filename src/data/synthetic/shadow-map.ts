import { alphaAt, CutoutPatch, clipRow } from './cutout.js';
import type { FrameGeometry } from './frame-geometry.js';
import type { MaterialTable } from './material.js';
import type { TextureStore } from './texture.js';

/** Box in the camera's frame that a shadow map covers, metres. */
export interface ShadowRegion {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly z: readonly [number, number];
}

/**
 * How far the light has come at each cell of a grid perpendicular to the sun, for one region of the camera's frame.
 * Depth grows away from the sun.
 */
export class ShadowMap {
  readonly size: number;
  readonly depth: Float32Array;
  /** Camera frame to map: column = p . across + shiftU, row = p . along + shiftV, depth = -p . sun. */
  readonly across = new Float64Array(4);
  readonly along = new Float64Array(4);
  readonly sun = new Float64Array(3);
  /** Width of a cell, metres. */
  cellM = 1;
  readonly #patch = new CutoutPatch();
  readonly #span = new Float64Array(2);

  constructor(size: number) {
    this.size = size;
    this.depth = new Float32Array(size * size);
  }

  /** Draws everything that may throw a shadow into the region. `sun` is the unit vector towards it, camera frame. */
  draw(
    geometry: FrameGeometry,
    sun: readonly [number, number, number],
    region: ShadowRegion,
    materials: MaterialTable,
    textures: TextureStore,
  ): void {
    this.#aim(sun, region);
    this.depth.fill(1e9);
    const { positions, indices } = geometry;
    const [ax, ay, az, ac] = [this.across[0]!, this.across[1]!, this.across[2]!, this.across[3]!];
    const [bx, by, bz, bc] = [this.along[0]!, this.along[1]!, this.along[2]!, this.along[3]!];
    const [sx, sy, sz] = sun;
    const limit = this.size - 1;
    for (let t = 0; t < geometry.triangleCount; t++) {
      const i0 = indices[t * 3]! * 3;
      const i1 = indices[t * 3 + 1]! * 3;
      const i2 = indices[t * 3 + 2]! * 3;
      const x0 = positions[i0]!;
      const y0 = positions[i0 + 1]!;
      const z0 = positions[i0 + 2]!;
      const x1 = positions[i1]!;
      const y1 = positions[i1 + 1]!;
      const z1 = positions[i1 + 2]!;
      const x2 = positions[i2]!;
      const y2 = positions[i2 + 1]!;
      const z2 = positions[i2 + 2]!;
      const u0 = ax * x0 + ay * y0 + az * z0 + ac;
      const u1 = ax * x1 + ay * y1 + az * z1 + ac;
      const u2 = ax * x2 + ay * y2 + az * z2 + ac;
      if (Math.max(u0, u1, u2) < 0 || Math.min(u0, u1, u2) > limit) continue;
      const v0 = bx * x0 + by * y0 + bz * z0 + bc;
      const v1 = bx * x1 + by * y1 + bz * z1 + bc;
      const v2 = bx * x2 + by * y2 + bz * z2 + bc;
      if (Math.max(v0, v1, v2) < 0 || Math.min(v0, v1, v2) > limit) continue;
      const d0 = -(sx * x0 + sy * y0 + sz * z0);
      const d1 = -(sx * x1 + sy * y1 + sz * z1);
      const d2 = -(sx * x2 + sy * y2 + sz * z2);
      const area = (u1 - u0) * (v2 - v0) - (u2 - u0) * (v1 - v0);
      if (area > -1e-9 && area < 1e-9) continue;
      const s = 1 / area;
      // Barycentric weights of the second and third vertex, linear over the map.
      const a1 = (v2 - v0) * s;
      const b1 = (u0 - u2) * s;
      const c1 = (u2 * v0 - u0 * v2) * s;
      const a2 = (v0 - v1) * s;
      const b2 = (u1 - u0) * s;
      const c2 = (u0 * v1 - u1 * v0) * s;
      const material = geometry.materials[t]!;
      const cutout = materials.cutout[material] === 1;
      const top = Math.max(0, Math.ceil(Math.min(v0, v1, v2)));
      const bottom = Math.min(limit, Math.floor(Math.max(v0, v1, v2)));
      if (cutout) this.#patch.set(geometry, t, materials, textures, this.cellM);
      this.#fill(top, bottom, a1, b1, c1, a2, b2, c2, d0, d1 - d0, d2 - d0, cutout);
    }
  }

  #fill(
    top: number,
    bottom: number,
    a1: number,
    b1: number,
    c1: number,
    a2: number,
    b2: number,
    c2: number,
    d0: number,
    dd1: number,
    dd2: number,
    cutout: boolean,
  ): void {
    const { size, depth } = this;
    const { data, base, size: texelsWide, u0, v0, du1, dv1, du2, dv2 } = this.#patch;
    const span = this.#span;
    const a0 = -a1 - a2;
    const b0 = -b1 - b2;
    const c0 = 1 - c1 - c2;
    for (let row = top; row <= bottom; row++) {
      const e0 = b0 * row + c0;
      const e1 = b1 * row + c1;
      const e2 = b2 * row + c2;
      if (!clipRow(span, size - 1, a0, e0, a1, e1, a2, e2)) continue;
      const start = Math.ceil(span[0]!);
      const last = Math.floor(span[1]!);
      const line = row * size;
      let d = d0 + dd1 * (a1 * start + e1) + dd2 * (a2 * start + e2);
      const step = dd1 * a1 + dd2 * a2;
      for (let x = start; x <= last; x++, d += step) {
        if (d < depth[line + x]!) {
          if (cutout) {
            const w1 = a1 * x + e1;
            const w2 = a2 * x + e2;
            if (alphaAt(data, base, texelsWide, u0 + du1 * w1 + du2 * w2, v0 + dv1 * w1 + dv2 * w2) < 128) continue;
          }
          depth[line + x] = d;
        }
      }
    }
  }

  #aim(sun: readonly [number, number, number], region: ShadowRegion): void {
    const [sx, sy, sz] = sun;
    // Two axes perpendicular to the sun; the first is level.
    const level = Math.hypot(sx, sz) || 1;
    const axisU = [sz / level, 0, -sx / level] as const;
    const axisV = [-(sy * sx) / level, level, -(sy * sz) / level] as const;
    let [uLow, uHigh, vLow, vHigh] = [Infinity, -Infinity, Infinity, -Infinity];
    for (const x of region.x) {
      for (const y of region.y) {
        for (const z of region.z) {
          const u = axisU[0] * x + axisU[1] * y + axisU[2] * z;
          const v = axisV[0] * x + axisV[1] * y + axisV[2] * z;
          uLow = Math.min(uLow, u);
          uHigh = Math.max(uHigh, u);
          vLow = Math.min(vLow, v);
          vHigh = Math.max(vHigh, v);
        }
      }
    }
    const scaleU = (this.size - 4) / (uHigh - uLow);
    const scaleV = (this.size - 4) / (vHigh - vLow);
    this.across.set([axisU[0] * scaleU, axisU[1] * scaleU, axisU[2] * scaleU, 2 - uLow * scaleU]);
    this.along.set([axisV[0] * scaleV, axisV[1] * scaleV, axisV[2] * scaleV, 2 - vLow * scaleV]);
    this.sun.set(sun);
    this.cellM = 1 / Math.min(scaleU, scaleV);
  }

  /** Share of sunlight 0..1 at a point of the camera's frame; -1 where the map does not reach. */
  litShare(x: number, y: number, z: number, biasM: number): number {
    const { across, along, sun, size, depth } = this;
    const u = across[0]! * x + across[1]! * y + across[2]! * z + across[3]!;
    const v = along[0]! * x + along[1]! * y + along[2]! * z + along[3]!;
    if (!(u >= 1 && v >= 1 && u < size - 3 && v < size - 3)) return -1;
    const d = -(sun[0]! * x + sun[1]! * y + sun[2]! * z) - biasM;
    const fu = Math.floor(u);
    const fv = Math.floor(v);
    const wu = u - fu;
    const wv = v - fv;
    const i = fv * size + fu;
    const l00 = depth[i]! > d ? 1 : 0;
    const l01 = depth[i + 1]! > d ? 1 : 0;
    const l10 = depth[i + size]! > d ? 1 : 0;
    const l11 = depth[i + size + 1]! > d ? 1 : 0;
    return (l00 * (1 - wu) + l01 * wu) * (1 - wv) + (l10 * (1 - wu) + l11 * wu) * wv;
  }
}
