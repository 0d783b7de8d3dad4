import type { Random } from '../../../base/random.js';
import { type Mesh, MeshBuilder, packColour } from '../mesh.js';
import { addBox, addCylinder, addDisc, addTube, type Vec3 } from '../shapes.js';
import type { StreetMaterials } from './materials.js';
import type { SignName } from './textures.js';

const roundSigns: readonly SignName[] = ['stop', 'limit', 'noParking', 'arrow'];
const triangleSigns: readonly SignName[] = ['yield', 'warning'];

/** A street lamp, its arm reaching towards +x over the road. */
export function lampMesh(random: Random, materials: StreetMaterials): Mesh {
  const builder = new MeshBuilder();
  const height = random.uniform(5, 9.5);
  const arm = random.chance(0.7) ? random.uniform(0.6, 2.4) : 0;
  builder.material = materials.metal;
  builder.colour = random.chance(0.6) ? 0xffffffff : packColour(0.12, 0.16, 0.13);
  const path: Vec3[] = [
    [0, 0, 0],
    [0, 1, 0],
    [0, height * 0.9, 0],
    [arm * 0.25, height * 0.985, 0],
    [arm, height, 0],
  ];
  addTube(builder, arm > 0 ? path : path.slice(0, 3), [0.1, 0.075, 0.05, 0.045, 0.04], 9);
  const top: Vec3 = arm > 0 ? [arm, height, 0] : [0, height * 0.9, 0];
  builder.colour = packColour(0.35, 0.35, 0.36);
  if (arm > 0) addBox(builder, [top[0] - 0.1, top[1] - 0.07, -0.14], [top[0] + 0.6, top[1] + 0.05, 0.14]);
  else addCylinder(builder, top, 0.4, 0.16, 0.26, 10);
  builder.colour = 0xffffffff;
  return builder.build();
}

/** A sign on its post, facing -z (towards who drives along +z). */
export function signMesh(random: Random, materials: StreetMaterials, names: readonly SignName[]): Mesh {
  const builder = new MeshBuilder();
  let y = random.uniform(2.1, 2.7);
  const top = y + 0.7;
  builder.material = materials.metal;
  addTube(
    builder,
    [
      [0, 0, 0.04],
      [0, top + 0.2, 0.04],
    ],
    [0.035],
    7,
  );
  for (const name of names) {
    y = addSignFace(builder, materials, name, y, random.uniform(0.55, 0.75));
  }
  return builder.build();
}

function addSignFace(
  builder: MeshBuilder,
  materials: StreetMaterials,
  name: SignName,
  y: number,
  size: number,
): number {
  const half = size / 2;
  const grey = packColour(0.35, 0.36, 0.37);
  const outline: (readonly [number, number])[] = [];
  if (roundSigns.includes(name)) {
    for (let k = 0; k < 20; k++)
      outline.push([Math.cos((k / 20) * 2 * Math.PI) * 0.5, Math.sin((k / 20) * 2 * Math.PI) * 0.5]);
  } else if (name === 'priority') outline.push([0, -0.5], [0.5, 0], [0, 0.5], [-0.5, 0]);
  else if (name === 'yield') outline.push([0, -0.5], [0.5, 0.5], [-0.5, 0.5]);
  else if (triangleSigns.includes(name)) outline.push([-0.5, -0.5], [0.5, -0.5], [0, 0.5]);
  else outline.push([-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]);
  const wide = name === 'direction' ? 2.2 : 1;
  for (const [z, material] of [
    [0, materials.signs[name]],
    [0.012, materials.paint],
  ] as const) {
    builder.material = material;
    builder.colour = z > 0 ? grey : 0xffffffff;
    const rim = outline.map(([u, v]) =>
      builder.vertex(u * size * wide, y + half + v * size, z, 0, 0, z > 0 ? 1 : -1, u + 0.5, 0.5 - v),
    );
    for (let k = 1; k + 1 < rim.length; k++) builder.triangle(rim[0]!, rim[k]!, rim[k + 1]!);
  }
  builder.colour = 0xffffffff;
  return y + size + 0.06;
}

