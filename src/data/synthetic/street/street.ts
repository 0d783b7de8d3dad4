import { Random } from '../../../base/random.js';
import { kittiCamera, type StereoCamera } from '../../../geometry/camera.js';
import { createEnvironment } from '../environment.js';
import type { Instance } from '../frame-geometry.js';
import { type Mesh, packColour } from '../mesh.js';
import type { Footprint, Frame } from '../scene.js';
import { defaultHardShares, type HardShares } from '../scene.js';
import { addGrid, meshFrom } from '../shapes.js';
import { identity, placement, type Transform } from '../transform.js';
import { type Chunk, createChunk } from './chunk.js';
import { Course } from './course.js';
import { chunkM } from './ground.js';
import { type StreetMaterials, streetMaterials } from './materials.js';
import type { Plant } from './site.js';
import { createStyle } from './style.js';
import { moversAt } from './traffic.js';
import { plantDetailM, plantMesh } from './vegetation.js';
import { createSensors, createWeather } from './weather.js';

/** KITTI drives at 10 frames a second, with its cameras 1.65 m above the road. */
const frameS = 0.1;
const cameraHeightM = 1.65;

/** A branch or a wing mirror nearer than this would have a disparity above 255 px at KITTI's size. */
const nearestM = 1.51;

/** How far the road is built ahead of the camera, metres. */
const viewM = 280;

/** Chunks kept of a drive: enough for the view plus those just passed. */
const keptChunkLimit = 14;

/** A drive of the `street` world: what its frames share. */
export interface StreetScene {
  frameAt(frame: number): Frame;
  /** The left camera at a frame. */
  placementAt(frame: number): Transform;
}

/** Builds a drive along one kind of street under one weather. Frames are 0.1 s apart and may be asked in any order. */
export function createStreetScene(seed: number, scene: number, camera: StereoCamera, hard: HardShares): StreetScene {
  const materials = streetMaterials();
  // In a smaller image the same leaf covers fewer pixels: coarser plants are enough sooner.
  const fineness = camera.width / kittiCamera.width;
  const random = Random.fromSeed(seed, `street/${scene}`);
  const style = createStyle(random, materials, hard);
  const course = new Course(random, style.bend, style.hill);
  const light = createWeather(random, materials);
  const isSunny = light.sun[0] > 0;
  const environment = createEnvironment(
    light,
    materials.textures,
    isSunny ? [0.2, 0.2, 0.19] : [0.12, 0.12, 0.12],
    style.variant === 'urban' ? [0.22, 0.2, 0.18] : [0.07, 0.09, 0.05],
    style.variant === 'urban' ? 0.5 : 0.18,
    random,
  );
  const sensors = createSensors(random);
  const startS = random.uniform(60, 160);
  const motion = {
    sway: random.uniform(0, 0.12),
    pitch: random.normal(0, 0.006),
    roll: random.normal(0, 0.004),
    shake: random.uniform(0, 0.0025),
    phase: random.uniform(0, 6.28),
  };
  const paint = random.uniform(0.55, 0.8);
  const chunks = new Map<number, Chunk>();
  const chunkAt = (index: number): Chunk => {
    let chunk = chunks.get(index);
    if (chunk === undefined) {
      chunk = createChunk(course, style, materials, seed, scene, index);
      chunks.set(index, chunk);
      for (const old of chunks.keys()) {
        if (chunks.size <= keptChunkLimit) break;
        chunks.delete(old);
      }
    }
    return chunk;
  };
  const backdrop = hillsMesh(random, course.point(startS, 0), materials);
  const hillTint = packColour(0.09, 0.12, 0.06);
  const travelledTo = (timeS: number): number =>
    startS + style.speedMps * (timeS + 0.12 * Math.sin(timeS * 0.5 + motion.phase));
  const placementAt = (frame: number): Transform => {
    const timeS = frame * frameS;
    const s = travelledTo(timeS);
    const at = course.at(s);
    const swing = timeS * 0.35 + motion.phase;
    const [x, y, z] = course.point(s, style.ownT + motion.sway * Math.sin(swing), cameraHeightM);
    return placement(
      x,
      y,
      z,
      at.heading + motion.sway * 0.1 * Math.cos(swing),
      1,
      Math.atan(at.grade) + motion.pitch + motion.shake * Math.sin(timeS * 7 + motion.phase),
      motion.roll + motion.shake * 0.6 * Math.sin(timeS * 5.3),
    );
  };
  return {
    placementAt,
    frameAt(frame) {
      const timeS = frame * frameS;
      const s = travelledTo(timeS);
      const cameraPlacement = placementAt(frame);
      const [x, z] = [cameraPlacement[9], cameraPlacement[11]];
      const instances: Instance[] = [{ mesh: backdrop, transform: identity, tint: hillTint }];
      const footprints: Footprint[] = [];
      const patches: number[] = [];
      const first = Math.floor((s - 30) / chunkM);
      const last = Math.floor((s + viewM) / chunkM);
      for (let index = first; index <= last; index++) {
        const chunk = chunkAt(index);
        for (const instance of chunk.instances) instances.push(instance);
        for (const plant of chunk.plants) instances.push(plantInstance(plant, x, z, fineness, materials));
        for (const footprint of chunk.footprints) footprints.push(footprint);
        for (const value of chunk.patches) patches.push(value);
      }
      const movers = moversAt(course, style, materials, seed, scene, timeS, s);
      return {
        instances: [...instances, ...movers.instances],
        cameraPlacement,
        materials: materials.table,
        textures: materials.textures,
        light,
        environment,
        mirrorScale: hard.reflective / defaultHardShares.reflective,
        roadMarks: {
          lines: Float32Array.from(style.lines),
          patches: Float32Array.from(patches),
          paint: [paint, paint, paint * 0.97],
        },
        footprints: [...footprints, ...movers.footprints],
        shadowRegions: isSunny
          ? [
              { x: [-13, 13], y: [-1.5, 2], z: [1, 26] },
              { x: [-35, 35], y: [-3, 2.5], z: [18, 110] },
            ]
          : [],
        sensorLeft: { ...sensors[0], noiseSeed: scene * 7919 + frame * 2 },
        sensorRight: { ...sensors[1], noiseSeed: scene * 7919 + frame * 2 + 1 },
        nearM: nearestM,
        farM: 6000,
      };
    },
  };
}

