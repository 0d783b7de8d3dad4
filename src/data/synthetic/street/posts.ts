import type { Random } from '../../../base/random.js';
import { type Mesh, MeshBuilder, packColour } from '../mesh.js';
import { addBox, addCylinder, addDisc, addTube, type Vec3 } from '../shapes.js';
import type { StreetMaterials } from './materials.js';
import type { SignName } from './sign-faces.js';

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