/** A traffic light facing -z; `arm` is how far it reaches over the road towards +x (0 = a post only). */
export function trafficLightMesh(materials: StreetMaterials, state: 'red' | 'green', arm: number): Mesh {
  const builder = new MeshBuilder();
  builder.material = materials.metal;
  builder.colour = packColour(0.5, 0.5, 0.5);
  const height = arm > 0 ? 5.6 : 3.3;
  addTube(
    builder,
    [
      [0, 0, 0],
      [0, height, 0],
    ],
    [arm > 0 ? 0.11 : 0.06],
    8,
  );
  addBox(builder, [-0.12, 0.9, 0.02], [0.12, 1.2, 0.18]);
  const heads: Vec3[] = [[0, 2.35, -0.12]];
  if (arm > 0) {
    addTube(
      builder,
      [
        [0, height, 0],
        [arm, height + 0.15, 0],
      ],
      [0.07, 0.045],
      7,
    );
    heads.push([arm, height - 0.45, -0.06]);
  }
  for (const [x, y, z] of heads) {
    builder.material = materials.plastic;
    builder.colour = 0xffffffff;
    addBox(builder, [x - 0.16, y, z - 0.1], [x + 0.16, y + 0.95, z + 0.12]);
    builder.colour = packColour(0.6, 0.6, 0.6);
    builder.material = materials.paint;
    for (let k = 0; k < 3; k++) {
      const lit = (k === 2 && state === 'red') || (k === 0 && state === 'green');
      builder.material = lit ? materials.glow : materials.plastic;
      builder.colour = lit
        ? state === 'red'
          ? packColour(1, 0.08, 0.03)
          : packColour(0.1, 0.9, 0.5)
        : packColour(0.5, 0.45, 0.4);
      const cy = y + 0.17 + k * 0.3;
      addDisc(builder, [x, cy, z - 0.11], [0, 0, -1], 0.1, 12);
      builder.material = materials.plastic;
      builder.colour = 0xffffffff;
      addBox(builder, [x - 0.12, cy + 0.09, z - 0.28], [x + 0.12, cy + 0.11, z - 0.1]);
    }
  }
  builder.colour = 0xffffffff;
  return builder.build();
}

/** Low things on pavements. */
export const smallThings = [
  'bollard',
  'bin',
  'cabinet',
  'bench',
  'shelter',
  'column',
  'delineator',
  'planter',
] as const;

/** One of the things above. */
export type SmallThing = (typeof smallThings)[number];

/** A low thing, its front towards -x (the road). */
export function smallThingMesh(kind: SmallThing, random: Random, materials: StreetMaterials): Mesh {
  const builder = new MeshBuilder();
  builder.material = materials.paint;
  smallBuilders[kind](builder, random, materials);
  return builder.build();
}

