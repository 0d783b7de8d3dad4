import type { StereoCamera } from '../../geometry/camera.js';
import { environmentRadiance } from './environment.js';
import type { FrameGeometry } from './frame-geometry.js';
import { coefficientsPerTriangle, sampleOffsets, samplesPerPixel, type VisibilityBuffer } from './raster.js';
import type { Footprint, Frame } from './scene.js';
import type { ShadowMap } from './shadow-map.js';
import { skyRadiance } from './sky.js';
import { sampleColour } from './texture-sample.js';
import { type Transform, viewFrom } from './transform.js';

/** In foliage every sample may see another leaf; the first three stand for all. */
const surfacesPerPixel = 3;

const contactCellM = 0.2;
const contactColumns = 256;
const contactRows = 384;

/**
 * Turns a view's visibility into light. Each triangle that a pixel's samples see is shaded once, in the middle of
 * those samples, and counts by their number: edges are smooth at about the price of one sample a pixel.
 */
export class Shader {
  #frame: Frame | undefined;
  #geometry: FrameGeometry | undefined;
  #shadows: readonly ShadowMap[] = [];
  /** World to camera, for turning directions. */
  #view: Transform = [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0];
  readonly #sun = new Float64Array(3);
  readonly #contact = new Float32Array(contactColumns * contactRows);
  readonly #texel = new Float64Array(4);
  readonly #mirror = new Float64Array(4);
  readonly #colour = new Float64Array(4);

  /** Prepares for the two views of a frame. */
  begin(frame: Frame, geometry: FrameGeometry, shadows: readonly ShadowMap[]): void {
    this.#frame = frame;
    this.#geometry = geometry;
    this.#shadows = shadows;
    const view = viewFrom(frame.cameraPlacement);
    this.#view = view;
    const [x, y, z] = frame.light.sunDirection;
    this.#sun[0] = view[0] * x + view[1] * y + view[2] * z;
    this.#sun[1] = view[3] * x + view[4] * y + view[5] * z;
    this.#sun[2] = view[6] * x + view[7] * y + view[8] * z;
    this.#drawContacts(frame.footprints, view);
  }