function plantInstance(plant: Plant, x: number, z: number, fineness: number, materials: StreetMaterials): Instance {
  const distance = Math.hypot(plant.x - x, plant.z - z) / (plant.scale * fineness);
  const detail = distance < plantDetailM[0] ? 0 : distance < plantDetailM[1] ? 1 : 2;
  return {
    mesh: plantMesh(plant.kind, plant.variant, detail, materials),
    transform: placement(plant.x, plant.y, plant.z, plant.yaw, plant.scale),
    tint: plant.tint,
  };
}

/** Far wooded hills all round and the plain below them, so that the world does not end at its last chunk. */
function hillsMesh(random: Random, centre: readonly [number, number, number], materials: StreetMaterials): Mesh {
  const columns = 96;
  const heights = Array.from({ length: columns }, (_, k) => {
    const angle = (k / columns) * 2 * Math.PI;
    return 22 + 16 * Math.sin(angle * 3 + 1.3) + 10 * Math.sin(angle * 7 + 4) + 5 * Math.sin(angle * 17);
  });
  const scale = random.uniform(0.3, 1.3);
  const [cx, cy, cz] = centre;
  return meshFrom((builder) => {
    builder.material = materials.walls[0]!;
    addGrid(
      builder,
      columns,
      2,
      (column, row) => {
        const angle = (column / columns) * 2 * Math.PI;
        const radius = [900, 1200, 2600][row]!;
        const height = [-12, heights[column % columns]! * scale * 0.5, heights[column % columns]! * scale * 1.6][row]!;
        return [cx + Math.sin(angle) * radius, cy + height, cz + Math.cos(angle) * radius];
      },
      (column, row) => [column * 40, row * 200],
    );
    builder.material = materials.grass[0]!;
    builder.face(
      [cx - 1300, cy - 9, cz - 1300],
      [cx + 1300, cy - 9, cz - 1300],
      [cx + 1300, cy - 9, cz + 1300],
      [cx - 1300, cy - 9, cz + 1300],
    );
  });
}