const smallBuilders: Record<SmallThing, (builder: MeshBuilder, random: Random, materials: StreetMaterials) => void> = {
  bollard(builder, random) {
    builder.colour = random.chance(0.5) ? packColour(0.04, 0.04, 0.045) : packColour(0.5, 0.05, 0.04);
    addCylinder(builder, [0, 0, 0], random.uniform(0.7, 1), 0.06, 0.055, 9);
    builder.colour = packColour(0.7, 0.7, 0.7);
    addCylinder(builder, [0, 0.62, 0], 0.08, 0.064, 0.064, 9);
  },
  bin(builder, random) {
    const [r, g, b] = random.pick([
      [0.04, 0.04, 0.045],
      [0.03, 0.12, 0.05],
      [0.45, 0.3, 0.02],
      [0.03, 0.06, 0.2],
    ] as const);
    builder.colour = packColour(r, g, b);
    const h = random.uniform(0.9, 1.2);
    addBox(builder, [-0.29, 0.05, -0.28], [0.29, h, 0.28]);
    builder.colour = packColour(r * 0.6, g * 0.6, b * 0.6);
    addBox(builder, [-0.33, h, -0.31], [0.31, h + 0.07, 0.31]);
  },
  cabinet(builder, random) {
    builder.colour = packColour(0.4, 0.42, 0.4);
    addBox(builder, [-0.18, 0, -random.uniform(0.3, 0.8)], [0.18, random.uniform(0.9, 1.5), 0.5]);
  },
  bench(builder, _random, materials) {
    builder.material = materials.wood;
    for (let k = 0; k < 4; k++) addBox(builder, [-0.2 + k * 0.12, 0.44, -0.8], [-0.1 + k * 0.12, 0.48, 0.8]);
    for (let k = 0; k < 3; k++) addBox(builder, [0.3, 0.58 + k * 0.13, -0.8], [0.33, 0.68 + k * 0.13, 0.8]);
    builder.material = materials.plastic;
    for (const z of [-0.6, 0.6]) addBox(builder, [-0.18, 0, z - 0.03], [0.3, 0.44, z + 0.03]);
  },
  shelter(builder, _random, materials) {
    builder.material = materials.metal;
    for (const z of [-1.8, 0, 1.8]) {
      for (const x of [0, 1.3]) addBox(builder, [x - 0.03, 0, z - 0.03], [x + 0.03, 2.35, z + 0.03]);
    }
    addBox(builder, [-0.25, 2.35, -1.95], [1.45, 2.47, 1.95]);
    builder.material = materials.window;
    builder.face([1.3, 0.25, 1.75], [1.3, 0.25, -1.75], [1.3, 2.25, -1.75], [1.3, 2.25, 1.75]);
    builder.material = materials.posters[0]!;
    builder.face([0.1, 0.4, 1.83], [1.2, 0.4, 1.83], [1.2, 2.1, 1.83], [0.1, 2.1, 1.83]);
    builder.face([0.1, 0.4, 1.79], [1.2, 0.4, 1.79], [1.2, 2.1, 1.79], [0.1, 2.1, 1.79]);
  },
  column(builder, random, materials) {
    builder.material = random.pick(materials.posters);
    addTube(
      builder,
      [
        [0, 0.2, 0],
        [0, 2.9, 0],
      ],
      [0.6],
      20,
      2.5,
    );
    builder.material = materials.paint;
    builder.colour = packColour(0.1, 0.14, 0.12);
    addCylinder(builder, [0, 2.9, 0], 0.25, 0.72, 0.35, 20);
    addCylinder(builder, [0, 0, 0], 0.22, 0.68, 0.66, 20);
  },
  delineator(builder) {
    builder.colour = packColour(0.8, 0.8, 0.78);
    addBox(builder, [-0.05, 0, -0.05], [0.05, 0.66, 0.05]);
    builder.colour = packColour(0.02, 0.02, 0.02);
    addBox(builder, [-0.052, 0.66, -0.052], [0.052, 0.86, 0.052]);
    builder.colour = packColour(0.8, 0.8, 0.78);
    addBox(builder, [-0.05, 0.86, -0.05], [0.05, 1, 0.05]);
  },
  planter(builder, _random, materials) {
    builder.material = materials.walls[4]!;
    addBox(builder, [-0.45, 0, -0.45], [0.45, 0.55, 0.45]);
    builder.material = materials.tuft;
    builder.colour = packColour(0.4, 0.6, 0.3);
    for (let k = 0; k < 4; k++) {
      const angle = (k / 4) * Math.PI;
      const [c, s] = [Math.cos(angle) * 0.5, Math.sin(angle) * 0.5];
      const i0 = builder.vertex(-c, 1.05, -s, 0, 1, 0, 0, 0);
      const i1 = builder.vertex(c, 1.05, s, 0, 1, 0, 1, 0);
      const i2 = builder.vertex(c, 0.5, s, 0, 1, 0, 1, 1);
      const i3 = builder.vertex(-c, 0.5, -s, 0, 1, 0, 0, 1);
      builder.quad(i0, i1, i2, i3);
    }
  },
};

