import { Random } from '../../../base/random.js';
import type { Instance } from '../frame-geometry.js';
import { type Mesh, packColour } from '../mesh.js';
import type { Footprint } from '../scene.js';
import type { Vec3 } from '../shapes.js';
import { identity, placement } from '../transform.js';
import { buildingMesh, randomStyle, wallTint } from './buildings.js';
import type { Course } from './course.js';
import {
  bridgeMesh,
  fenceMesh,
  gantryMesh,
  guardRailMesh,
  lampMesh,
  type SmallThing,
  signMesh,
  smallThingMesh,
  trafficLightMesh,
} from './furniture.js';
import { chunkM, groundMesh, type Junction } from './ground.js';
import type { StreetMaterials } from './materials.js';
import type { StreetStyle } from './style.js';
import { signNames } from './textures.js';
import { type Movers, paintColour, placeVehicle, vehicleKind } from './traffic.js';
import { hedgeMesh, type PlantKind, plantVariants, tuftMesh } from './vegetation.js';

/** A plant that is drawn finer or coarser by its distance. */
export interface Plant {
  readonly kind: PlantKind;
  readonly variant: number;
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly yaw: number;
  readonly scale: number;
  readonly tint: number;
}

/** Everything that stands still along 40 m of road. */
export interface Chunk {
  readonly instances: readonly Instance[];
  readonly plants: readonly Plant[];
  readonly footprints: readonly Footprint[];
  /** 5 a patch, as RoadMarks. */
  readonly patches: readonly number[];
}

/** What a chunk is filled with while it is built. */
interface Site {
  readonly course: Course;
  readonly style: StreetStyle;
  readonly materials: StreetMaterials;
  readonly random: Random;
  readonly s0: number;
  readonly junction: Junction | undefined;
  readonly instances: Instance[];
  readonly plants: Plant[];
  readonly footprints: Footprint[];
  readonly patches: number[];
}

type Side = 1 | -1;

/** Builds chunk `index` (s from 40 index to 40 index + 40) of a street; the same for the same seed and scene. */
export function createChunk(
  course: Course,
  style: StreetStyle,
  materials: StreetMaterials,
  seed: number,
  scene: number,
  index: number,
): Chunk {
  const random = Random.fromSeed(seed, `street/${scene}/chunk/${index}`);
  const s0 = index * chunkM;
  const isTown = style.variant === 'urban' || style.variant === 'residential';
  const junction: Junction | undefined =
    isTown && random.chance(0.28)
      ? {
          s0: s0 + 12.5,
          s1: s0 + 12.5 + random.pick([7.5, 10, 12.5]),
          right: random.chance(0.7),
          left: random.chance(0.7),
        }
      : undefined;
  const site: Site = {
    course,
    style,
    materials,
    random,
    s0,
    junction,
    instances: [],
    plants: [],
    footprints: [],
    patches: [],
  };
  add(site, groundMesh(course, style, index, junction));
  addRoadDetails(site);
  for (const side of [1, -1] as const) {
    if (style.variant === 'urban') urbanSide(site, side);
    else if (style.variant === 'residential') residentialSide(site, side);
    else if (style.variant === 'country') countrySide(site, side);
    else motorwaySide(site, side);
  }
  if (junction !== undefined) addJunction(site, junction);
  if (style.variant === 'motorway') motorwayAbove(site, index);
  else if (random.chance(0.025)) addBridge(site);
  return site;
}

function add(site: Site, mesh: Mesh, tint = 0xffffff): void {
  site.instances.push({ mesh, transform: identity, tint });
}

/** Puts a mesh at s, t; its local z points along the road (or against it on the left, so that +x is always outwards). */
function put(
  site: Site,
  mesh: Mesh,
  s: number,
  side: Side,
  t: number,
  height: number,
  tint = 0xffffff,
  turn = 0,
): void {
  const [x, y, z] = site.course.point(s, side * t, height);
  const yaw = site.course.at(s).heading + (side < 0 ? Math.PI : 0) + turn;
  site.instances.push({ mesh, transform: placement(x, y, z, yaw), tint });
}

function pathAlong(site: Site, side: Side, t: number, from: number, to: number, step: number, height: number): Vec3[] {
  const count = Math.max(1, Math.round((to - from) / step));
  return Array.from({ length: count + 1 }, (_, k) =>
    site.course.point(from + ((to - from) * k) / count, side * t, height),
  );
}

