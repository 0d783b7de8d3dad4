import type { Environment } from './environment.js';
import type { Instance } from './frame-geometry.js';
import type { MaterialTable } from './material.js';
import type { ShadowRegion } from './shadow-map.js';
import type { Light } from './sky.js';
import type { TextureStore } from './texture.js';
import type { Transform } from './transform.js';

/** Paint on the road, in road coordinates: t metres right of the centre line, s metres along it. */
export interface RoadMarks {
  /** 5 a line: centre t, half width, dash length, period (0 = unbroken), start of a dash. */
  readonly lines: Float32Array;
  /** 5 a patch: t low, t high, s low, s high, brightness (above 0: paint, below 0: darker asphalt). */
  readonly patches: Float32Array;
  /** Linear reflectance of the paint. */
  readonly paint: readonly [number, number, number];
}

/** A dark place on the ground under something that keeps the skylight out, in the world's x and z. */
export interface Footprint {
  readonly x: number;
  readonly z: number;
  /** Direction of its length, radians towards +x. */
  readonly yaw: number;
  readonly halfWidthM: number;
  readonly halfLengthM: number;
  /** Share of skylight kept out in the middle. */
  readonly strength: number;
}

/** Everything one frame is drawn from. */
export interface Frame {
  readonly instances: readonly Instance[];
  /** The left camera in the world: its x axis points right, y up, z forward. */
  readonly cameraPlacement: Transform;
  readonly materials: MaterialTable;
  readonly textures: TextureStore;
  readonly light: Light;
  readonly environment: Environment;
  /** Factor on all materials' mirror reflection. */
  readonly mirrorScale: number;
  readonly roadMarks: RoadMarks;
  readonly footprints: readonly Footprint[];
  /** Boxes in the camera's frame with a shadow map each, finest first. */
  readonly shadowRegions: readonly ShadowRegion[];
  readonly sensorLeft: Sensor;
  readonly sensorRight: Sensor;
  /** Nothing nearer is drawn: keeps disparities below the 256 px that a 16-bit KITTI PNG can hold. */
  readonly nearM: number;
  readonly farM: number;
}

/** How a camera turns light into bytes. */
export interface Sensor {
  /** Factor on the metered exposure; 1 = as the meter says. */
  readonly exposure: number;
  /** White balance factors. */
  readonly balance: readonly [number, number, number];
  /** 1 = colours as they are; above it stronger, as cameras' colour matrices make them. */
  readonly saturation: number;
  /** 1 = sRGB's curve; above it, darker mid tones. */
  readonly gamma: number;
  /** 0 = straight; 1 = strong S-shaped curve. */
  readonly contrast: number;
  /** Standard deviation of noise at full scale, and in the dark, as shares of full scale. */
  readonly shotNoise: number;
  readonly readNoise: number;
  /** Loss of light in the corners, share. */
  readonly vignetting: number;
  /** Standard deviation of the lens's blur, px. */
  readonly blurPx: number;
  readonly noiseSeed: number;
}

/** How much of a world is made of what is hard to match. */
export interface HardShares {
  /** Flying: share of objects that mirror. Street: how strongly cars, windows and metal do; 0 = not at all. 0..1. */
  readonly reflective: number;
  /** Share of surfaces or walls with next to no texture; 0..1. */
  readonly textureless: number;
}

/** The shares a world has unless others are chosen. */
export const defaultHardShares: HardShares = { reflective: 0.1, textureless: 0.12 };