/** A steel guard rail along a path of ground points: a W-shaped band on posts. */
export function guardRailMesh(path: readonly Vec3[], materials: StreetMaterials): Mesh {
  const builder = new MeshBuilder();
  builder.material = materials.metal;
  const profile: readonly (readonly [number, number])[] = [
    [0, 0.44],
    [0.06, 0.5],
    [0.06, 0.55],
    [0, 0.6],
    [0, 0.63],
    [0.06, 0.68],
    [0.06, 0.73],
    [0, 0.78],
  ];
  for (let i = 0; i + 1 < path.length; i++) {
    const [a, b] = [path[i]!, path[i + 1]!];
    const length = Math.hypot(b[0] - a[0], b[2] - a[2]) || 1;
    const side: Vec3 = [(b[2] - a[2]) / length, 0, -(b[0] - a[0]) / length];
    for (let k = 0; k + 1 < profile.length; k++) {
      const [o0, y0] = profile[k]!;
      const [o1, y1] = profile[k + 1]!;
      builder.face(
        [a[0] + side[0] * o0, a[1] + y0, a[2] + side[2] * o0],
        [b[0] + side[0] * o0, b[1] + y0, b[2] + side[2] * o0],
        [b[0] + side[0] * o1, b[1] + y1, b[2] + side[2] * o1],
        [a[0] + side[0] * o1, a[1] + y1, a[2] + side[2] * o1],
      );
    }
    const post = [a[0] - side[0] * 0.06, a[1], a[2] - side[2] * 0.06] as const;
    addBox(builder, [post[0] - 0.05, post[1], post[2] - 0.05], [post[0] + 0.05, post[1] + 0.74, post[2] + 0.05]);
  }
  return builder.build();
}

/** A fence along a path of ground points: of slats, of iron bars, of wire mesh, or a low wall. */
export function fenceMesh(
  path: readonly Vec3[],
  kind: 'slats' | 'bars' | 'mesh' | 'wall' | 'rail',
  height: number,
  random: Random,
  materials: StreetMaterials,
): Mesh {
  const builder = new MeshBuilder();
  const tone = random.uniform(0.1, 0.8);
  const dye = random.chance(0.5) ? packColour(tone, tone * 0.85, tone * 0.7) : packColour(0.1, 0.16, 0.1);
  for (let i = 0; i + 1 < path.length; i++) {
    const [a, b] = [path[i]!, path[i + 1]!];
    const length = Math.hypot(b[0] - a[0], b[2] - a[2]) || 1;
    const at = (s: number, y: number): Vec3 => [
      a[0] + ((b[0] - a[0]) * s) / length,
      a[1] + ((b[1] - a[1]) * s) / length + y,
      a[2] + ((b[2] - a[2]) * s) / length,
    ];
    builder.colour = dye;
    if (kind === 'wall') {
      builder.colour = 0xffffffff;
      builder.material = materials.walls[(i + Math.floor(tone * 10)) % 2 === 0 ? 3 : 3]!;
      const [nx, nz] = [((b[2] - a[2]) / length) * 0.12, (-(b[0] - a[0]) / length) * 0.12];
      const shift = ([x, y, z]: Vec3, k: number): Vec3 => [x + nx * k, y, z + nz * k];
      builder.face(
        shift(at(0, 0), -1),
        shift(at(length, 0), -1),
        shift(at(length, height), -1),
        shift(at(0, height), -1),
      );
      builder.face(shift(at(length, 0), 1), shift(at(0, 0), 1), shift(at(0, height), 1), shift(at(length, height), 1));
      builder.face(
        shift(at(0, height), -1),
        shift(at(length, height), -1),
        shift(at(length, height), 1),
        shift(at(0, height), 1),
      );
      continue;
    }
    builder.material = materials.metal;
    builder.colour = kind === 'slats' ? dye : packColour(0.3, 0.34, 0.3);
    addTube(builder, [at(0, 0), at(0, height)], [0.03], 5);
    if (kind === 'mesh') {
      builder.material = materials.wireMesh;
      builder.colour = 0xffffffff;
      builder.face(at(0, 0.05), at(length, 0.05), at(length, height - 0.03), at(0, height - 0.03));
      builder.material = materials.metal;
      addTube(builder, [at(0, height), at(length, height)], [0.02], 5);
      continue;
    }
    for (const y of kind === 'rail' ? [height, height * 0.55] : [height * 0.85, height * 0.2]) {
      addTube(builder, [at(0, y), at(length, y)], [kind === 'rail' ? 0.03 : 0.02], 5);
    }
    if (kind === 'rail') continue;
    const step = kind === 'slats' ? 0.14 : 0.12;
    builder.material = materials.paint;
    const half = kind === 'slats' ? 0.045 : 0.011;
    for (let s = step / 2; s < length; s += step)
      builder.face(at(s - half, 0.05), at(s + half, 0.05), at(s + half, height), at(s - half, height));
  }
  builder.colour = 0xffffffff;
  return builder.build();
}