function isOpen(site: Site, side: Side, s: number, margin = 0): boolean {
  const { junction } = site;
  if (junction === undefined || !(side > 0 ? junction.right : junction.left)) return false;
  return s > junction.s0 - margin && s < junction.s1 + margin;
}

/** Stretches of the chunk's side that no side road cuts. */
function stretches(site: Site, side: Side): readonly (readonly [number, number])[] {
  const { s0, junction } = site;
  if (junction === undefined || !(side > 0 ? junction.right : junction.left)) return [[s0, s0 + chunkM]];
  return [
    [s0, junction.s0 - 0.5],
    [junction.s1 + 0.5, s0 + chunkM],
  ];
}

function roadEdge(site: Site, side: Side): number {
  return side > 0 ? site.style.roadRight : -site.style.roadLeft;
}

function leafTint(random: Random): number {
  const dry = random.chance(0.18) ? random.uniform(0.3, 1) : 0;
  const light = random.uniform(0.7, 1.35);
  return packColour((0.11 + 0.2 * dry) * light, (0.17 + 0.02 * dry) * light, 0.045 * light);
}

function addPlant(site: Site, kind: PlantKind, s: number, t: number, height: number, scale = 1): void {
  const { random } = site;
  const [x, y, z] = site.course.point(s, t, height);
  site.plants.push({
    kind,
    variant: random.integer(plantVariants),
    x,
    y,
    z,
    yaw: random.uniform(0, 6.28),
    scale: scale * random.uniform(0.8, 1.2),
    tint: leafTint(random),
  });
}

/** Patches, seams, manholes: what makes one stretch of asphalt differ from the next. */
function addRoadDetails(site: Site): void {
  const { random, style, s0, patches } = site;
  const width = style.roadRight - style.roadLeft;
  const count = random.integer(style.variant === 'motorway' ? 2 : 5);
  for (let k = 0; k < count; k++) {
    const t = style.roadLeft + random.uniform(0.05, 0.85) * width;
    const s = s0 + random.uniform(0, 34);
    const w = random.uniform(0.4, 3);
    const l = random.uniform(0.8, 9);
    patches.push(t, t + w, s, s + l, -random.uniform(0.06, 0.35));
    // A seam of tar around a patch.
    if (random.chance(0.5)) {
      patches.push(t - 0.03, t + 0.03, s, s + l, -0.5, t + w - 0.03, t + w + 0.03, s, s + l, -0.5);
      patches.push(t, t + w, s - 0.03, s + 0.03, -0.5, t, t + w, s + l - 0.03, s + l + 0.03, -0.5);
    }
  }
  if (random.chance(0.35)) {
    const t = style.roadLeft + random.uniform(0.1, 0.9) * width;
    patches.push(t - 0.025, t + 0.025, s0, s0 + chunkM, -0.45);
  }
  if (random.chance(0.4)) {
    const s = s0 + random.uniform(0, 40);
    patches.push(style.roadLeft, style.roadRight, s, s + 0.05, -0.4);
  }
  if (style.variant !== 'motorway' && random.chance(0.5)) {
    const t = random.uniform(-2.5, 2.5);
    const s = s0 + random.uniform(2, 36);
    patches.push(t - 0.32, t + 0.32, s, s + 0.64, -0.55);
  }
}

function parkedCars(site: Site, side: Side, density: number): void {
  const { random, style, course, materials } = site;
  const room = side > 0 ? style.parking.right : style.parking.left;
  if (room === 0) return;
  const out: Movers = { instances: site.instances, footprints: site.footprints };
  let s = site.s0 + random.uniform(2.5, 4);
  while (s < site.s0 + chunkM - 2) {
    if (random.chance(density) && !isOpen(site, side, s, 5)) {
      const t = side * (roadEdge(site, side) - random.uniform(0.98, 1.12));
      const facing: 1 | -1 = side > 0 ? 1 : random.chance(0.8) ? -1 : 1;
      placeVehicle(
        course,
        s,
        t,
        facing,
        vehicleKind(random, false),
        paintColour(random),
        false,
        random.normal(0, 0.02),
        materials,
        out,
      );
    }
    s += random.uniform(5.4, 6.6);
  }
}