  /** Linear radiance of every pixel, 3 a pixel, into `out`. */
  shade(view: VisibilityBuffer, camera: StereoCamera, out: Float32Array): void {
    const { width, height, owner } = view;
    const plane = width * height;
    const colour = this.#colour;
    const seen = new Int32Array(samplesPerPixel);
    const flatOffsets = Float64Array.from(sampleOffsets.flat());
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        const first = owner[i]!;
        let same = true;
        seen[0] = first;
        for (let s = 1; s < samplesPerPixel; s++) {
          const other = owner[i + s * plane]!;
          seen[s] = other;
          if (other !== first) same = false;
        }
        if (same) {
          this.#shadeSample(view, camera, first, x, y);
          out[i * 3] = colour[0]!;
          out[i * 3 + 1] = colour[1]!;
          out[i * 3 + 2] = colour[2]!;
          continue;
        }
        let r = 0;
        let g = 0;
        let b = 0;
        let shaded = 0;
        let surfaces = 0;
        for (let s = 0; s < samplesPerPixel && surfaces < surfacesPerPixel; s++) {
          const record = seen[s]!;
          if (record === -2) continue;
          let count = 0;
          let sumX = 0;
          let sumY = 0;
          for (let k = s; k < samplesPerPixel; k++) {
            if (seen[k] === record) {
              seen[k] = -2;
              count++;
              sumX += flatOffsets[2 * k]!;
              sumY += flatOffsets[2 * k + 1]!;
            }
          }
          this.#shadeSample(view, camera, record, x + sumX / count, y + sumY / count);
          r += colour[0]! * count;
          g += colour[1]! * count;
          b += colour[2]! * count;
          shaded += count;
          surfaces++;
        }
        out[i * 3] = r / shaded;
        out[i * 3 + 1] = g / shaded;
        out[i * 3 + 2] = b / shaded;
      }
    }
  }

  #shadeSample(view: VisibilityBuffer, camera: StereoCamera, record: number, x: number, y: number): void {
    const frame = this.#frame!;
    const light = frame.light;
    const colour = this.#colour;
    const rayX = (x - camera.cxPx) / camera.fxPx;
    const rayY = (y - camera.cyPx) / camera.fyPx;
    const v = this.#view;
    if (record < 0) {
      const k = 1 / Math.sqrt(rayX * rayX + rayY * rayY + 1);
      skyRadiance(
        light,
        frame.textures,
        (v[0] * rayX + v[3] * rayY + v[6]) * k,
        (v[1] * rayX + v[4] * rayY + v[7]) * k,
        (v[2] * rayX + v[5] * rayY + v[8]) * k,
        1 / camera.fxPx,
        colour,
      );
      return;
    }
    const c = view.coefficients;
    const o = record * coefficientsPerTriangle;
    const wx = c[o]!;
    const wy = c[o + 1]!;
    const z = 1 / (wx * x + wy * y + c[o + 2]!);
    const b1 = (c[o + 3]! * x + c[o + 4]! * y + c[o + 5]!) * z;
    const b2 = (c[o + 6]! * x + c[o + 7]! * y + c[o + 8]!) * z;
    const b0 = 1 - b1 - b2;
    const geometry = this.#geometry!;
    const triangle = view.triangles[record]!;
    const { indices, uvs, normals, colours } = geometry;
    const i0 = indices[triangle * 3]!;
    const i1 = indices[triangle * 3 + 1]!;
    const i2 = indices[triangle * 3 + 2]!;
    const materials = frame.materials;
    const material = geometry.materials[triangle]!;
    const values = materials.values;
    const m = material * 10;
    const kind = materials.kind[material]!;

    // Reflectance: material colour, vertex tint, instance tint, textures.
    const packed = colours[i0]!;
    const tr = ((packed >>> 16) & 255) * (1 / 255);
    const tg = ((packed >>> 8) & 255) * (1 / 255);
    const tb = (packed & 255) * (1 / 255);
    let r = values[m]! * tr * tr;
    let g = values[m + 1]! * tg * tg;
    let b = values[m + 2]! * tb * tb;
    if (materials.tinted[material] === 1) {
      const tint = geometry.tints[triangle]!;
      const qr = ((tint >>> 16) & 255) * (1 / 255);
      const qg = ((tint >>> 8) & 255) * (1 / 255);
      const qb = (tint & 255) * (1 / 255);
      r *= qr * qr;
      g *= qg * qg;
      b *= qb * qb;
    }
    const texture = materials.texture[material]!;
    const texel = this.#texel;
    if (texture >= 0) {
      const ru = values[m + 3]!;
      const rv = values[m + 4]!;
      const u0 = uvs[i0 * 2]!;
      const v0 = uvs[i0 * 2 + 1]!;
      const du1 = uvs[i1 * 2]! - u0;
      const dv1 = uvs[i1 * 2 + 1]! - v0;
      const du2 = uvs[i2 * 2]! - u0;
      const dv2 = uvs[i2 * 2 + 1]! - v0;
      const u = u0 + b1 * du1 + b2 * du2;
      const vv = v0 + b1 * dv1 + b2 * dv2;
      const b1x = (c[o + 3]! - b1 * wx) * z;
      const b1y = (c[o + 4]! - b1 * wy) * z;
      const b2x = (c[o + 6]! - b2 * wx) * z;
      const b2y = (c[o + 7]! - b2 * wy) * z;
      const ux = b1x * du1 + b2x * du2;
      const uy = b1y * du1 + b2y * du2;
      const vx = b1x * dv1 + b2x * dv2;
      const vy = b1y * dv1 + b2y * dv2;
      sampleColour(frame.textures, texture, u * ru, vv * rv, ux * ru, vx * rv, uy * ru, vy * rv, texel);
      r *= texel[0]!;
      g *= texel[1]!;
      b *= texel[2]!;
      const macro = materials.macro[material]!;
      if (macro >= 0) {
        const k = values[m + 5]!;
        sampleColour(frame.textures, macro, u * k, vv * k, ux * k, vx * k, uy * k, vy * k, texel);
        r *= texel[0]! * 2;
        g *= texel[1]! * 2;
        b *= texel[2]! * 2;
      }
      if (kind === 1) {
        const paint = this.#paintOn(u, vv, Math.abs(ux) + Math.abs(uy), Math.abs(vx) + Math.abs(vy), texel[0]!);
        const marks = frame.roadMarks.paint;
        if (paint >= 0) {
          r += (marks[0] - r) * paint;
          g += (marks[1] - g) * paint;
          b += (marks[2] - b) * paint;
        } else {
          r *= 1 + paint;
          g *= 1 + paint;
          b *= 1 + paint;
        }
      }
    }
    if (kind === 3) {
      colour[0] = r;
      colour[1] = g;
      colour[2] = b;
      this.#haze(z);
      return;
    }

    // Geometry of the light: position, normal towards the eye, sun, shadow.
    const px = rayX * z + view.eyeM;
    const py = rayY * z;
    let nx = b0 * normals[i0 * 3]! + b1 * normals[i1 * 3]! + b2 * normals[i2 * 3]!;
    let ny = b0 * normals[i0 * 3 + 1]! + b1 * normals[i1 * 3 + 1]! + b2 * normals[i2 * 3 + 1]!;
    let nz = b0 * normals[i0 * 3 + 2]! + b1 * normals[i1 * 3 + 2]! + b2 * normals[i2 * 3 + 2]!;
    const isLeaf = kind === 2;
    const facing = nx * rayX + ny * rayY + nz;
    let unit = 1 / (Math.sqrt(nx * nx + ny * ny + nz * nz) + 1e-12);
    if (facing > 0 && !isLeaf) unit = -unit;
    nx *= unit;
    ny *= unit;
    nz *= unit;
    const sun = this.#sun;
    const sunX = sun[0]!;
    const sunY = sun[1]!;
    const sunZ = sun[2]!;
    const towards = nx * sunX + ny * sunY + nz * sunZ;
    let direct = Math.max(towards, 0);
    if (isLeaf) direct = Math.max(0, towards * 0.6 + 0.4) * 0.8 + values[m + 8]! * Math.max(0, -towards);
    if (direct > 0) {
      const lift = isLeaf ? 0.02 : 0.03;
      direct *= this.#litShare(px + nx * lift, py + ny * lift, z + nz * lift, isLeaf ? 0.12 : 0.04);
    }
    let shade = (b0 * (packed >>> 24) + b1 * (colours[i1]! >>> 24) + b2 * (colours[i2]! >>> 24)) * (1 / 255);
    if (kind === 1 || kind === 4) shade *= 1 - this.#contactAt(px, z);
    // World up in the camera's frame is the second column of the view.
    const up = nx * v[1] + ny * v[4] + nz * v[7];
    const sky = shade * (0.5 + 0.5 * up);
    const ground = shade * (0.5 - 0.5 * up);
    const { sun: sunLight, ambientUp, ambientDown } = light;
    colour[0] = r * (sunLight[0] * direct + ambientUp[0] * sky + ambientDown[0] * ground);
    colour[1] = g * (sunLight[1] * direct + ambientUp[1] * sky + ambientDown[1] * ground);
    colour[2] = b * (sunLight[2] * direct + ambientUp[2] * sky + ambientDown[2] * ground);

    const mirror = values[m + 6]!;
    const gloss = values[m + 7]!;
    if (mirror > 0 || gloss >= 1) {
      const length = 1 / Math.sqrt(rayX * rayX + rayY * rayY + 1);
      const cosine = Math.abs(facing * unit * length);
      const k = -2 * (nx * rayX + ny * rayY + nz);
      const mx = rayX + k * nx;
      const my = rayY + k * ny;
      const mz = 1 + k * nz;
      if (gloss >= 1 && direct > 0) {
        const along = (mx * sunX + my * sunY + mz * sunZ) * length;
        if (along > 0) {
          const spot = Math.min(6, along ** gloss * (gloss * 0.04 + 0.2)) * (mirror + 0.04) * 3;
          colour[0] = colour[0]! + sunLight[0] * spot;
          colour[1] = colour[1]! + sunLight[1] * spot;
          colour[2] = colour[2]! + sunLight[2] * spot;
        }
      }
      if (mirror > 0 && frame.mirrorScale > 0) {
        const strength = Math.min(1, mirror * frame.mirrorScale);
        const slant = (1 - cosine) * (1 - cosine);
        const fresnel = (strength + (1 - strength) * 0.6 * slant * slant * (1 - cosine)) * (0.35 + 0.65 * shade);
        const reflected = this.#mirror;
        environmentRadiance(
          gloss >= 150 ? frame.environment.sharp : frame.environment.soft,
          v[0] * mx + v[3] * my + v[6] * mz,
          v[1] * mx + v[4] * my + v[7] * mz,
          v[2] * mx + v[5] * my + v[8] * mz,
          reflected,
        );
        colour[0] = colour[0]! * (1 - fresnel) + reflected[0]! * fresnel;
        colour[1] = colour[1]! * (1 - fresnel) + reflected[1]! * fresnel;
        colour[2] = colour[2]! * (1 - fresnel) + reflected[2]! * fresnel;
      }
    }
    this.#haze(z);
  }

  #haze(z: number): void {
    const { haze, hazePerM } = this.#frame!.light;
    const colour = this.#colour;
    const clear = Math.exp(-z * hazePerM);
    colour[0] = haze[0] + (colour[0]! - haze[0]) * clear;
    colour[1] = haze[1] + (colour[1]! - haze[1]) * clear;
    colour[2] = haze[2] + (colour[2]! - haze[2]) * clear;
  }

  #litShare(x: number, y: number, z: number, biasM: number): number {
    for (let i = 0; i < this.#shadows.length; i++) {
      const share = this.#shadows[i]!.litShare(x, y, z, biasM * (i + 1));
      if (share >= 0) return share;
    }
    return 1;
  }

  /** Share of a pixel covered by paint (above 0) or darkened asphalt (below 0), box-filtered over its footprint. */
  #paintOn(t: number, s: number, widthT: number, widthS: number, wear: number): number {
    const { lines, patches } = this.#frame!.roadMarks;
    const wt = Math.max(widthT, 1e-4);
    const ws = Math.max(widthS, 1e-4);
    let cover = 0;
    for (let i = 0; i < lines.length; i += 5) {
      const centre = lines[i]!;
      const half = lines[i + 1]!;
      const across = Math.min(t + wt / 2, centre + half) - Math.max(t - wt / 2, centre - half);
      if (across <= 0) continue;
      let along = 1;
      const period = lines[i + 3]!;
      if (period > 0) {
        const start = lines[i + 4]!;
        along =
          (dashesUpTo(s + ws / 2 - start, lines[i + 2]!, period) -
            dashesUpTo(s - ws / 2 - start, lines[i + 2]!, period)) /
          ws;
      }
      cover = Math.max(cover, (across / wt) * along);
    }
    let dark = 0;
    for (let i = 0; i < patches.length; i += 5) {
      const across = Math.min(t + wt / 2, patches[i + 1]!) - Math.max(t - wt / 2, patches[i]!);
      if (across <= 0) continue;
      const along = Math.min(s + ws / 2, patches[i + 3]!) - Math.max(s - ws / 2, patches[i + 2]!);
      if (along <= 0) continue;
      const strength = patches[i + 4]! * Math.min(1, across / wt) * Math.min(1, along / ws);
      if (strength > 0) cover = Math.max(cover, strength);
      else dark = Math.min(dark, strength);
    }
    if (cover <= 0) return dark;
    // Paint wears off where the asphalt's large-scale texture is dark.
    return cover * Math.max(0.25, Math.min(0.95, wear * 3.2 - 0.5));
  }

  #drawContacts(footprints: readonly Footprint[], view: Transform): void {
    const contact = this.#contact;
    contact.fill(0);
    for (const footprint of footprints) {
      const { x, z, halfWidthM, halfLengthM, strength } = footprint;
      const cx = view[0] * x + view[2] * z + view[9];
      const cz = view[6] * x + view[8] * z + view[11];
      const wx = Math.sin(footprint.yaw);
      const wz = Math.cos(footprint.yaw);
      const dirX = view[0] * wx + view[2] * wz;
      const dirZ = view[6] * wx + view[8] * wz;
      const reach = Math.hypot(halfWidthM, halfLengthM) + 0.6;
      const column0 = Math.max(0, Math.floor((cx - reach) / contactCellM + contactColumns / 2));
      const column1 = Math.min(contactColumns - 1, Math.ceil((cx + reach) / contactCellM + contactColumns / 2));
      const row0 = Math.max(0, Math.floor((cz - reach) / contactCellM));
      const row1 = Math.min(contactRows - 1, Math.ceil((cz + reach) / contactCellM));
      for (let row = row0; row <= row1; row++) {
        for (let column = column0; column <= column1; column++) {
          const ex = (column - contactColumns / 2) * contactCellM - cx;
          const ez = row * contactCellM - cz;
          const along = Math.abs(ex * dirX + ez * dirZ) - halfLengthM;
          const across = Math.abs(ex * dirZ - ez * dirX) - halfWidthM;
          const outside = Math.max(along, across);
          const share = strength * Math.max(0, Math.min(1, 0.45 - outside * 1.1));
          const i = row * contactColumns + column;
          if (share > contact[i]!) contact[i] = share;
        }
      }
    }
  }

  #contactAt(x: number, z: number): number {
    const u = x / contactCellM + contactColumns / 2;
    const w = z / contactCellM;
    if (!(u >= 0 && w >= 0 && u < contactColumns - 1 && w < contactRows - 1)) return 0;
    const fu = Math.floor(u);
    const fw = Math.floor(w);
    const au = u - fu;
    const aw = w - fw;
    const i = fw * contactColumns + fu;
    const c = this.#contact;
    const top = c[i]! * (1 - au) + c[i + 1]! * au;
    const bottom = c[i + contactColumns]! * (1 - au) + c[i + contactColumns + 1]! * au;
    return top * (1 - aw) + bottom * aw;
  }
}

/** Metres of dash in [0, at], for dashes of `dash` m every `period` m. */
function dashesUpTo(at: number, dash: number, period: number): number {
  const whole = Math.floor(at / period);
  return whole * dash + Math.min(dash, at - whole * period);
}
