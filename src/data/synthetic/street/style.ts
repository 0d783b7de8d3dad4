import type { Random } from '../../../base/random.js';
import type { HardShares } from '../scene.js';
import type { StreetMaterials } from './materials.js';

/** Kinds of street. */
export type StreetVariant = 'urban' | 'residential' | 'country' | 'motorway';

/** A band of ground along the road, from the inside out; heights are over the road, metres. */
export interface Strip {
  readonly t0: number;
  readonly t1: number;
  readonly h0: number;
  readonly h1: number;
  readonly material: number;
}

/** One lane of moving traffic. */
export interface Lane {
  readonly t: number;
  /** +1 drives with the camera, -1 towards it. */
  readonly direction: 1 | -1;
  readonly isOwn: boolean;
}

/** What is the same along a whole drive: the road's cross-section and what stands beside it. */
export interface StreetStyle {
  readonly variant: StreetVariant;
  /** Asphalt from here to there (t). */
  readonly roadLeft: number;
  readonly roadRight: number;
  readonly asphalt: number;
  readonly lanes: readonly Lane[];
  readonly ownT: number;
  readonly speedMps: number;
  /** 5 a line, as RoadMarks. */
  readonly lines: readonly number[];
  /** Strips outwards from the road's edge, right side and left side (t counted outwards from the centre line). */
  readonly strips: { readonly right: readonly Strip[]; readonly left: readonly Strip[] };
  /** Distance from the centre line at which houses stand, per side. */
  readonly houseLine: { readonly right: number; readonly left: number };
  readonly parking: { readonly right: number; readonly left: number };
  readonly grass: number;
  readonly trees: number;
  readonly traffic: number;
  readonly people: number;
  readonly bend: number;
  readonly hill: number;
  readonly hard: HardShares;
}

/** How common each is, as running sums. */
const variants: readonly (readonly [StreetVariant, number])[] = [
  ['urban', 0.36],
  ['residential', 0.62],
  ['country', 0.82],
  ['motorway', 1],
];

/** Makes up a street. */
export function createStyle(random: Random, materials: StreetMaterials, hard: HardShares): StreetStyle {
  const draw = random.uniform();
  const variant = variants.find(([, until]) => draw < until)?.[0] ?? 'urban';
  switch (variant) {
    case 'urban':
      return town(random, materials, hard, true);
    case 'residential':
      return town(random, materials, hard, false);
    case 'country':
      return country(random, materials, hard);
    default:
      return motorway(random, materials, hard);
  }
}

