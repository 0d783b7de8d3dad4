import type { FrameGeometry } from './frame-geometry.js';
import type { MaterialTable } from './material.js';
import type { TextureStore } from './texture.js';

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
