import type { FrameGeometry } from './frame-geometry.js';
import type { MaterialTable } from './material.js';
import { levelsPerTexture, type TextureStore } from './texture.js';

/** The mip level whose texels are about a pixel large, one for a whole triangle so that both views cut the same hole. */
export function cutoutLevel(
  geometry: FrameGeometry,
  triangle: number,
  material: number,
  materials: MaterialTable,
  textures: TextureStore,
  metresPerPixel: number,
): number {
  const { positions, uvs, indices } = geometry;
  const i0 = indices[triangle * 3]!;
  const i1 = indices[triangle * 3 + 1]!;
  const dx = positions[i1 * 3]! - positions[i0 * 3]!;
  const dy = positions[i1 * 3 + 1]! - positions[i0 * 3 + 1]!;
  const dz = positions[i1 * 3 + 2]! - positions[i0 * 3 + 2]!;
  const du = (uvs[i1 * 2]! - uvs[i0 * 2]!) * materials.values[material * 10 + 3]!;
  const dv = (uvs[i1 * 2 + 1]! - uvs[i0 * 2 + 1]!) * materials.values[material * 10 + 4]!;
  const log = textures.logSizes[materials.texture[material]!]!;
  const texelsPerPixel =
    Math.sqrt((du * du + dv * dv) / (dx * dx + dy * dy + dz * dz + 1e-12)) * (1 << log) * Math.max(0, metresPerPixel);
  return Math.max(0, Math.min(log, Math.round(Math.log2(texelsPerPixel + 1e-9))));
}

/** Coverage 0..255 at a texel position, bilinear, repeating. */
export function alphaAt(data: Uint32Array, base: number, size: number, u: number, v: number): number {
  const mask = size - 1;
  const uu = u - 0.5;
  const vv = v - 0.5;
  const fu = Math.floor(uu);
  const fv = Math.floor(vv);
  const wu = uu - fu;
  const wv = vv - fv;
  const x0 = fu & mask;
  const x1 = (fu + 1) & mask;
  const row0 = base + (fv & mask) * size;
  const row1 = base + ((fv + 1) & mask) * size;
  const top = (data[row0 + x0]! >>> 24) * (1 - wu) + (data[row0 + x1]! >>> 24) * wu;
  const bottom = (data[row1 + x0]! >>> 24) * (1 - wu) + (data[row1 + x1]! >>> 24) * wu;
  return top * (1 - wv) + bottom * wv;
}

/**
 * The texels of one triangle's cut-out texture at one level, and where its corners lie in them. A renderer keeps one and
 * sets it for each triangle.
 */
export class CutoutPatch {
  level = 0;
  /** Texels a side. */
  size = 1;
  /** Where the level's first texel lies in `data`. */
  base = 0;
  data = new Uint32Array();
  /** Texel position of the first vertex, and from it to the second and third. */
  u0 = 0;
  v0 = 0;
  du1 = 0;
  dv1 = 0;
  du2 = 0;
  dv2 = 0;

  /** @param metresPerPixel at the triangle's distance, which decides the level. */
  set(
    geometry: FrameGeometry,
    triangle: number,
    materials: MaterialTable,
    textures: TextureStore,
    metresPerPixel: number,
  ): void {
    const material = geometry.materials[triangle]!;
    const texture = materials.texture[material]!;
    this.level = cutoutLevel(geometry, triangle, material, materials, textures, metresPerPixel);
    this.size = 1 << Math.max(0, textures.logSizes[texture]! - this.level);
    this.base = textures.offsets[texture * levelsPerTexture + this.level]!;
    this.data = textures.data;
    const scaleU = materials.values[material * 10 + 3]! * this.size;
    const scaleV = materials.values[material * 10 + 4]! * this.size;
    const { uvs, indices } = geometry;
    const i0 = indices[triangle * 3]! * 2;
    const i1 = indices[triangle * 3 + 1]! * 2;
    const i2 = indices[triangle * 3 + 2]! * 2;
    this.u0 = uvs[i0]! * scaleU;
    this.v0 = uvs[i0 + 1]! * scaleV;
    this.du1 = uvs[i1]! * scaleU - this.u0;
    this.dv1 = uvs[i1 + 1]! * scaleV - this.v0;
    this.du2 = uvs[i2]! * scaleU - this.u0;
    this.dv2 = uvs[i2 + 1]! * scaleV - this.v0;
  }
}

/** Coverage 0..255 at a texel position: where texels are smaller than pixels the nearest one says as much as four. */
export function coverageAt(data: Uint32Array, base: number, size: number, level: number, u: number, v: number): number {
  if (level === 0) return alphaAt(data, base, size, u, v);
  const mask = size - 1;
  return data[base + (Math.floor(v) & mask) * size + (Math.floor(u) & mask)]! >>> 24;
}

/**
 * The columns of a row inside a triangle, whose three edge functions are e + a * x there.
 * @param span gets first and last column, not rounded, both within 0..last.
 * @returns whether there are any.
 */
export function clipRow(
  span: Float64Array,
  last: number,
  a0: number,
  e0: number,
  a1: number,
  e1: number,
  a2: number,
  e2: number,
): boolean {
  let low = 0;
  let high = last;
  if (a0 > 0) low = Math.max(low, -e0 / a0);
  else if (a0 < 0) high = Math.min(high, -e0 / a0);
  else if (e0 < 0) return false;
  if (a1 > 0) low = Math.max(low, -e1 / a1);
  else if (a1 < 0) high = Math.min(high, -e1 / a1);
  else if (e1 < 0) return false;
  if (a2 > 0) low = Math.max(low, -e2 / a2);
  else if (a2 < 0) high = Math.min(high, -e2 / a2);
  else if (e2 < 0) return false;
  span[0] = low;
  span[1] = high;
  return low <= high;
}