/** A bridge over the road: spans from x = -half to half at z = 0, `clearance` above the road. */
export function bridgeMesh(half: number, clearance: number, random: Random, materials: StreetMaterials): Mesh {
  const builder = new MeshBuilder();
  const depth = random.uniform(7, 12);
  builder.material = materials.walls[4]!;
  addBox(builder, [-half - 30, clearance, 0], [half + 30, clearance + random.uniform(0.9, 1.5), depth]);
  addBox(builder, [-half - 3, -1, 0.4], [-half, clearance, depth - 0.4]);
  addBox(builder, [half, -1, 0.4], [half + 3, clearance, depth - 0.4]);
  if (random.chance(0.5)) {
    for (const z of [depth * 0.3, depth * 0.7])
      addTube(
        builder,
        [
          [-0.3, -0.5, z],
          [-0.3, clearance, z],
        ],
        [0.4],
        12,
        3,
      );
  }
  builder.material = materials.metal;
  const top = clearance + 1;
  for (const z of [0.1, depth - 0.1]) {
    addBox(builder, [-half - 30, top + 1, z - 0.04], [half + 30, top + 1.08, z + 0.04]);
    for (let x = -half - 12; x <= half + 12; x += 0.5)
      addBox(builder, [x - 0.015, top - 0.2, z - 0.015], [x + 0.015, top + 1, z + 0.015]);
  }
  return builder.build();
}

/** A gantry over a motorway with boards that face -z. */
export function gantryMesh(from: number, to: number, random: Random, materials: StreetMaterials): Mesh {
  const builder = new MeshBuilder();
  builder.material = materials.metal;
  const height = random.uniform(6, 7);
  for (const x of [from, to]) addBox(builder, [x - 0.2, 0, -0.2], [x + 0.2, height + 1, 0.2]);
  for (const y of [height, height + 1]) addBox(builder, [from, y - 0.08, -0.08], [to, y + 0.08, 0.08]);
  for (let x = from; x < to - 1; x += 1.2)
    addTube(
      builder,
      [
        [x, height, 0],
        [x + 0.6, height + 1, 0],
        [x + 1.2, height, 0],
      ],
      [0.035],
      4,
    );
  let x = from + 1;
  while (x + 3 < to) {
    const width = random.uniform(2.5, 4.5);
    const w = Math.min(width, to - x - 0.4);
    const y0 = height - 0.7;
    builder.material = materials.signs.motorway;
    const i0 = builder.vertex(x, y0, -0.25, 0, 0, -1, 0, 1);
    const i1 = builder.vertex(x + w, y0, -0.25, 0, 0, -1, 1, 1);
    const i2 = builder.vertex(x + w, y0 + 2.4, -0.25, 0, 0, -1, 1, 0);
    const i3 = builder.vertex(x, y0 + 2.4, -0.25, 0, 0, -1, 0, 0);
    builder.quad(i0, i1, i2, i3);
    x += width + random.uniform(0.4, 1.5);
  }
  return builder.build();
}
