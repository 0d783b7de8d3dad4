import { Random } from '../../../base/random.js';
import { type Mesh, MeshBuilder, packColour } from '../mesh.js';
import { addTube, cross, normalised, type Vec3 } from '../shapes.js';
import type { StreetMaterials } from './materials.js';

/** Kinds of plant. */
export type PlantKind = 'broadleaf' | 'slender' | 'conifer' | 'bush';

/** Variants of each kind. */
export const plantVariants = 5;

/** Distances from which the next coarser mesh of a plant is used, metres. */
export const plantDetailM = [32, 80] as const;

const kept = new Map<string, Mesh>();

/**
 * A plant of about its natural size, standing on y = 0: trunk, boughs, and cards with sprays of leaves around clumps.
 * `detail` 0 is the finest. The instance's tint is the colour of its leaves. Kept between calls.
 */
export function plantMesh(kind: PlantKind, variant: number, detail: number, materials: StreetMaterials): Mesh {
  const key = `${kind}/${variant}/${detail}`;
  let mesh = kept.get(key);
  if (mesh === undefined) {
    const builder = new MeshBuilder();
    const random = Random.fromSeed(variant, `plant-${kind}`);
    if (kind === 'conifer') conifer(builder, random, detail, materials);
    else if (kind === 'bush') bush(builder, random, detail, materials);
    else tree(builder, random, detail, materials, kind === 'slender');
    mesh = builder.build();
    kept.set(key, mesh);
  }
  return mesh;
}

interface Clump {
  readonly centre: Vec3;
  readonly radius: Vec3;
}

function tree(
  builder: MeshBuilder,
  random: Random,
  detail: number,
  materials: StreetMaterials,
  slender: boolean,
): void {
  const height = slender ? random.uniform(9, 14) : random.uniform(6.5, 11);
  const trunkTop = slender ? height * 0.3 : random.uniform(2.2, 3.4);
  const trunk = random.uniform(0.11, 0.24);
  const lean: Vec3 = [random.normal(0, 0.25), trunkTop, random.normal(0, 0.25)];
  builder.material = materials.bark;
  const path: Vec3[] = [
    [0, 0, 0],
    [lean[0] * 0.3, trunkTop * 0.5, lean[2] * 0.3],
    lean,
    [lean[0] * 1.3, height * 0.72, lean[2] * 1.3],
  ];
  addTube(builder, path, [trunk * 1.25, trunk, trunk * 0.85, trunk * 0.3], detail === 0 ? 9 : 5);
  const spread = slender ? height * 0.14 : height * random.uniform(0.26, 0.36);
  const clumps: Clump[] = [];
  const count = 10 + random.integer(6);
  for (let k = 0; k < count; k++) {
    const level = (k + 0.5) / count;
    const angle = k * 2.4 + random.uniform(-0.5, 0.5);
    const reach = spread * Math.sin(Math.PI * (0.18 + 0.78 * level)) * random.uniform(0.5, 1);
    const centre: Vec3 = [
      lean[0] + Math.cos(angle) * reach,
      trunkTop + 0.5 + level * (height - trunkTop - 0.8),
      lean[2] + Math.sin(angle) * reach,
    ];
    const size = spread * random.uniform(0.5, 0.72);
    clumps.push({ centre, radius: [size, size * random.uniform(0.6, 0.9), size] });
    if (detail < 2) {
      addTube(
        builder,
        [lean, [(lean[0] + centre[0]) / 2, (lean[1] + centre[1]) / 2 + 0.2, (lean[2] + centre[2]) / 2], centre],
        [trunk * 0.5, trunk * 0.3, trunk * 0.12],
        4,
      );
    }
  }
  const crown: Vec3 = [lean[0], trunkTop + (height - trunkTop) * 0.5, lean[2]];
  addCards(
    builder,
    random,
    clumps,
    crown,
    [620, 210, 70][detail]!,
    [0.62, 1.05, 1.8][detail]! * (height / 9),
    random.pick(materials.leaves),
  );
}

function bush(builder: MeshBuilder, random: Random, detail: number, materials: StreetMaterials): void {
  const clumps: Clump[] = [];
  const [width, height] = [random.uniform(0.6, 1.4), random.uniform(0.7, 1.6)];
  for (let k = 0; k < 5; k++) {
    const size = random.uniform(0.35, 0.6) * height;
    clumps.push({
      centre: [random.uniform(-width, width) * 0.7, size * 0.9, random.uniform(-width, width) * 0.7],
      radius: [size * 1.2, size, size * 1.2],
    });
  }
  addCards(
    builder,
    random,
    clumps,
    [0, height * 0.3, 0],
    [220, 90, 34][detail]!,
    [0.4, 0.62, 1][detail]!,
    random.pick(materials.leaves),
  );
}