function town(random: Random, materials: StreetMaterials, hard: HardShares, isUrban: boolean): StreetStyle {
  const laneM = isUrban ? random.uniform(3, 3.6) : random.uniform(2.6, 3.2);
  const perSide = isUrban && random.chance(0.35) ? 2 : 1;
  const parkRight = random.chance(isUrban ? 0.65 : 0.6) ? 2.1 : 0;
  const parkLeft = random.chance(isUrban ? 0.65 : 0.5) ? 2.1 : 0;
  const driven = laneM * perSide;
  const roadRight = driven + parkRight + 0.2;
  const roadLeft = -(driven + parkLeft + 0.2);
  const paving = random.chance(0.15) ? materials.cobbles : random.pick(materials.paving);
  const grass = random.pick(materials.grass);
  const side = (edge: number): { strips: Strip[]; house: number } => {
    const pavement = isUrban ? random.uniform(2.4, 5) : random.uniform(1.4, 2.6);
    const strips: Strip[] = kerb(edge, materials);
    let t = edge + 0.16;
    if (random.chance(isUrban ? 0.2 : 0.3)) {
      const green = random.uniform(1, 2.4);
      strips.push({ t0: t, t1: t + green, h0: 0.12, h1: 0.13, material: grass });
      t += green;
    }
    strips.push({ t0: t, t1: t + pavement, h0: 0.125, h1: 0.15, material: paving });
    t += pavement;
    const house = t + (isUrban ? (random.chance(0.7) ? 0.05 : random.uniform(1, 5)) : random.uniform(3, 8));
    strips.push({ t0: t, t1: house + 14, h0: 0.15, h1: 0.2, material: isUrban ? paving : grass });
    return { strips, house };
  };
  const right = side(roadRight);
  const left = side(-roadLeft);
  const lines: number[] = [];
  if (isUrban || random.chance(0.4)) {
    if (perSide === 2) lines.push(0, 0.06, 0, 0, 0);
    else lines.push(0, 0.06, 3, random.pick([6, 9]), random.uniform(0, 6));
    if (perSide === 2) for (const s of [-1, 1]) lines.push(s * laneM, 0.06, 3, 9, random.uniform(0, 9));
  }
  if (parkRight > 0 && random.chance(0.4)) lines.push(driven + 0.1, 0.06, 0, 0, 0);
  if (parkLeft > 0 && random.chance(0.4)) lines.push(-driven - 0.1, 0.06, 0, 0, 0);
  if (parkRight === 0 && isUrban && random.chance(0.4)) lines.push(driven - 1.4, 0.06, 1, 2, 0);
  const lanes: Lane[] = [];
  for (let k = 0; k < perSide; k++) {
    lanes.push({ t: laneM * (k + 0.5), direction: 1, isOwn: k === 0 });
    lanes.push({ t: -laneM * (k + 0.5), direction: -1, isOwn: false });
  }
  return {
    variant: isUrban ? 'urban' : 'residential',
    roadLeft,
    roadRight,
    asphalt: random.pick(materials.asphalt),
    lanes,
    ownT: laneM * 0.5 + random.normal(0, 0.15),
    speedMps: random.chance(0.1) ? random.uniform(1, 3) : random.uniform(5, isUrban ? 14 : 10),
    lines,
    strips: { right: right.strips, left: left.strips },
    houseLine: { right: right.house, left: left.house },
    parking: { right: parkRight, left: parkLeft },
    grass,
    trees: random.uniform(0, 1),
    traffic: random.uniform(0.1, 1),
    people: isUrban ? random.uniform(0.2, 1) : random.uniform(0, 0.4),
    bend: random.chance(0.25) ? 0.02 : random.uniform(0.05, 0.22),
    hill: random.uniform(0, 1.2),
    hard,
  };
}

function kerb(edge: number, materials: StreetMaterials): Strip[] {
  return [
    { t0: edge, t1: edge, h0: 0, h1: 0.12, material: materials.kerb },
    { t0: edge, t1: edge + 0.16, h0: 0.12, h1: 0.125, material: materials.kerb },
  ];
}

function country(random: Random, materials: StreetMaterials, hard: HardShares): StreetStyle {
  const laneM = random.uniform(2.7, 3.6);
  const edge = laneM + random.uniform(0.15, 0.5);
  const grass = random.pick(materials.grass);
  const field = random.chance(0.3) ? materials.soil : grass;
  const side = (): Strip[] => {
    const ditch = random.uniform(-0.5, 0.3);
    const verge = random.uniform(1.2, 3);
    return [
      { t0: edge, t1: edge + 0.45, h0: 0, h1: -0.03, material: random.chance(0.5) ? materials.gravel : grass },
      { t0: edge + 0.45, t1: edge + verge, h0: -0.03, h1: 0.02, material: grass },
      { t0: edge + verge, t1: edge + verge + 1.6, h0: 0.02, h1: ditch, material: grass },
      { t0: edge + verge + 1.6, t1: edge + verge + 12, h0: ditch, h1: ditch + random.uniform(0, 1), material: field },
    ];
  };
  const lines: number[] = [];
  if (random.chance(0.75)) lines.push(0, 0.06, random.pick([3, 4]), random.pick([9, 12]), random.uniform(0, 9));
  if (random.chance(0.65)) lines.push(laneM, 0.06, 0, 0, 0, -laneM, 0.06, 0, 0, 0);
  return {
    variant: 'country',
    roadLeft: -edge,
    roadRight: edge,
    asphalt: random.pick(materials.asphalt),
    lanes: [
      { t: laneM / 2, direction: 1, isOwn: true },
      { t: -laneM / 2, direction: -1, isOwn: false },
    ],
    ownT: laneM * 0.5 + random.normal(0, 0.15),
    speedMps: random.uniform(9, 25),
    lines,
    strips: { right: side(), left: side() },
    houseLine: { right: random.uniform(14, 30), left: random.uniform(14, 30) },
    parking: { right: 0, left: 0 },
    grass,
    trees: random.uniform(0, 1),
    traffic: random.uniform(0, 0.6),
    people: random.uniform(0, 0.1),
    bend: random.uniform(0.08, 0.3),
    hill: random.uniform(0, 3),
    hard,
  };
}

