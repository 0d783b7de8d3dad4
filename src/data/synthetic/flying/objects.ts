import type { Random } from '../../../base/random.js';
import { type Mesh, MeshBuilder } from '../mesh.js';
import { addBlob, addBox, addDisc, addGrid, addTube, type Vec3 } from '../shapes.js';

/** The shapes that fly, about 1 m large, with how often each comes. */
export const flyingShapes = [
  ['box', 4],
  ['blob', 4],
  ['rock', 2],
  ['disc', 2],
  ['polygon', 3],
  ['sheet', 3],
  ['bar', 3],
  ['wire', 2],
  ['frame', 2],
  ['fence', 2],
  ['ring', 1],
  ['clump', 2],
  ['table', 1],
] as const;

/** One of the shapes above. */
export type FlyingShape = (typeof flyingShapes)[number][0];

/** A random member of a shape's family; `materials` are used in turn for its parts. */
export function createFlyingMesh(shape: FlyingShape, materials: readonly number[], random: Random): Mesh {
  const builder = new MeshBuilder();
  builder.material = materials[0]!;
  builders[shape](builder, materials, random);
  return builder.build();
}

const builders: Record<FlyingShape, (builder: MeshBuilder, materials: readonly number[], random: Random) => void> = {
  box(builder, _materials, random) {
    const [x, y, z] = [random.uniform(0.15, 0.5), random.uniform(0.15, 0.5), random.uniform(0.1, 0.5)];
    addBox(builder, [-x, -y, -z], [x, y, z]);
  },
  blob(builder, _materials, random) {
    const scale: Vec3 = [random.uniform(0.2, 0.5), random.uniform(0.2, 0.5), random.uniform(0.2, 0.5)];
    // Superellipsoid: exponent 1 = ellipsoid, below it boxy, above it pointed.
    const power = random.chance(0.5) ? 1 : random.uniform(0.4, 1.6);
    const bend = (v: number): number => Math.sign(v) * Math.abs(v) ** power;
    addBlob(builder, 28, 16, 2, 1, ([x, y, z]) => [bend(x) * scale[0], bend(y) * scale[1], bend(z) * scale[2]]);
  },
  rock(builder, _materials, random) {
    const waves = Array.from({ length: 6 }, () => ({
      axis: [random.normal() * 3, random.normal() * 3, random.normal() * 3] as const,
      phase: random.uniform(0, 6.3),
      height: random.uniform(0.02, 0.14),
    }));
    addBlob(builder, 30, 18, 2, 1, (d) => {
      let radius = 0.35;
      for (const { axis, phase, height } of waves) {
        radius += height * Math.sin(axis[0] * d[0] + axis[1] * d[1] + axis[2] * d[2] + phase) * 0.6;
      }
      return [d[0] * radius, d[1] * radius, d[2] * radius];
    });
  },
  disc(builder, _materials, random) {
    addDisc(builder, [0, 0, 0], [0, 0, -1], random.uniform(0.25, 0.5), 32);
  },
  polygon(builder, _materials, random) {
    const corners = 3 + random.integer(7);
    const star = random.chance(0.4);
    const points: Vec3[] = [];
    for (let k = 0; k < corners * (star ? 2 : 1); k++) {
      const angle = (k / (corners * (star ? 2 : 1))) * 2 * Math.PI;
      const radius = star && k % 2 === 1 ? random.uniform(0.12, 0.3) : random.uniform(0.35, 0.5);
      points.push([Math.cos(angle) * radius, Math.sin(angle) * radius, 0]);
    }
    const depth = random.chance(0.5) ? random.uniform(0.02, 0.3) : 0;
    for (const z of depth > 0 ? [0, depth] : [0]) {
      const centre = builder.vertex(0, 0, z, 0, 0, z > 0 ? 1 : -1, 0, 0);
      const rim = points.map(([x, y]) => builder.vertex(x, y, z, 0, 0, z > 0 ? 1 : -1, x, y));
      rim.forEach((vertex, k) => {
        builder.triangle(centre, vertex, rim[(k + 1) % rim.length]!);
      });
    }
    if (depth > 0) {
      points.forEach(([x, y], k) => {
        const [nx, ny] = points[(k + 1) % points.length]!;
        builder.face([x, y, 0], [nx, ny, 0], [nx, ny, depth], [x, y, depth]);
      });
    }
  },
  sheet(builder, _materials, random) {
    const [w, h] = [random.uniform(0.25, 0.5), random.uniform(0.25, 0.5)];
    const [bend, twist] = [random.uniform(-0.4, 0.4), random.uniform(-0.3, 0.3)];
    const ripple = random.chance(0.4) ? random.uniform(0, 0.06) : 0;
    const cells = 14;
    addGrid(
      builder,
      cells,
      cells,
      (column, row) => {
        const x = (column / cells) * 2 - 1;
        const y = (row / cells) * 2 - 1;
        return [x * w, -y * h, bend * x * x + twist * x * y + ripple * Math.sin(x * 7 + y * 3)];
      },
      (column, row) => [(column / cells) * 2 * w, (row / cells) * 2 * h],
    );
  },
  bar(builder, _materials, random) {
    const thickness = random.uniform(0.008, 0.05);
    const length = random.uniform(0.8, 2.5);
    if (random.chance(0.5))
      addTube(
        builder,
        [
          [0, -length, 0],
          [0, length, 0],
        ],
        [thickness],
        8,
        0.3,
      );
    else addBox(builder, [-thickness, -length, -thickness], [thickness, length, thickness * random.uniform(1, 5)]);
  },
  wire(builder, _materials, random) {
    const radius = random.uniform(0.004, 0.02);
    const turns = random.uniform(1, 9);
    const [a, b, c] = [random.uniform(0.1, 0.6), random.uniform(0.1, 0.6), random.uniform(0.05, 0.4)];
    const phase = random.uniform(0, 6);
    const path: Vec3[] = Array.from({ length: 40 }, (_, k) => {
      const t = (k / 39) * turns;
      return [
        a * Math.sin(t * 1.3 + phase),
        b * Math.cos(t) * (random.chance(0.5) ? 1 : 1.02),
        c * Math.sin(t * 0.7) + k * 0.003,
      ];
    });
    addTube(builder, path, [radius], 5, 0.2);
  },
  frame(builder, _materials, random) {
    const [w, h, t, d] = [
      random.uniform(0.3, 0.5),
      random.uniform(0.3, 0.5),
      random.uniform(0.03, 0.15),
      random.uniform(0.02, 0.1),
    ];
    addBox(builder, [-w, -h, -d], [-w + t, h, d]);
    addBox(builder, [w - t, -h, -d], [w, h, d]);
    addBox(builder, [-w, -h, -d], [w, -h + t, d]);
    addBox(builder, [-w, h - t, -d], [w, h, d]);
  },
  fence(builder, _materials, random) {
    const bars = 4 + random.integer(16);
    const thickness = random.uniform(0.006, 0.025);
    const even = random.chance(0.7);
    for (let k = 0; k < bars; k++) {
      const x = (k / (bars - 1)) * 1.4 - 0.7 + (even ? 0 : random.uniform(-0.04, 0.04));
      addBox(builder, [x - thickness, -0.4, -0.01], [x + thickness, 0.4, 0.01]);
    }
    for (const y of [-0.32, 0.3]) addBox(builder, [-0.75, y - thickness, 0.01], [0.75, y + thickness, 0.03]);
  },
  ring(builder, _materials, random) {
    const radius = random.uniform(0.25, 0.45);
    const thickness = random.uniform(0.02, 0.14);
    const path: Vec3[] = Array.from({ length: 33 }, (_, k) => {
      const angle = (k / 32) * 2 * Math.PI;
      return [Math.cos(angle) * radius, Math.sin(angle) * radius, 0];
    });
    addTube(builder, path, [thickness], 10, 0.3);
  },
  clump(builder, _materials, random) {
    const leaves = 60 + random.integer(140);
    for (let k = 0; k < leaves; k++) {
      const centre: Vec3 = [random.normal(0, 0.2), random.normal(0, 0.2), random.normal(0, 0.2)];
      const reach = random.uniform(0.03, 0.1);
      const a: Vec3 = [random.normal(0, reach), random.normal(0, reach), random.normal(0, reach)];
      const b: Vec3 = [random.normal(0, reach), random.normal(0, reach), random.normal(0, reach)];
      builder.face(
        centre,
        [centre[0] + a[0], centre[1] + a[1], centre[2] + a[2]],
        [centre[0] + a[0] + b[0], centre[1] + a[1] + b[1], centre[2] + a[2] + b[2]],
        [centre[0] + b[0], centre[1] + b[1], centre[2] + b[2]],
        random.uniform(0, 3),
        random.uniform(0, 3),
      );
    }
  },
  table(builder, materials, random) {
    const [w, d, leg] = [random.uniform(0.3, 0.5), random.uniform(0.2, 0.4), random.uniform(0.01, 0.04)];
    addBox(builder, [-w, 0.2, -d], [w, 0.2 + leg * 1.5, d]);
    builder.material = materials[materials.length - 1]!;
    for (const x of [-w, w - leg]) {
      for (const z of [-d, d - leg]) addBox(builder, [x, -0.4, z], [x + leg, 0.2, z + leg]);
    }
  },
};
