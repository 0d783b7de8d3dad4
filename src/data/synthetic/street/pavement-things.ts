import type { Random } from '../../../base/random.js';
import { type Mesh, MeshBuilder, packColour } from '../mesh.js';
import { addBox, addCylinder, addTube } from '../shapes.js';
import type { StreetMaterials } from './materials.js';

/** Low things on pavements. */
const smallThings = ['bollard', 'bin', 'cabinet', 'bench', 'shelter', 'column', 'delineator', 'planter'] as const;

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
