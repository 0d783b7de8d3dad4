import { Random } from '../../../base/random.js';
import { kittiCamera, type StereoCamera } from '../../../geometry/camera.js';
import { createEnvironment } from '../environment.js';
import type { Instance } from '../frame-geometry.js';
import { type Material, MaterialTable } from '../material.js';
import { type Mesh, packColour } from '../mesh.js';
import type { Frame, HardShares, Sensor } from '../scene.js';
import { addGrid, meshFrom, type Vec3 } from '../shapes.js';
import type { Light } from '../sky.js';
import { TextureStore } from '../texture.js';
import { identity, placement, type Transform } from '../transform.js';
import { createFlyingMesh, type FlyingShape, flyingShapes } from './objects.js';
import { type FlyingTextureKind, flyingTextureKinds, paintFlyingTexture } from './textures.js';

const variantsPerKind = 24;

/** At 1242 px width; KITTI's scenes reach about 110, and a little more makes the network sure of itself there. */
const largestDisparityPx = 200;

/** Kept between scenes: a texture's content depends on its kind and variant only. */
const textures = new TextureStore();
const textureIndex = new Map<string, number>();

interface Flyer {
  readonly mesh: Mesh;
  readonly start: Vec3;
  readonly velocity: Vec3;
  readonly scale: number;
  readonly angles: Vec3;
  readonly spin: Vec3;
  readonly tint: number;
}

/** A scene of the `flying` world: what its frames share. */
export interface FlyingScene {
  frameAt(frame: number): Frame;
  /** The left camera: it stands still, the objects fly. */
  placementAt(frame: number): Transform;
}

/**
 * Builds a scene: 12-36 objects of many shapes in front of a slanted, curved or cornered background, each with its own
 * texture. Disparities follow those of driving scenes at KITTI's resolution: log-uniform, most of them 5-80 px. The
 * scene is built for 1242 px width and then shrunk towards the camera for narrower images, so that they keep these
 * disparities in px: a matching network learns from small images what it meets in large ones.
 */
export function createFlyingScene(seed: number, scene: number, camera: StereoCamera, hard: HardShares): FlyingScene {
  const random = Random.fromSeed(seed, `flying/${scene}`);
  const materials = new MaterialTable();
  const light = randomLight(random);
  const environment = createEnvironment(light, textures, [0.2, 0.2, 0.18], [0.12, 0.13, 0.12], 0.35, random);
  const still = createBackground(random, camera, materials, hard);
  const flyers = Array.from({ length: 12 + random.integer(25) }, () => createFlyer(random, camera, materials, hard));
  const hasShadows = random.chance(0.7);
  const sensors = randomSensors(random);
  const unit = camera.width / kittiCamera.width;
  const background = still.map((instance) => ({ ...instance, transform: placement(0, 0, 0, 0, unit, 0, 0) }));
  const noMarks = { lines: new Float32Array(0), patches: new Float32Array(0), paint: [1, 1, 1] as const };
  return {
    placementAt: () => identity,
    frameAt(frame) {
      const moving = flyers.map(
        ({ mesh, start, velocity, scale, angles, spin, tint }): Instance => ({
          mesh,
          transform: placement(
            (start[0] + velocity[0] * frame) * unit,
            (start[1] + velocity[1] * frame) * unit,
            (start[2] + velocity[2] * frame) * unit,
            angles[0] + spin[0] * frame,
            scale * unit,
            angles[1] + spin[1] * frame,
            angles[2] + spin[2] * frame,
          ),
          tint,
        }),
      );
      return {
        instances: [...background, ...moving],
        cameraPlacement: identity,
        materials,
        textures,
        light,
        environment,
        mirrorScale: 1,
        roadMarks: noMarks,
        footprints: [],
        shadowRegions: hasShadows
          ? [
              { x: [-6 * unit, 6 * unit], y: [-3 * unit, 3 * unit], z: [unit, 11 * unit] },
              { x: [-25 * unit, 25 * unit], y: [-10 * unit, 5 * unit], z: [8 * unit, 60 * unit] },
            ]
          : [],
        sensorLeft: { ...sensors[0], noiseSeed: scene * 7919 + frame * 2 },
        sensorRight: { ...sensors[1], noiseSeed: scene * 7919 + frame * 2 + 1 },
        nearM: (camera.fxPx * camera.baselineM) / 255,
        farM: 1000,
      };
    },
  };
}

