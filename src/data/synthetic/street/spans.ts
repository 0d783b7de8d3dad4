import type { Random } from '../../../base/random.js';
import { type Mesh, MeshBuilder } from '../mesh.js';
import { addBox, addTube } from '../shapes.js';
import type { StreetMaterials } from './materials.js';

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