function urbanSide(site: Site, side: Side): void {
  const { random, style, materials } = site;
  const edge = roadEdge(site, side);
  const line = side > 0 ? style.houseLine.right : style.houseLine.left;
  parkedCars(site, side, 0.75);
  for (const [from, to] of stretches(site, side)) {
    let s = from;
    while (s < to - 3) {
      let length = Math.min(random.uniform(9, 22), to - s);
      if (to - s - length < 6) length = to - s;
      const gap = random.chance(0.1) ? random.uniform(3, 8) : 0;
      if (length - gap > 5) {
        const kind = random.chance(0.1) ? 'hall' : 'town';
        const look = randomStyle(random, kind, materials, style.hard.textureless);
        const mesh = buildingMesh(look, length - gap, random.uniform(9, 14), random, materials);
        put(site, mesh, side > 0 ? s : s + length - gap, side, line + random.uniform(0, 0.3), 0.15, wallTint(random));
      }
      s += length;
    }
  }
  streetFurniture(site, side, edge, 1);
  if (random.chance(style.trees * 0.9)) {
    for (let s = site.s0 + random.uniform(2, 8); s < site.s0 + chunkM; s += random.uniform(7, 13)) {
      if (!isOpen(site, side, s, 3))
        addPlant(
          site,
          random.chance(0.7) ? 'broadleaf' : 'slender',
          s,
          side * (edge + random.uniform(0.8, 1.3)),
          0.12,
          0.85,
        );
    }
  }
}

function residentialSide(site: Site, side: Side): void {
  const { random, style, materials } = site;
  const edge = roadEdge(site, side);
  const line = side > 0 ? style.houseLine.right : style.houseLine.left;
  const strips = side > 0 ? style.strips.right : style.strips.left;
  const fenceT = strips.at(-1)!.t0 + 0.15;
  parkedCars(site, side, 0.45);
  for (const [from, to] of stretches(site, side)) {
    let s = from;
    while (s < to - 8) {
      const plot = Math.min(random.uniform(12, 20), to - s);
      const length = plot * random.uniform(0.5, 0.75);
      const look = randomStyle(random, 'house', materials, style.hard.textureless);
      if (!random.chance(0.12)) {
        const at = s + random.uniform(0.1, 0.9) * (plot - length);
        put(
          site,
          buildingMesh(look, length, random.uniform(8, 11), random, materials),
          side > 0 ? at : at + length,
          side,
          line + random.uniform(0, 3),
          0.15,
          wallTint(random),
        );
      }
      // What closes the garden: a hedge, a fence, a wall, or nothing; with a gap for the drive.
      const gate = random.uniform(2.5, 4);
      const border = random.uniform();
      const path = pathAlong(site, side, fenceT, s, s + plot - gate, 2.5, 0.15);
      if (border < 0.4)
        add(
          site,
          hedgeMesh(path, random.uniform(0.8, 2.1), random.uniform(0.5, 0.9), random, materials, 12),
          leafTint(random),
        );
      else if (border < 0.85) {
        const kind = random.pick(['slats', 'bars', 'mesh', 'wall'] as const);
        add(
          site,
          fenceMesh(
            path,
            kind,
            kind === 'wall' ? random.uniform(0.5, 1.3) : random.uniform(0.8, 1.5),
            random,
            materials,
          ),
          packColour(0.7, 0.66, 0.6),
        );
      }
      const plants = random.integer(4);
      for (let k = 0; k < plants; k++) {
        const kind = random.pick(['bush', 'bush', 'broadleaf', 'conifer', 'slender'] as const);
        addPlant(
          site,
          kind,
          s + random.uniform(0, plot),
          side * random.uniform(fenceT + 1, line - 0.8),
          0.15,
          kind === 'bush' ? 1 : 0.7,
        );
      }
      if (random.chance(0.5))
        addPlant(
          site,
          random.pick(['broadleaf', 'conifer'] as const),
          s + random.uniform(0, plot),
          side * (line + random.uniform(13, 22)),
          0.2,
          1.2,
        );
      s += plot;
    }
  }
  streetFurniture(site, side, edge, 0.6);
  if (random.chance(style.trees * 0.6)) {
    for (let s = site.s0 + random.uniform(2, 8); s < site.s0 + chunkM; s += random.uniform(8, 16)) {
      if (!isOpen(site, side, s, 3)) addPlant(site, 'broadleaf', s, side * (edge + 0.8), 0.12, 0.7);
    }
  }
}

