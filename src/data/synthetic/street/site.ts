import type { Random } from '../../../base/random.js';
import type { Instance } from '../frame-geometry.js';
import { type Mesh, packColour } from '../mesh.js';
import type { Footprint } from '../scene.js';
import type { Vec3 } from '../shapes.js';
import { identity, placement } from '../transform.js';
import type { Course } from './course.js';
import { chunkM, type Junction } from './ground.js';
import type { StreetMaterials } from './materials.js';
import type { StreetStyle } from './style.js';
import { type PlantKind, plantVariants } from './vegetation.js';

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

/** What a chunk of street is filled with while it is built. The order of draws from `random` decides what is built. */
export interface Site {
  readonly course: Course;
  readonly style: StreetStyle;
  readonly materials: StreetMaterials;
  readonly random: Random;
  /** Where the chunk begins, metres along the road. */
  readonly s0: number;
  readonly junction: Junction | undefined;
  readonly instances: Instance[];
  readonly plants: Plant[];
  readonly footprints: Footprint[];
  /** 5 a patch, as RoadMarks. */
  readonly patches: number[];
}

/** Right (1) or left (-1) of the road. */
export type Side = 1 | -1;

/** Adds a mesh that is already in the world's frame. */
export function add(site: Site, mesh: Mesh, tint = 0xffffff): void {
  site.instances.push({ mesh, transform: identity, tint });
}

/** Puts a mesh at s, t; its local z points along the road (or against it on the left, so that +x is always outwards). */
export function put(
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

/** Points at `t` metres outwards on one side, from s `from` to `to`, about `step` metres apart. */
export function pathAlong(
  site: Site,
  side: Side,
  t: number,
  from: number,
  to: number,
  step: number,
  height: number,
): Vec3[] {
  const count = Math.max(1, Math.round((to - from) / step));
  return Array.from({ length: count + 1 }, (_, k) =>
    site.course.point(from + ((to - from) * k) / count, side * t, height),
  );
}

/** Whether a side road leaves the road here, or within `margin` metres. */
export function isOpen(site: Site, side: Side, s: number, margin = 0): boolean {
  const { junction } = site;
  if (junction === undefined || !(side > 0 ? junction.right : junction.left)) return false;
  return s > junction.s0 - margin && s < junction.s1 + margin;
}

/** Stretches of the chunk's side that no side road cuts. */
export function stretches(site: Site, side: Side): readonly (readonly [number, number])[] {
  const { s0, junction } = site;
  if (junction === undefined || !(side > 0 ? junction.right : junction.left)) return [[s0, s0 + chunkM]];
  return [
    [s0, junction.s0 - 0.5],
    [junction.s1 + 0.5, s0 + chunkM],
  ];
}

/** Distance of the road's edge from its centre line. */
export function roadEdge(site: Site, side: Side): number {
  return side > 0 ? site.style.roadRight : -site.style.roadLeft;
}

/** A colour of leaves, now and then dry ones. */
export function leafTint(random: Random): number {
  const dry = random.chance(0.18) ? random.uniform(0.3, 1) : 0;
  const light = random.uniform(0.7, 1.35);
  return packColour((0.11 + 0.2 * dry) * light, (0.17 + 0.02 * dry) * light, 0.045 * light);
}

/** Adds a plant at s, t (signed: positive is to the right). */
export function addPlant(site: Site, kind: PlantKind, s: number, t: number, height: number, scale = 1): void {
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