function motorway(random: Random, materials: StreetMaterials, hard: HardShares): StreetStyle {
  const laneM = random.uniform(3.4, 3.75);
  const count = random.chance(0.5) ? 2 : 3;
  const shoulder = random.uniform(1.5, 3);
  const inner = 0.6;
  const roadRight = inner + laneM * count + shoulder;
  const median = random.uniform(2.5, 5);
  const grass = random.pick(materials.grass);
  const concrete = random.chance(0.3);
  const slope = random.uniform(-1.5, 2.5);
  const other = laneM * count + shoulder + inner;
  const asphalt = random.pick(materials.asphalt);
  const lines: number[] = [inner - 0.1, 0.075, 0, 0, 0, inner + laneM * count + 0.1, 0.12, 0, 0, 0];
  const lanes: Lane[] = [];
  const own = random.integer(count);
  for (let k = 0; k < count; k++) {
    lanes.push({ t: inner + laneM * (k + 0.5), direction: 1, isOwn: k === own });
    lanes.push({ t: -median - inner - laneM * (k + 0.5), direction: -1, isOwn: false });
    if (k > 0) lines.push(inner + laneM * k, 0.075, 6, 18, random.uniform(0, 18));
  }
  // Lines of the other carriageway, which is asphalt in the left strips.
  lines.push(-median - 0.5, 0.075, 0, 0, 0, -median - inner - laneM * count - 0.1, 0.12, 0, 0, 0);
  for (let k = 1; k < count; k++) lines.push(-median - inner - laneM * k, 0.075, 6, 18, random.uniform(0, 18));
  return {
    variant: 'motorway',
    roadLeft: -0.3,
    roadRight,
    asphalt,
    lanes,
    ownT: inner + laneM * (own + 0.5) + random.normal(0, 0.15),
    speedMps: random.uniform(18, 33),
    lines,
    strips: {
      right: [
        { t0: roadRight, t1: roadRight + 1.5, h0: 0, h1: -0.05, material: grass },
        { t0: roadRight + 1.5, t1: roadRight + 8, h0: -0.05, h1: slope, material: grass },
        { t0: roadRight + 8, t1: roadRight + 20, h0: slope, h1: slope, material: grass },
      ],
      left: [
        { t0: 0.3, t1: median, h0: 0, h1: 0.02, material: concrete ? materials.concrete : grass },
        { t0: median, t1: median + other, h0: 0, h1: 0, material: asphalt },
        { t0: median + other, t1: median + other + 1.5, h0: 0, h1: -0.05, material: grass },
        { t0: median + other + 1.5, t1: median + other + 10, h0: -0.05, h1: slope, material: grass },
      ],
    },
    houseLine: { right: roadRight + 25, left: median + other + 25 },
    parking: { right: 0, left: 0 },
    grass,
    trees: random.uniform(0.1, 1),
    traffic: random.uniform(0.2, 1),
    people: 0,
    bend: random.uniform(0.04, 0.14),
    hill: random.uniform(0, 3),
    hard,
  };
}