function conifer(builder: MeshBuilder, random: Random, detail: number, materials: StreetMaterials): void {
  const height = random.uniform(8, 15);
  builder.material = materials.bark;
  addTube(
    builder,
    [
      [0, 0, 0],
      [0, height * 0.95, 0],
    ],
    [0.2, 0.03],
    6,
  );
  builder.material = materials.needles;
  const layers = [16, 10, 6][detail]!;
  const base = random.uniform(0.4, 1.6);
  for (let layer = 0; layer < layers; layer++) {
    const level = layer / layers;
    const y = base + level * (height - base);
    const reach = height * 0.21 * (1 - level) + 0.25;
    const cards = [9, 6, 4][detail]!;
    for (let k = 0; k < cards; k++) {
      const angle = (k / cards) * 2 * Math.PI + layer * 1.7 + random.uniform(-0.3, 0.3);
      const out: Vec3 = [Math.cos(angle), 0, Math.sin(angle)];
      const width = ((reach * 2.4) / cards) * 2 + 0.3;
      const side: Vec3 = [-out[2] * width * 0.5, 0, out[0] * width * 0.5];
      const drop = reach * random.uniform(0.35, 0.6);
      const rise = (height - base) / layers;
      card(
        builder,
        [side[0] * -1, y + rise, side[2] * -1],
        [side[0], y + rise, side[2]],
        [out[0] * reach + side[0], y - drop * 0.6, out[2] * reach + side[2]],
        [out[0] * reach - side[0], y - drop * 0.6, out[2] * reach - side[2]],
        normalised([out[0], 0.7, out[2]]),
        0.35,
        1,
      );
    }
  }
}

/** Cards at random places near the clumps' surfaces, lit as the clumps are round, dark inside the crown. */
function addCards(
  builder: MeshBuilder,
  random: Random,
  clumps: readonly Clump[],
  crown: Vec3,
  count: number,
  size: number,
  material: number,
): void {
  builder.material = material;
  const reach = Math.max(
    ...clumps.map(
      ({ centre, radius }) => Math.hypot(centre[0] - crown[0], centre[1] - crown[1], centre[2] - crown[2]) + radius[0],
    ),
  );
  for (let k = 0; k < count; k++) {
    const { centre, radius } = clumps[k % clumps.length]!;
    const d = randomDirection(random);
    const depth = random.uniform() ** 0.4;
    const at: Vec3 = [
      centre[0] + d[0] * radius[0] * depth,
      Math.max(0.1, centre[1] + d[1] * radius[1] * depth),
      centre[2] + d[2] * radius[2] * depth,
    ];
    const fromCrown: Vec3 = [at[0] - crown[0], at[1] - crown[1], at[2] - crown[2]];
    const distance = Math.hypot(...fromCrown) / reach;
    const normal = normalised([
      d[0] * 0.7 + fromCrown[0] / reach,
      d[1] * 0.7 + fromCrown[1] / reach + 0.25,
      d[2] * 0.7 + fromCrown[2] / reach,
    ]);
    const shade = Math.min(1, 0.12 + 0.55 * distance * distance + 0.35 * depth * (0.5 + 0.5 * d[1]));
    const face = randomDirection(random);
    const helper: Vec3 = Math.abs(face[1]) < 0.9 ? [0, 1, 0] : [1, 0, 0];
    const u = normalised(cross(helper, face));
    const v = cross(face, u);
    const half = (size * random.uniform(0.75, 1.25)) / 2;
    const corner = (a: number, b: number): Vec3 => [
      at[0] + (u[0] * a + v[0] * b) * half,
      at[1] + (u[1] * a + v[1] * b) * half,
      at[2] + (u[2] * a + v[2] * b) * half,
    ];
    const tone = random.uniform(0.75, 1);
    card(builder, corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1), normal, shade, tone);
  }
}

/** One quad with the whole texture on it and a normal of choice. */
function card(
  builder: MeshBuilder,
  a: Vec3,
  b: Vec3,
  c: Vec3,
  d: Vec3,
  normal: Vec3,
  shade: number,
  tone: number,
): void {
  builder.colour = packColour(tone, tone, tone, shade);
  const i0 = builder.vertex(...a, ...normal, 0, 0);
  const i1 = builder.vertex(...b, ...normal, 1, 0);
  const i2 = builder.vertex(...c, ...normal, 1, 1);
  const i3 = builder.vertex(...d, ...normal, 0, 1);
  builder.quad(i0, i1, i2, i3);
  builder.colour = 0xffffffff;
}