function streetFurniture(site: Site, side: Side, edge: number, amount: number): void {
  const { random, materials } = site;
  if (random.chance(0.75)) {
    const s = site.s0 + random.uniform(4, 36);
    // A lamp's arm reaches along its +x: towards the road from both sides.
    if (!isOpen(site, side, s, 1))
      put(site, lampMesh(random, materials), s, side, edge + random.uniform(0.4, 0.7), 0.12, 0xffffff, Math.PI);
  }
  for (let k = 0; k < 2; k++) {
    if (!random.chance(0.55 * amount)) continue;
    const s = site.s0 + random.uniform(2, 38);
    if (isOpen(site, side, s, 1)) continue;
    const names = random.chance(0.25) ? [random.pick(signNames), random.pick(signNames)] : [random.pick(signNames)];
    put(
      site,
      signMesh(random, materials, names),
      s,
      side,
      edge + random.uniform(0.35, 0.8),
      0.12,
      0xffffff,
      (side < 0 ? 0 : 0) + random.normal(0, 0.15),
    );
  }
  const things = random.integer(Math.ceil(4 * amount) + 1);
  for (let k = 0; k < things; k++) {
    const kind = random.pick([
      'bollard',
      'bin',
      'cabinet',
      'bench',
      'shelter',
      'column',
      'planter',
      'bollard',
      'bin',
    ] as const satisfies readonly SmallThing[]);
    const s = site.s0 + random.uniform(2, 38);
    if (isOpen(site, side, s, 2)) continue;
    if (kind === 'bollard') {
      const count = 3 + random.integer(6);
      const mesh = smallThingMesh(kind, random, materials);
      for (let i = 0; i < count; i++)
        if (!isOpen(site, side, s + i * 1.6, 1)) put(site, mesh, s + i * 1.6, side, edge + 0.4, 0.12);
    } else put(site, smallThingMesh(kind, random, materials), s, side, edge + random.uniform(0.7, 1.6), 0.13);
  }
  if (random.chance(0.12 * amount)) {
    add(
      site,
      fenceMesh(
        pathAlong(site, side, edge + 0.3, site.s0 + 4, site.s0 + random.uniform(14, 36), 2, 0.12),
        random.chance(0.5) ? 'rail' : 'bars',
        1,
        random,
        materials,
      ),
    );
  }
}

function addJunction(site: Site, junction: Junction): void {
  const { random, materials, style, patches } = site;
  const hasLights = style.variant === 'urban' && random.chance(0.6);
  const state = random.chance(0.5) ? 'red' : 'green';
  if (hasLights) {
    const s = junction.s0 - 1;
    put(site, trafficLightMesh(materials, state, 0), s, 1, style.roadRight + 0.4, 0.12);
    const arm = random.chance(0.4) ? random.uniform(3, 5) : 0;
    // On the left of the road the mesh is turned by half a circle, which would turn its lamps away: turn it back.
    put(site, trafficLightMesh(materials, state, arm), s, -1, -style.roadLeft + 0.4, 0.12, 0xffffff, Math.PI);
    patches.push(0.1, style.roadRight - style.parking.right - 0.2, s - 3, s - 2.5, 0.9);
  }
  if (random.chance(0.5)) {
    // A crossing for pedestrians: bars along the road, or two broken lines.
    const s = junction.s0 - 1.8;
    if (random.chance(0.5)) {
      for (let t = style.roadLeft + 0.6; t < style.roadRight - 0.6; t += 1) patches.push(t, t + 0.5, s - 2.8, s, 0.9);
    } else {
      for (let t = style.roadLeft + 0.3; t < style.roadRight - 0.6; t += 1) {
        patches.push(t, t + 0.5, s - 2.6, s - 2.48, 0.85, t, t + 0.5, s - 0.12, s, 0.85);
      }
    }
  }
}

