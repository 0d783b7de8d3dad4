import { Random } from '../../../base/random.js';
import type { Instance } from '../frame-geometry.js';
import { packColour } from '../mesh.js';
import type { Footprint } from '../scene.js';
import { placement } from '../transform.js';
import type { Course } from './course.js';
import type { StreetMaterials } from './materials.js';
import { createPerson, cyclistMesh, walkerMesh } from './people.js';
import type { StreetStyle } from './style.js';
import { type VehicleKind, vehicleOf } from './vehicles.js';

/** How far ahead and behind things move, metres. */
const aheadM = 240;
const behindM = 25;

/** What moves, at one moment. */
export interface Movers {
  readonly instances: Instance[];
  readonly footprints: Footprint[];
}

const paints: readonly (readonly [number, number, number, number])[] = [
  // r, g, b (linear), weight: black, white, silver, grey, blue, red, green, beige, yellow
  [0.012, 0.012, 0.014, 5],
  [0.7, 0.7, 0.68, 4],
  [0.4, 0.41, 0.42, 5],
  [0.09, 0.095, 0.1, 4],
  [0.02, 0.05, 0.18, 3],
  [0.28, 0.015, 0.015, 2.5],
  [0.02, 0.08, 0.05, 1],
  [0.3, 0.24, 0.16, 1],
  [0.6, 0.4, 0.02, 0.5],
];

/** A vehicle's colour, as common as it is on roads. */
export function paintColour(random: Random): number {
  let at = random.uniform(
    0,
    paints.reduce((sum, [, , , weight]) => sum + weight, 0),
  );
  for (const [r, g, b, weight] of paints) {
    at -= weight;
    if (at < 0) {
      const light = random.uniform(0.7, 1.2);
      return packColour(r * light, g * light, b * light);
    }
  }
  return packColour(0.4, 0.4, 0.4);
}

/** A kind of vehicle, as common as it is. */
export function vehicleKind(random: Random, withTrucks: boolean): VehicleKind {
  const draw = random.uniform();
  if (withTrucks && draw < 0.16) return draw < 0.12 ? 'truck' : 'bus';
  return random.pick([
    'hatchback',
    'hatchback',
    'sedan',
    'estate',
    'suv',
    'van',
    'hatchback',
    'sedan',
    'estate',
  ] as const);
}

/** A vehicle at s, t on the road, driving along (`direction` 1) or against it, with the dark place below it. */
export function placeVehicle(
  course: Course,
  s: number,
  t: number,
  direction: 1 | -1,
  kind: VehicleKind,
  tint: number,
  braking: boolean,
  turn: number,
  materials: StreetMaterials,
  out: Movers,
): void {
  const vehicle = vehicleOf(kind, materials, braking);
  const at = course.at(s);
  const [x, y, z] = course.point(s, t);
  const yaw = at.heading + (direction < 0 ? Math.PI : 0) + turn;
  out.instances.push({
    mesh: vehicle.mesh,
    transform: placement(x, y, z, yaw, 1, Math.atan(at.grade) * direction),
    tint,
  });
  out.footprints.push({ x, z, yaw, halfWidthM: vehicle.widthM / 2, halfLengthM: vehicle.lengthM / 2, strength: 0.88 });
}

/**
 * Cars in every lane and people on the pavements at a moment: each lane is an endless row, of which the part near the
 * camera is drawn, so that a drive can be of any length.
 */
