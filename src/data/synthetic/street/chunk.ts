import { Random } from '../../../base/random.js';
import type { Instance } from '../frame-geometry.js';
import type { Footprint } from '../scene.js';
import { countrySide } from './country-side.js';
import type { Course } from './course.js';
import { chunkM, groundMesh, type Junction } from './ground.js';
import type { StreetMaterials } from './materials.js';
import { motorwaySide } from './motorway-side.js';
import { addBridge, motorwayAbove } from './overhead.js';
import { residentialSide } from './residential-side.js';
import { addJunction, addRoadDetails } from './road-details.js';
import { add, type Plant, type Side, type Site } from './site.js';
import type { StreetStyle, StreetVariant } from './style.js';
import { urbanSide } from './urban-side.js';

/** Everything that stands still along 40 m of road. */
export interface Chunk {
  readonly instances: readonly Instance[];
  readonly plants: readonly Plant[];
  readonly footprints: readonly Footprint[];
  /** 5 a patch, as RoadMarks. */
  readonly patches: readonly number[];
}

const buildSide: Readonly<Record<StreetVariant, (site: Site, side: Side) => void>> = {
  urban: urbanSide,
  residential: residentialSide,
  country: countrySide,
  motorway: motorwaySide,
};

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
  const junction = drawJunction(random, style, s0);
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
  for (const side of [1, -1] as const) buildSide[style.variant](site, side);
  if (junction !== undefined) addJunction(site, junction);
  if (style.variant === 'motorway') motorwayAbove(site, index);
  else if (random.chance(0.025)) addBridge(site);
  return site;
}

/** Side roads come only in towns, in the middle of a chunk. */
function drawJunction(random: Random, style: StreetStyle, s0: number): Junction | undefined {
  const isTown = style.variant === 'urban' || style.variant === 'residential';
  if (!(isTown && random.chance(0.28))) return undefined;
  return {
    s0: s0 + 12.5,
    s1: s0 + 12.5 + random.pick([7.5, 10, 12.5]),
    right: random.chance(0.7),
    left: random.chance(0.7),
  };
}