function countrySide(site: Site, side: Side): void {
  const { random, style, materials } = site;
  const edge = roadEdge(site, side);
  const tufts = Array.from({ length: 130 }, () =>
    site.course.point(site.s0 + random.uniform(0, chunkM), side * (edge + 0.4 + Math.abs(random.normal(0, 1.4))), 0),
  );
  add(site, tuftMesh(tufts, random, materials), packColour(0.14, 0.17, 0.05));
  if (random.chance(0.2))
    add(site, guardRailMesh(pathAlong(site, side, edge + 0.7, site.s0, site.s0 + chunkM, 4, 0), materials));
  else if (random.chance(0.45)) {
    const mesh = smallThingMesh('delineator', random, materials);
    for (const s of [5, 30]) put(site, mesh, site.s0 + s, side, edge + 0.6, 0);
  }
  const forest = random.chance(style.trees * 0.6);
  const near = edge + random.uniform(3, 7);
  if (forest) {
    const kind = random.pick(['broadleaf', 'broadleaf', 'conifer', 'slender'] as const);
    for (let k = 0; k < 22; k++) {
      const deep = random.uniform() ** 1.5;
      addPlant(
        site,
        random.chance(0.75) ? kind : 'broadleaf',
        site.s0 + random.uniform(0, chunkM),
        side * (near + deep * 16),
        0.1,
        1.15,
      );
    }
    for (let k = 0; k < 14; k++)
      addPlant(site, 'bush', site.s0 + random.uniform(0, chunkM), side * (near - 1 + random.uniform(0, 3)), 0, 1.1);
  } else {
    const single = random.integer(1 + Math.round(style.trees * 4));
    for (let k = 0; k < single; k++)
      addPlant(
        site,
        random.pick(['broadleaf', 'slender', 'bush', 'bush'] as const),
        site.s0 + random.uniform(0, chunkM),
        side * (near + random.uniform(0, 14)),
        0,
        1,
      );
    if (random.chance(0.15)) {
      const look = randomStyle(random, random.chance(0.5) ? 'hall' : 'house', materials, style.hard.textureless);
      put(
        site,
        buildingMesh(look, random.uniform(9, 18), random.uniform(8, 12), random, materials),
        site.s0 + 20,
        side,
        side > 0 ? style.houseLine.right : style.houseLine.left,
        0,
        wallTint(random),
      );
    }
    if (random.chance(0.2))
      add(
        site,
        fenceMesh(
          pathAlong(site, side, near + 1, site.s0, site.s0 + chunkM, 3, 0),
          random.chance(0.5) ? 'rail' : 'mesh',
          1.1,
          random,
          materials,
        ),
      );
    if (random.chance(0.2))
      add(
        site,
        hedgeMesh(
          pathAlong(site, side, near + 2, site.s0, site.s0 + chunkM, 4, 0),
          random.uniform(1, 2.5),
          1.2,
          random,
          materials,
          7,
        ),
        leafTint(random),
      );
  }
  farTrees(site, side, 48);
  if (random.chance(0.25))
    put(
      site,
      signMesh(random, materials, [random.pick(signNames)]),
      site.s0 + random.uniform(2, 38),
      side,
      edge + random.uniform(0.8, 1.5),
      0,
      0xffffff,
      side < 0 ? 0 : random.normal(0, 0.1),
    );
  if (random.chance(0.3)) powerPole(site, side, edge + random.uniform(4, 9));
}

function motorwaySide(site: Site, side: Side): void {
  const { random, style, materials } = site;
  const edge = side > 0 ? style.roadRight : style.strips.left[1]!.t1;
  const tufts = Array.from({ length: 160 }, () =>
    site.course.point(
      site.s0 + random.uniform(0, chunkM),
      side * (edge + 0.3 + Math.abs(random.normal(0, 1.6))),
      -0.04,
    ),
  );
  add(site, tuftMesh(tufts, random, materials), packColour(0.16, 0.17, 0.06));
  add(site, guardRailMesh(pathAlong(site, side, edge + 0.6, site.s0, site.s0 + chunkM, 4, 0), materials));
  if (side < 0) {
    const median = style.strips.left[0]!;
    const middle = (median.t0 + median.t1) / 2;
    if (median.material === materials.concrete) {
      const path = pathAlong(site, -1, middle, site.s0, site.s0 + chunkM, 5, 0);
      add(site, fenceMesh(path, 'wall', 0.9, random, materials), packColour(0.55, 0.54, 0.52));
    } else {
      add(site, guardRailMesh(pathAlong(site, -1, median.t0 + 0.6, site.s0, site.s0 + chunkM, 4, 0), materials));
      if (random.chance(0.4))
        add(
          site,
          hedgeMesh(
            pathAlong(site, -1, middle + 0.3, site.s0, site.s0 + chunkM, 5, 0),
            random.uniform(0.8, 1.6),
            0.9,
            random,
            materials,
            5,
          ),
          leafTint(random),
        );
    }
  }
  const slope = style.strips.right.at(-1)!.h1;
  if (random.chance(0.12)) {
    // A noise wall: large and nearly plain.
    const path = pathAlong(site, side, edge + 4, site.s0, site.s0 + chunkM, 5, slope * 0.3);
    const tone = random.uniform(0.3, 0.7);
    add(
      site,
      fenceMesh(path, 'wall', random.uniform(2.5, 4.5), random, materials),
      packColour(tone, tone * 0.95, tone * 0.85),
    );
  } else {
    const count = Math.round(random.uniform(2, 20) * style.trees);
    for (let k = 0; k < count; k++) {
      addPlant(
        site,
        random.pick(['broadleaf', 'broadleaf', 'bush', 'slender', 'conifer', 'bush'] as const),
        site.s0 + random.uniform(0, chunkM),
        side * (edge + random.uniform(6, 24)),
        slope * 0.7,
        1.15,
      );
    }
  }
  farTrees(site, side, edge + 38);
  if (random.chance(0.25))
    put(
      site,
      signMesh(random, materials, [random.pick(['limit', 'direction', 'warning'] as const)]),
      site.s0 + random.uniform(2, 38),
      side,
      edge + 1.4,
      0,
    );
}

