import type { Random } from '../../../base/random.js';
import { type Mesh, MeshBuilder, packColour } from '../mesh.js';
import { addBlob, addBox, addTube, type Vec3 } from '../shapes.js';
import type { StreetMaterials } from './materials.js';

/** What a person wears; the same person in every frame. */
export interface Person {
  readonly heightM: number;
  readonly top: number;
  readonly trousers: number;
  readonly skin: number;
  readonly hair: number;
  readonly hasBag: boolean;
}

/** Hues of clothes: white to black, denim, beige, red, olive, navy, wine. */
const cloths: readonly Vec3[] = [
  [1, 1, 1],
  [1, 1, 1],
  [0.95, 1, 1.1],
  [0.45, 0.62, 1],
  [1, 0.85, 0.65],
  [1, 0.25, 0.2],
  [0.6, 0.65, 0.35],
  [0.25, 0.35, 0.8],
  [0.7, 0.2, 0.3],
];

/** Makes up a person. */
export function createPerson(random: Random): Person {
  // Clothes are dark or faded more often than bright.
  const dye = (brightest: number): number => {
    const value = random.uniform(0.12, brightest) ** 2;
    const [r, g, b] = random.pick(cloths);
    return packColour(r * value, g * value, b * value, 0.9);
  };
  const skin = random.uniform(0.25, 1);
  return {
    heightM: random.chance(0.12) ? random.uniform(1.1, 1.4) : random.uniform(1.58, 1.9),
    top: dye(0.85),
    trousers: dye(0.55),
    skin: packColour(0.55 * skin, 0.36 * skin, 0.27 * skin, 0.9),
    hair: packColour(random.uniform(0.01, 0.2), random.uniform(0.01, 0.1), 0.02, 0.9),
    hasBag: random.chance(0.3),
  };
}

/** A walking person facing +z; `phase` (radians) goes once round for two steps, `stride` 0 stands still. */
export function walkerMesh(person: Person, phase: number, stride: number, materials: StreetMaterials): Mesh {
  const builder = new MeshBuilder();
  const k = person.heightM / 1.75;
  const swing = Math.sin(phase) * 0.5 * stride;
  const hip = 0.92;
  for (const side of [-1, 1]) {
    const angle = swing * side;
    const bend = stride * Math.max(0, Math.sin(phase + (side > 0 ? 0.8 : Math.PI + 0.8))) * 0.7;
    const knee: Vec3 = [side * 0.1, hip - 0.45 * Math.cos(angle), 0.45 * Math.sin(angle)];
    const foot: Vec3 = [side * 0.1, knee[1] - 0.44 * Math.cos(angle - bend), knee[2] + 0.44 * Math.sin(angle - bend)];
    limb(builder, materials.cloth, person.trousers, k, [[side * 0.09, hip, 0], knee, foot], [0.095, 0.075, 0.055]);
    builder.material = materials.plastic;
    builder.colour = 0xffffffff;
    addBox(
      builder,
      [foot[0] * k - 0.045, Math.max(0, foot[1] * k - 0.07), foot[2] * k - 0.07],
      [foot[0] * k + 0.045, Math.max(0.07, foot[1] * k + 0.02), foot[2] * k + 0.18],
    );
    const arm = -angle * 0.8;
    const elbow: Vec3 = [side * 0.25, 1.42 - 0.3 * Math.cos(arm), 0.3 * Math.sin(arm)];
    const hand: Vec3 = [side * 0.25, elbow[1] - 0.26 * Math.cos(arm + 0.3), elbow[2] + 0.26 * Math.sin(arm + 0.3)];
    limb(builder, materials.cloth, person.top, k, [[side * 0.2, 1.42, 0], elbow, hand], [0.062, 0.052, 0.04]);
    blob(builder, materials.cloth, person.top, k, [side * 0.19, 1.4, 0], [0.075, 0.075, 0.07]);
    blob(builder, materials.cloth, person.skin, k, hand, [0.04, 0.06, 0.04]);
  }
  torso(builder, person, materials, k, [0, 0.9, 0], [0, 1.48, 0]);
  if (person.hasBag) blob(builder, materials.cloth, person.trousers, k, [0, 1.22, -0.17], [0.15, 0.22, 0.1]);
  return builder.build();
}

