import type { Random } from '../../../base/random.js';
import { type Mesh, MeshBuilder, packColour } from '../mesh.js';
import { addBox, addTube, type Vec3 } from '../shapes.js';
import type { StreetMaterials } from './materials.js';

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
      builder.material = materials.walls[3]!;
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