function motorwayAbove(site: Site, index: number): void {
  const { random, style, materials, course } = site;
  if (random.chance(0.07)) addBridge(site);
  else if (random.chance(0.1)) {
    const s = site.s0 + 20;
    const [x, y, z] = course.point(s, 0);
    const mesh = gantryMesh(-0.4, style.roadRight + 0.8, random, materials);
    site.instances.push({ mesh, transform: placement(x, y, z, course.at(s).heading), tint: 0xffffff });
  } else if (index % 2 === 0 && random.chance(0.3)) {
    put(site, lampMesh(random, materials), site.s0 + 10, 1, style.roadRight + 1.2, 0, 0xffffff, Math.PI);
  }
}

function addBridge(site: Site): void {
  const { random, style, materials, course } = site;
  const left = style.variant === 'motorway' ? style.strips.left[1]!.t1 : style.houseLine.left - 1;
  const right = style.variant === 'motorway' ? style.roadRight : style.houseLine.right - 1;
  const half = (left + right) / 2 + 1.5;
  const s = site.s0 + 14;
  const [x, y, z] = course.point(s, (right - left) / 2);
  site.instances.push({
    mesh: bridgeMesh(half, random.uniform(4.8, 6), random, materials),
    transform: placement(x, y, z, course.at(s).heading + random.normal(0, 0.08)),
    tint: packColour(0.6, 0.58, 0.55),
  });
}

/** A row of trees far to the side closes the view: cut-out cards that meet from chunk to chunk. */
function farTrees(site: Site, side: Side, nearT: number): void {
  const { random, materials } = site;
  const [from, to] = [treelineEnd(site, side, site.s0, nearT), treelineEnd(site, side, site.s0 + chunkM, nearT)];
  add(site, treelineMesh(from.foot, to.foot, from.height, to.height, materials.treeline), leafTint(random));
}

/** Where the row stands at a chunk's border and how tall it is there: the same for both chunks that meet there. */
function treelineEnd(site: Site, side: Side, s: number, nearT: number): { foot: Vec3; height: number } {
  const random = Random.fromSeed(Math.round(s / chunkM) + 1000, `treeline/${side}/${site.style.roadRight}`);
  return {
    foot: site.course.point(s, side * (nearT + random.uniform(0, 25)), -1),
    height: random.uniform(7, 13),
  };
}

function treelineMesh(a: Vec3, b: Vec3, heightA: number, heightB: number, material: number): Mesh {
  const length = Math.hypot(b[0] - a[0], b[2] - a[2]);
  const normal: Vec3 = [(b[2] - a[2]) / length, 0.5, -(b[0] - a[0]) / length];
  const height = Math.max(heightA, heightB);
  return {
    vertexCount: 4,
    triangleCount: 2,
    positions: new Float32Array([...a, ...b, b[0], b[1] + heightB, b[2], a[0], a[1] + heightA, a[2]]),
    normals: new Float32Array([...normal, ...normal, ...normal, ...normal]),
    // Whole repeats, so that the picture goes on across the border.
    uvs: new Float32Array([0, 0.98, 2, 0.98, 2, 0.02, 0, 0.02]),
    colours: new Uint32Array([0x60ffffff, 0x60ffffff, 0xffffffff, 0xffffffff]),
    indices: new Uint32Array([0, 1, 2, 0, 2, 3]),
    materials: new Uint16Array([material, material]),
    bounds: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2, length / 2 + height],
  };
}

function powerPole(site: Site, side: Side, t: number): void {
  const { random, materials } = site;
  const mesh = lampMesh(random, materials);
  put(site, mesh, site.s0 + random.uniform(0, 40), side, t, 0, 0xffffff, Math.PI);
}