/** A person on a bicycle riding towards +z; `phase` turns the pedals. */
export function cyclistMesh(person: Person, phase: number, materials: StreetMaterials): Mesh {
  const builder = new MeshBuilder();
  builder.material = materials.tyre;
  for (const z of [-0.52, 0.52]) {
    const rim: Vec3[] = Array.from({ length: 21 }, (_, i) => {
      const angle = (i / 20) * 2 * Math.PI;
      return [0, 0.34 + Math.cos(angle) * 0.33, z + Math.sin(angle) * 0.33];
    });
    addTube(builder, rim, [0.018], 5);
    builder.material = materials.rim;
    for (let spoke = 0; spoke < 6; spoke++) {
      const angle = (spoke / 6) * Math.PI + phase;
      const [c, s] = [Math.cos(angle) * 0.32, Math.sin(angle) * 0.32];
      addTube(
        builder,
        [
          [0, 0.34 + c, z + s],
          [0, 0.34 - c, z - s],
        ],
        [0.004],
        3,
      );
    }
    builder.material = materials.tyre;
  }
  builder.material = materials.lamp;
  builder.colour = person.top;
  const crank: Vec3 = [0, 0.3, -0.05];
  const saddle: Vec3 = [0, 0.92, -0.25];
  const head: Vec3 = [0, 0.9, 0.4];
  for (const [a, b] of [
    [crank, saddle],
    [crank, head],
    [saddle, head],
    [crank, [0, 0.34, -0.52]],
    [saddle, [0, 0.34, -0.52]],
    [
      [0, 1.02, 0.38],
      [0, 0.34, 0.52],
    ],
  ] as readonly (readonly [Vec3, Vec3])[]) {
    addTube(builder, [a, b], [0.02], 6);
  }
  addTube(
    builder,
    [
      [-0.27, 1.04, 0.3],
      [0, 1.04, 0.4],
      [0.27, 1.04, 0.3],
    ],
    [0.015],
    5,
  );
  for (const side of [-1, 1]) {
    const turn = phase + (side > 0 ? 0 : Math.PI);
    const pedal: Vec3 = [side * 0.1, 0.3 + Math.cos(turn) * 0.17, -0.05 + Math.sin(turn) * 0.17];
    const hip: Vec3 = [side * 0.09, 0.98, -0.22];
    const knee: Vec3 = [side * 0.12, (hip[1] + pedal[1]) / 2 + 0.08, (hip[2] + pedal[2]) / 2 + 0.26];
    limb(builder, materials.cloth, person.trousers, 1, [hip, knee, pedal], [0.095, 0.075, 0.055]);
    limb(
      builder,
      materials.cloth,
      person.top,
      1,
      [
        [side * 0.2, 1.45, 0.02],
        [side * 0.25, 1.22, 0.16],
        [side * 0.25, 1.06, 0.3],
      ],
      [0.06, 0.05, 0.04],
    );
  }
  for (const side of [-1, 1]) {
    blob(builder, materials.cloth, person.top, 1, [side * 0.18, 1.43, 0.01], [0.085, 0.08, 0.08]);
  }
  torso(builder, person, materials, 1, [0, 0.95, -0.22], [0, 1.48, 0.02]);
  return builder.build();
}

function torso(
  builder: MeshBuilder,
  person: Person,
  materials: StreetMaterials,
  k: number,
  hip: Vec3,
  neck: Vec3,
): void {
  const middle: Vec3 = [0, (hip[1] + neck[1]) / 2, (hip[2] + neck[2]) / 2];
  blob(
    builder,
    materials.cloth,
    person.top,
    k,
    [0, middle[1] + 0.08, middle[2] + 0.02],
    [0.19, (neck[1] - hip[1]) * 0.5, 0.125],
  );
  blob(builder, materials.cloth, person.trousers, k, [hip[0], hip[1] + 0.02, hip[2]], [0.175, 0.14, 0.13]);
  limb(builder, materials.cloth, person.skin, k, [neck, [0, neck[1] + 0.1, neck[2] + 0.01]], [0.055, 0.05]);
  blob(builder, materials.cloth, person.skin, k, [0, neck[1] + 0.18, neck[2] + 0.02], [0.078, 0.115, 0.095]);
  blob(builder, materials.cloth, person.hair, k, [0, neck[1] + 0.215, neck[2] - 0.005], [0.085, 0.1, 0.1]);
}

function limb(
  builder: MeshBuilder,
  material: number,
  colour: number,
  k: number,
  path: readonly Vec3[],
  radii: readonly number[],
): void {
  builder.material = material;
  builder.colour = colour;
  addTube(
    builder,
    path.map(([x, y, z]): Vec3 => [x * k, y * k, z * k]),
    radii.map((radius) => radius * k),
    7,
  );
}

function blob(builder: MeshBuilder, material: number, colour: number, k: number, centre: Vec3, size: Vec3): void {
  builder.material = material;
  builder.colour = colour;
  const offset: Vec3 = [centre[0] * k, centre[1] * k, centre[2] * k];
  unitBlob ??= createUnitBlob();
  builder.append(unitBlob, [size[0] * k, size[1] * k, size[2] * k], offset);
}

let unitBlob: Mesh | undefined;

/** A little boxier than a ball, as bodies in clothes are. */
function createUnitBlob(): Mesh {
  const builder = new MeshBuilder();
  const full = (v: number): number => Math.sign(v) * Math.abs(v) ** 0.78;
  addBlob(builder, 10, 8, 1, 1, ([x, y, z]) => [full(x), full(y), full(z)]);
  return builder.build();
}
