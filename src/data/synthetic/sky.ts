import type { Rgb } from './colour.js';
import { sampleColour, type TextureStore } from './texture-sample.js';

/** Light that comes from above: the sky as a function of direction, the sun, and what they give a surface. */
export interface Light {
  readonly zenith: Rgb;
  readonly horizon: Rgb;
  /** Radiance of a cloud in the sun, and how far clouds cover the sky: 0 none .. 1 all. */
  readonly cloud: Rgb;
  readonly cloudCover: number;
  readonly cloudTexture: number;
  readonly cloudRepeat: number;
  readonly cloudShift: readonly [number, number];
  /** Unit vector towards the sun, world frame. */
  readonly sunDirection: readonly [number, number, number];
  /** What a white surface facing the sun reflects; black = no sun. */
  readonly sun: Rgb;
  /** What a white surface reflects under the sky, facing up and facing down. */
  readonly ambientUp: Rgb;
  readonly ambientDown: Rgb;
  /** Share of light that the air takes per metre, and what it puts in its place at full depth. */
  readonly hazePerM: number;
  readonly haze: Rgb;
}

/**
 * Radiance of the sky in a direction (unit vector, world frame) into `out`. `pixelAngle` is the angle of a pixel, for
 * the choice of the cloud texture's level.
 */
export function skyRadiance(
  light: Light,
  textures: TextureStore,
  dx: number,
  dy: number,
  dz: number,
  pixelAngle: number,
  out: Float64Array,
): void {
  const up = Math.max(0, dy);
  const low = (1 - up) * (1 - up);
  const blend = 1 - low * low * (1 - up);
  const nearSun = Math.max(0, dx * light.sunDirection[0] + dy * light.sunDirection[1] + dz * light.sunDirection[2]);
  // Powers are slow, and far from the sun they are nothing.
  const glow = nearSun < 0.7 ? 0 : 0.35 * nearSun ** 12 + 1.5 * nearSun ** 180 + (nearSun > 0.99996 ? 30 : 0);
  let r = light.horizon[0] + (light.zenith[0] - light.horizon[0]) * blend + light.sun[0] * glow * 0.35;
  let g = light.horizon[1] + (light.zenith[1] - light.horizon[1]) * blend + light.sun[1] * glow * 0.35;
  let b = light.horizon[2] + (light.zenith[2] - light.horizon[2]) * blend + light.sun[2] * glow * 0.3;
  if (light.cloudCover > 0 && up > 0.004) {
    // Clouds lie in a plane above; towards the horizon they thin out into the haze.
    const scale = light.cloudRepeat / (up + 0.08);
    const footprint = (pixelAngle * scale) / (up + 0.08);
    sampleColour(
      textures,
      light.cloudTexture,
      dx * scale + light.cloudShift[0],
      dz * scale + light.cloudShift[1],
      footprint,
      0,
      0,
      footprint,
      out,
    );
    const thickness = out[3]!;
    const cover = smoothstep(1 - light.cloudCover - 0.12, 1 - light.cloudCover + 0.25, thickness);
    const share = cover * Math.min(1, up * 7);
    const bright = 0.75 + 0.35 * out[0]!;
    r += (light.cloud[0] * bright - r) * share;
    g += (light.cloud[1] * bright - g) * share;
    b += (light.cloud[2] * bright - b) * share;
  }
  out[0] = r;
  out[1] = g;
  out[2] = b;
}

function smoothstep(low: number, high: number, value: number): number {
  const t = Math.max(0, Math.min(1, (value - low) / (high - low)));
  return t * t * (3 - 2 * t);
}