function randomDirection(random: Random): Vec3 {
  const y = random.uniform(-1, 1);
  const angle = random.uniform(0, 2 * Math.PI);
  const level = Math.sqrt(1 - y * y);
  return [level * Math.cos(angle), y, level * Math.sin(angle)];
}

/** A clipped hedge along a path of points on the ground. */
export function hedgeMesh(
  path: readonly Vec3[],
  height: number,
  thickness: number,
  random: Random,
  materials: StreetMaterials,
  cardsPerM2: number,
): Mesh {
  const builder = new MeshBuilder();
  const leaves = random.pick(materials.leaves);
  for (let i = 0; i + 1 < path.length; i++) {
    const [a, b] = [path[i]!, path[i + 1]!];
    const length = Math.hypot(b[0] - a[0], b[2] - a[2]);
    const along: Vec3 = [(b[0] - a[0]) / length, 0, (b[2] - a[2]) / length];
    const side: Vec3 = [along[2], 0, -along[0]];
    const point = (s: number, t: number, y: number): Vec3 => [
      a[0] + along[0] * s + side[0] * t,
      a[1] + ((b[1] - a[1]) * s) / length + y,
      a[2] + along[2] * s + side[2] * t,
    ];
    const h = thickness / 2 - 0.06;
    builder.material = materials.soil;
    builder.colour = packColour(0.3, 0.55, 0.2, 0.4);
    builder.face(point(0, -h, 0), point(length, -h, 0), point(length, -h, height - 0.08), point(0, -h, height - 0.08));
    builder.face(point(0, h, 0), point(length, h, 0), point(length, h, height - 0.08), point(0, h, height - 0.08));
    builder.face(
      point(0, -h, height - 0.08),
      point(length, -h, height - 0.08),
      point(length, h, height - 0.08),
      point(0, h, height - 0.08),
    );
    builder.material = leaves;
    const count = Math.ceil(length * (height * 2 + thickness) * cardsPerM2);
    for (let k = 0; k < count; k++) {
      const s = random.uniform(0, length);
      const place = random.uniform(0, height * 2 + thickness);
      const isTop = place > height * 2;
      const direction = place < height ? -1 : 1;
      const t = isTop
        ? random.uniform(-thickness, thickness) / 2
        : direction * (thickness / 2 + random.normal(0, 0.04));
      const y = isTop ? height + random.normal(0, 0.04) : random.uniform(0.02, height);
      const normal: Vec3 = isTop ? [0, 1, 0] : normalised([side[0] * direction, 0.3, side[2] * direction]);
      const at = point(s, t, y);
      const half = random.uniform(0.13, 0.3);
      const tilt = random.uniform(-0.8, 0.8);
      const u: Vec3 = normalised([along[0] + side[0] * tilt, random.uniform(-0.5, 0.5), along[2] + side[2] * tilt]);
      const v: Vec3 = isTop ? side : [0, 1, 0];
      const corner = (p: number, q: number): Vec3 => [
        at[0] + (u[0] * p + v[0] * q) * half,
        at[1] + (u[1] * p + v[1] * q) * half,
        at[2] + (u[2] * p + v[2] * q) * half,
      ];
      const tone = random.uniform(0.7, 1);
      card(
        builder,
        corner(-1, -1),
        corner(1, -1),
        corner(1, 1),
        corner(-1, 1),
        normal,
        isTop ? 1 : 0.45 + (0.5 * y) / height,
        tone,
      );
    }
  }
  return builder.build();
}

/** Grass tufts and weeds along the edge of a verge. */
export function tuftMesh(places: readonly Vec3[], random: Random, materials: StreetMaterials): Mesh {
  const builder = new MeshBuilder();
  builder.material = materials.tuft;
  for (const [x, y, z] of places) {
    const size = random.uniform(0.1, 0.28);
    for (let k = 0; k < 2; k++) {
      const angle = random.uniform(0, Math.PI);
      const [c, s] = [Math.cos(angle) * size, Math.sin(angle) * size];
      const tone = random.uniform(0.6, 1);
      card(
        builder,
        [x - c, y + size * 1.5, z - s],
        [x + c, y + size * 1.5, z + s],
        [x + c, y - 0.02, z + s],
        [x - c, y - 0.02, z - s],
        [0, 1, 0],
        0.8,
        tone,
      );
    }
  }
  return builder.build();
}