function createFlyer(random: Random, camera: StereoCamera, materials: MaterialTable, hard: HardShares): Flyer {
  const depth = depthAt(
    random.chance(0.08)
      ? random.uniform(100, largestDisparityPx)
      : Math.exp(random.uniform(Math.log(6), Math.log(100))),
  );
  const shape = pickShape(random);
  const heightPx = camera.height * random.uniform(0.12, 0.8);
  const scale = (heightPx * depth) / camera.fxPx;
  const column = random.uniform(-0.1, 1.1) * camera.width;
  const row = random.uniform(-0.05, 1.05) * camera.height;
  const own = [0, 1].map(() => materials.add(randomMaterial(random, heightPx, hard)));
  const upright = (shape === 'bar' || shape === 'fence' || shape === 'table') && random.chance(0.6);
  const mesh = createFlyingMesh(shape, own, random);
  // However it turns, no part of it comes nearer than the largest disparity.
  const z = Math.max(depth, depthAt(largestDisparityPx) + mesh.bounds[3] * scale);
  return {
    mesh,
    start: [((column - camera.cxPx) / camera.fxPx) * z, (-(row - camera.cyPx) / camera.fyPx) * z, z],
    velocity: [random.normal(0, 0.01 * depth), random.normal(0, 0.005 * depth), random.normal(0, 0.01 * depth)],
    scale,
    angles: [
      random.uniform(-Math.PI, Math.PI),
      upright ? random.normal(0, 0.05) : random.uniform(-Math.PI, Math.PI),
      upright ? random.normal(0, 0.05) : random.uniform(-Math.PI, Math.PI),
    ],
    spin: [random.normal(0, 0.03), random.normal(0, 0.03), random.normal(0, 0.03)],
    tint: packColour(1, 1, 1),
  };
}

function pickShape(random: Random): FlyingShape {
  let at = random.uniform(
    0,
    flyingShapes.reduce((sum, [, weight]) => sum + weight, 0),
  );
  for (const [shape, weight] of flyingShapes) {
    at -= weight;
    if (at < 0) return shape;
  }
  return 'box';
}

/** Metres at which KITTI's camera sees this disparity (px at 1242 px width); every camera here has its field of view. */
function depthAt(disparityPx: number): number {
  return (kittiCamera.fxPx * kittiCamera.baselineM) / disparityPx;
}

function createBackground(
  random: Random,
  camera: StereoCamera,
  materials: MaterialTable,
  hard: HardShares,
): Instance[] {
  const tint = packColour(1, 1, 1);
  const meshes: Mesh[] = [];
  const material = (): number => materials.add(randomMaterial(random, camera.height, hard, true));
  if (random.chance(0.45)) {
    meshes.push(curvedWall(random, camera, material(), depthAt(Math.exp(random.uniform(Math.log(2.5), Math.log(25))))));
  } else {
    // A place: ground, and walls that close it, some of them along the view as house fronts are.
    const eye = random.uniform(1, 3);
    const far = depthAt(random.uniform(2.2, 9));
    meshes.push(plane([-far, -eye, 0.5], [2 * far, 0, 0], [0, random.normal(0, 0.02) * far, far + 5], material()));
    if (random.chance(0.75)) {
      meshes.push(plane([-far, -eye, far], [2 * far, 0, random.normal(0, 0.3) * far], [0, far * 0.6, 0], material()));
    }
    for (const side of [-1, 1]) {
      if (random.chance(0.3)) continue;
      const x = side * random.uniform(3, 14);
      const height = random.uniform(1, 14);
      const from = random.uniform(0, 15);
      const length = random.uniform(10, 60);
      meshes.push(plane([x, -eye, from], [random.normal(0, 0.1) * length, 0, length], [0, height, 0], material()));
    }
  }
  return meshes.map((mesh) => ({ mesh, transform: identity, tint }));
}

/** A surface over the whole image whose inverse depth is a slanted plane with a few slow waves. */
function curvedWall(random: Random, camera: StereoCamera, material: number, depth: number): Mesh {
  const columns = 32;
  const rows = 14;
  const [slantX, slantY] = [random.normal(0, 0.35), random.normal(0, 0.35)];
  const waves = Array.from({ length: 4 }, () => ({
    x: random.normal(0, 3),
    y: random.normal(0, 3),
    phase: random.uniform(0, 6.3),
    height: random.uniform(0, 0.12),
  }));
  return meshFrom((builder) => {
    builder.material = material;
    addGrid(
      builder,
      columns,
      rows,
      (column, row) => {
        const x = (column / columns) * 2 - 1;
        const y = (row / rows) * 2 - 1;
        let inverse = 1 + slantX * x + slantY * y;
        for (const wave of waves) inverse += wave.height * Math.sin(wave.x * x + wave.y * y + wave.phase);
        const z = depth / Math.max(0.2, inverse);
        const px = (x * 0.8 + 0.5) * camera.width;
        const py = (y * 0.8 + 0.5) * camera.height;
        return [((px - camera.cxPx) / camera.fxPx) * z, (-(py - camera.cyPx) / camera.fyPx) * z, z];
      },
      (column, row) => [
        (column / columns) * 1.6 * (camera.width / camera.fxPx) * depth,
        (row / rows) * 1.6 * (camera.height / camera.fxPx) * depth,
      ],
    );
  });
}

function plane(origin: Vec3, u: Vec3, v: Vec3, material: number): Mesh {
  return meshFrom((builder) => {
    builder.material = material;
    const at = (a: number, b: number): Vec3 => [
      origin[0] + u[0] * a + v[0] * b,
      origin[1] + u[1] * a + v[1] * b,
      origin[2] + u[2] * a + v[2] * b,
    ];
    builder.face(at(0, 0), at(1, 0), at(1, 1), at(0, 1));
  });
}

