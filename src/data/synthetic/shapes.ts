import { type Mesh, MeshBuilder } from './mesh.js';

/** A point or direction in a mesh's frame. */
export type Vec3 = readonly [number, number, number];

/** A box between two corners, each side with texture coordinates in metres. */
export function addBox(builder: MeshBuilder, low: Vec3, high: Vec3): void {
  const [x0, y0, z0] = low;
  const [x1, y1, z1] = high;
  builder.face([x0, y0, z0], [x1, y0, z0], [x1, y1, z0], [x0, y1, z0]);
  builder.face([x1, y0, z1], [x0, y0, z1], [x0, y1, z1], [x1, y1, z1]);
  builder.face([x0, y0, z1], [x0, y0, z0], [x0, y1, z0], [x0, y1, z1]);
  builder.face([x1, y0, z0], [x1, y0, z1], [x1, y1, z1], [x1, y1, z0]);
  builder.face([x0, y1, z0], [x1, y1, z0], [x1, y1, z1], [x0, y1, z1]);
  builder.face([x0, y0, z1], [x1, y0, z1], [x1, y0, z0], [x0, y0, z0]);
}

/** A tube of round cross-section along a path, with a radius at each point; ends are open. */
export function addTube(
  builder: MeshBuilder,
  path: readonly Vec3[],
  radii: readonly number[],
  sides: number,
  repeatM = 1,
): void {
  let previous = -1;
  let along = 0;
  for (let i = 0; i < path.length; i++) {
    const here = path[i]!;
    const before = path[Math.max(0, i - 1)]!;
    const after = path[Math.min(path.length - 1, i + 1)]!;
    const axis = normalised([after[0] - before[0], after[1] - before[1], after[2] - before[2]]);
    const helper: Vec3 = Math.abs(axis[1]) < 0.9 ? [0, 1, 0] : [1, 0, 0];
    const side = normalised(cross(helper, axis));
    const front = cross(axis, side);
    if (i > 0) along += Math.hypot(here[0] - before[0], here[1] - before[1], here[2] - before[2]);
    const first = builder.vertexCount;
    const radius = radii[Math.min(i, radii.length - 1)]!;
    for (let k = 0; k <= sides; k++) {
      const angle = (k / sides) * 2 * Math.PI;
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      const n: Vec3 = [side[0] * c + front[0] * s, side[1] * c + front[1] * s, side[2] * c + front[2] * s];
      const u = (k / sides) * Math.max(1, Math.round((2 * Math.PI * radii[0]!) / repeatM));
      builder.vertex(
        here[0] + n[0] * radius,
        here[1] + n[1] * radius,
        here[2] + n[2] * radius,
        n[0],
        n[1],
        n[2],
        u,
        along / repeatM,
      );
    }
    if (previous >= 0) {
      for (let k = 0; k < sides; k++) builder.quad(previous + k, previous + k + 1, first + k + 1, first + k);
    }
    previous = first;
  }
}

/** An upright cylinder or cone frustum with a lid, standing on `base`. */
export function addCylinder(
  builder: MeshBuilder,
  base: Vec3,
  height: number,
  radiusLow: number,
  radiusHigh: number,
  sides: number,
): void {
  const top: Vec3 = [base[0], base[1] + height, base[2]];
  addTube(builder, [base, top], [radiusLow, radiusHigh], sides);
  addDisc(builder, top, [0, 1, 0], radiusHigh, sides);
}

/** A flat disc. Texture coordinates in metres from its middle. */
export function addDisc(builder: MeshBuilder, centre: Vec3, normal: Vec3, radius: number, sides: number): void {
  const helper: Vec3 = Math.abs(normal[1]) < 0.9 ? [0, 1, 0] : [1, 0, 0];
  const side = normalised(cross(helper, normal));
  const front = cross(normal, side);
  const middle = builder.vertex(...centre, ...normal, 0, 0);
  for (let k = 0; k <= sides; k++) {
    const angle = (k / sides) * 2 * Math.PI;
    const [c, s] = [Math.cos(angle) * radius, Math.sin(angle) * radius];
    const point: Vec3 = [
      centre[0] + side[0] * c + front[0] * s,
      centre[1] + side[1] * c + front[1] * s,
      centre[2] + side[2] * c + front[2] * s,
    ];
    const vertex = builder.vertex(...point, ...normal, c, s);
    if (k > 0) builder.triangle(middle, vertex - 1, vertex);
  }
}

/**
 * A surface around the origin given by its radius in each direction: spheres, ellipsoids, rocks. `shape` maps a unit
 * direction to a point. Normals are taken from the finished surface.
 */
export function addBlob(
  builder: MeshBuilder,
  columns: number,
  rows: number,
  repeatU: number,
  repeatV: number,
  shape: (direction: Vec3) => Vec3,
): void {
  const at = (column: number, row: number): Vec3 => {
    const azimuth = (column / columns) * 2 * Math.PI;
    const polar = (Math.max(0.001, Math.min(rows - 0.001, row)) / rows) * Math.PI;
    return shape([Math.sin(polar) * Math.cos(azimuth), Math.cos(polar), Math.sin(polar) * Math.sin(azimuth)]);
  };
  const first = builder.vertexCount;
  for (let row = 0; row <= rows; row++) {
    for (let column = 0; column <= columns; column++) {
      const point = at(column, row);
      const left = at(column - 0.5, row);
      const right = at(column + 0.5, row);
      const above = at(column, row - 0.5);
      const below = at(column, row + 0.5);
      const n = normalised(cross(minus(right, left), minus(above, below)));
      const outwards = n[0] * point[0] + n[1] * point[1] + n[2] * point[2] < 0 ? -1 : 1;
      builder.vertex(
        ...point,
        n[0] * outwards,
        n[1] * outwards,
        n[2] * outwards,
        (column / columns) * repeatU,
        (row / rows) * repeatV,
      );
    }
  }
  joinLattice(builder, first, columns, rows);
}

/** A grid of points joined by quads, with smooth normals. `point` and `uv` are asked for every corner. */
export function addGrid(
  builder: MeshBuilder,
  columns: number,
  rows: number,
  point: (column: number, row: number) => Vec3,
  uv: (column: number, row: number) => readonly [number, number],
): void {
  const first = builder.vertexCount;
  for (let row = 0; row <= rows; row++) {
    for (let column = 0; column <= columns; column++) {
      const right = minus(point(Math.min(columns, column + 1), row), point(Math.max(0, column - 1), row));
      const down = minus(point(column, Math.min(rows, row + 1)), point(column, Math.max(0, row - 1)));
      builder.vertex(...point(column, row), ...normalised(cross(right, down)), ...uv(column, row));
    }
  }
  joinLattice(builder, first, columns, rows);
}

/** Quads between the vertices of a lattice of (columns + 1) by (rows + 1) that begins at `first`, row by row. */
function joinLattice(builder: MeshBuilder, first: number, columns: number, rows: number): void {
  const stride = columns + 1;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const i = first + row * stride + column;
      builder.quad(i, i + 1, i + stride + 1, i + stride);
    }
  }
}

/** A mesh from one call that fills a builder. */
export function meshFrom(fill: (builder: MeshBuilder) => void): Mesh {
  const builder = new MeshBuilder();
  fill(builder);
  return builder.build();
}

/** The vector product. */
export function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** The difference a - b. */
export function minus(a: Vec3, b: Vec3): Vec3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

/** The vector scaled to length one. */
export function normalised(a: Vec3): Vec3 {
  const length = Math.hypot(a[0], a[1], a[2]) || 1;
  return [a[0] / length, a[1] / length, a[2] / length];
}