export function moversAt(
  course: Course,
  style: StreetStyle,
  materials: StreetMaterials,
  seed: number,
  scene: number,
  timeS: number,
  ownS: number,
): Movers {
  const out: Movers = { instances: [], footprints: [] };
  style.lanes.forEach((lane, laneIndex) => {
    const random = Random.fromSeed(seed, `street/${scene}/lane/${laneIndex}`);
    const withTrucks = style.variant === 'motorway' || (style.variant === 'urban' && random.chance(0.4));
    const gap =
      (style.variant === 'motorway' ? 45 : style.variant === 'urban' ? 26 : 48) /
      Math.max(0.15, style.traffic * random.uniform(0.5, 1.2));
    const speed = lane.isOwn
      ? 0
      : lane.direction > 0
        ? style.speedMps * random.uniform(-0.1, 0.25)
        : -style.speedMps * random.uniform(1.7, 2.1);
    const first = random.uniform(lane.isOwn ? 10 : 0, lane.isOwn ? 55 : gap);
    const isEmpty = random.chance(lane.isOwn ? 0.3 : 0.1);
    if (isEmpty) return;
    // Positions relative to the camera's car: index i at first + i * gap + speed * time.
    const low = lane.isOwn ? 0 : Math.ceil((-behindM - first - speed * timeS) / gap);
    const high = Math.floor((aheadM - first - speed * timeS) / gap);
    for (let i = low; i <= high; i++) {
      const one = Random.fromSeed(seed, `street/${scene}/lane/${laneIndex}/${i}`);
      const sway = lane.isOwn ? 1.5 * Math.sin(timeS * 0.4 + i) : 0;
      const ahead =
        first + i * gap + speed * timeS + sway + one.uniform(-0.25, 0.25) * gap * (lane.isOwn && i === 0 ? 0 : 1);
      // Nobody overlaps the camera's own car.
      if (Math.abs(lane.t - style.ownT) < 2.2 && ahead < 7) continue;
      if (one.chance(0.15)) continue;
      const kind = vehicleKind(one, withTrucks);
      const isCyclist = style.variant !== 'motorway' && !lane.isOwn && one.chance(0.06);
      if (isCyclist) {
        const [x, y, z] = course.point(ownS + ahead, lane.t + lane.direction * 0.9);
        const heading = course.at(ownS + ahead).heading + (lane.direction < 0 ? Math.PI : 0);
        out.instances.push({
          mesh: cyclistMesh(createPerson(one), timeS * 6 + i, materials),
          transform: placement(x, y, z, heading),
          tint: 0xffffff,
        });
        continue;
      }
      placeVehicle(
        course,
        ownS + ahead,
        lane.t + one.normal(0, 0.15),
        lane.direction,
        kind,
        paintColour(one),
        lane.direction > 0 && one.chance(0.25),
        0,
        materials,
        out,
      );
    }
  });
  if (style.people > 0) addWalkers(course, style, materials, seed, scene, timeS, ownS, out);
  return out;
}

function addWalkers(
  course: Course,
  style: StreetStyle,
  materials: StreetMaterials,
  seed: number,
  scene: number,
  timeS: number,
  ownS: number,
  out: Movers,
): void {
  const spacing = 14 / style.people;
  for (const side of [1, -1] as const) {
    const strips = side > 0 ? style.strips.right : style.strips.left;
    const edge = side > 0 ? style.roadRight : -style.roadLeft;
    const room = Math.max(1, Math.min(4, (strips[2]?.t1 ?? edge + 2) - edge));
    for (let i = Math.floor((ownS - 10) / spacing); i * spacing < ownS + 110; i++) {
      const one = Random.fromSeed(seed, `street/${scene}/walker/${side}/${i}`);
      if (one.chance(0.4)) continue;
      const isStanding = one.chance(0.2);
      const pace = isStanding ? 0 : one.uniform(0.9, 1.7) * (one.chance(0.5) ? 1 : -1);
      const s = i * spacing + one.uniform(0, spacing) + pace * timeS;
      // Some cross the road.
      const crosses = one.chance(0.04);
      const t = crosses
        ? side * (edge - 0.3 - ((timeS * 1.2 + one.uniform(0, 4)) % (edge * 1.5)))
        : side * (edge + one.uniform(0.6, room));
      if (crosses && s < ownS + 9) continue;
      const height = crosses ? 0 : 0.13;
      const [x, y, z] = course.point(s, t, height);
      const heading =
        course.at(s).heading +
        (pace < 0 ? Math.PI : 0) +
        (crosses ? (side * -Math.PI) / 2 : 0) +
        (isStanding ? one.uniform(-3, 3) : 0);
      const person = createPerson(one);
      out.instances.push({
        mesh: walkerMesh(
          person,
          (Math.abs(pace) * timeS * 2 * Math.PI) / 1.4 + one.uniform(0, 6),
          isStanding ? 0.08 : 1,
          materials,
        ),
        transform: placement(x, y, z, heading),
        tint: 0xffffff,
      });
    }
  }
}