/** A surface with a random texture; `sizePx` is about how large it will look, from which its texture's scale follows. */
function randomMaterial(random: Random, sizePx: number, hard: HardShares, isBackground = false): Material {
  const kind = random.chance(hard.textureless) ? 'plain' : random.pick(flyingTextureKinds);
  // Texture coordinates are in the mesh's metres; objects are about 1 m large before they are scaled.
  const apparentPx = random.uniform(60, 400);
  const repeat = isBackground
    ? Math.exp(random.uniform(Math.log(0.08), Math.log(0.8)))
    : Math.max(0.3, sizePx / apparentPx);
  const isMirror = random.chance(hard.reflective);
  const tone = random.uniform(0.5, 1);
  return {
    kind: 'surface',
    texture: textureFor(kind, random.integer(variantsPerKind)),
    repeatU: repeat,
    repeatV: repeat * random.uniform(0.8, 1.25),
    colour: [tone * random.uniform(0.8, 1), tone * random.uniform(0.8, 1), tone * random.uniform(0.8, 1)],
    ...(isBackground && random.chance(0.7)
      ? {
          macro: textureFor('clouds', random.integer(variantsPerKind)),
          macroRepeat: repeat * random.uniform(0.07, 0.3),
        }
      : {}),
    ...(isMirror ? { mirror: random.uniform(0.05, 0.6), gloss: 200 } : {}),
    ...(!isMirror && random.chance(0.25) ? { gloss: random.uniform(8, 80) } : {}),
  };
}

function textureFor(kind: FlyingTextureKind, variant: number): number {
  const key = `${kind}/${variant}`;
  let index = textureIndex.get(key);
  if (index === undefined) {
    index = textures.add(paintFlyingTexture(kind, variant));
    textureIndex.set(key, index);
  }
  return index;
}

function randomLight(random: Random): Light {
  const elevation = random.uniform(0.25, 1.4);
  const azimuth = random.uniform(0, 2 * Math.PI);
  const warm = random.uniform(0, 0.25);
  const sunShare = random.uniform(0.1, 0.85);
  const sky = random.uniform(0.7, 1.1) * (1 - sunShare * 0.7);
  const tint = [random.uniform(0.85, 1.1), random.uniform(0.9, 1.05), random.uniform(0.9, 1.2)] as const;
  return {
    zenith: [0.3 * tint[0], 0.45 * tint[1], 0.8 * tint[2]],
    horizon: [0.9, 0.95, 1],
    cloud: [1.1, 1.1, 1.1],
    cloudCover: random.uniform(0, 0.9),
    cloudTexture: textureFor('clouds', random.integer(variantsPerKind)),
    cloudRepeat: random.uniform(0.1, 0.5),
    cloudShift: [random.uniform(), random.uniform()],
    sunDirection: [
      Math.cos(elevation) * Math.sin(azimuth),
      Math.sin(elevation),
      Math.cos(elevation) * Math.cos(azimuth),
    ],
    sun: [1.2 * sunShare, (1.2 - 0.3 * warm) * sunShare, (1.2 - warm) * sunShare],
    ambientUp: [sky * tint[0], sky * tint[1], sky * tint[2]],
    ambientDown: [sky * 0.55, sky * 0.5, sky * 0.48],
    hazePerM: random.chance(0.2) ? random.uniform(0, 0.006) : 0,
    haze: [0.75, 0.8, 0.85],
  };
}

/** Two cameras that are alike but not the same: the right one may differ a little in gain, curve, noise and focus. */
function randomSensors(random: Random): readonly [Sensor, Sensor] {
  const left: Sensor = {
    exposure: Math.exp(random.normal(0, 0.25)),
    balance: [random.uniform(0.9, 1.1), 1, random.uniform(0.9, 1.1)],
    saturation: random.uniform(0.7, 1.4),
    gamma: random.uniform(0.85, 1.25),
    contrast: random.uniform(0, 0.6),
    shotNoise: random.chance(0.7) ? random.uniform(0, 0.02) : 0,
    readNoise: random.chance(0.7) ? random.uniform(0, 0.008) : 0,
    vignetting: random.uniform(0, 0.2),
    blurPx: random.chance(0.5) ? random.uniform(0, 0.7) : 0,
    noiseSeed: 0,
  };
  if (random.chance(0.4)) return [left, left];
  const right: Sensor = {
    ...left,
    exposure: left.exposure * random.uniform(0.88, 1.12),
    balance: [left.balance[0] * random.uniform(0.96, 1.04), 1, left.balance[2] * random.uniform(0.96, 1.04)],
    gamma: left.gamma * random.uniform(0.95, 1.05),
    shotNoise: left.shotNoise * random.uniform(0.5, 2),
    blurPx: random.chance(0.3) ? random.uniform(0, 0.7) : left.blurPx,
  };
  return [left, right];
}
