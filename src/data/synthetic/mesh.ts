import { assert } from '../../base/assert.js';

/**
 * A triangle mesh in its own frame: x right, y up, z forward, metres. Vertex attributes are interpolated over a
 * triangle, except the colour, which is that of its first vertex.
 */
export interface Mesh {
  readonly vertexCount: number;
  readonly triangleCount: number;
  /** 3 a vertex. */
  readonly positions: Float32Array;
  /** 3 a vertex, unit length. */
  readonly normals: Float32Array;
  /** 2 a vertex, in texture repeats or metres, as the material says. */
  readonly uvs: Float32Array;
  /** Packed 0xSSRRGGBB: S = ambient light that arrives (255 = all of it), RGB = tint in square-root encoding. */
  readonly colours: Uint32Array;
  /** 3 a triangle. */
  readonly indices: Uint32Array;
  /** Index into the scene's material table, 1 a triangle. */
  readonly materials: Uint16Array;
  /** Sphere around all vertices: x, y, z, radius. */
  readonly bounds: readonly [number, number, number, number];
}

/** Packs a tint given as linear reflectance 0..1 and an ambient share 0..1 into a vertex colour. */
export function packColour(r: number, g: number, b: number, shade = 1): number {
  return ((byte(shade) << 24) | (byte(Math.sqrt(r)) << 16) | (byte(Math.sqrt(g)) << 8) | byte(Math.sqrt(b))) >>> 0;
}

function byte(value: number): number {
  return Math.max(0, Math.min(255, Math.round(value * 255)));
}

/** Collects vertices and triangles; the current `colour` and `material` apply to what is added next. */
export class MeshBuilder {
  colour = 0xffffffff;
  material = 0;
  readonly #positions: number[] = [];
  readonly #normals: number[] = [];
  readonly #uvs: number[] = [];
  readonly #colours: number[] = [];
  readonly #indices: number[] = [];
  readonly #materials: number[] = [];

  get vertexCount(): number {
    return this.#colours.length;
  }

  /** Adds a vertex and returns its index. */
  vertex(x: number, y: number, z: number, nx: number, ny: number, nz: number, u: number, v: number): number {
    this.#positions.push(x, y, z);
    this.#normals.push(nx, ny, nz);
    this.#uvs.push(u, v);
    this.#colours.push(this.colour);
    return this.#colours.length - 1;
  }

  triangle(a: number, b: number, c: number): void {
    this.#indices.push(a, b, c);
    this.#materials.push(this.material);
  }

  /** Two triangles over four vertices in order around the face. */
  quad(a: number, b: number, c: number, d: number): void {
    this.triangle(a, b, c);
    this.triangle(a, c, d);
  }

  /** A flat face over four points, with its own normal and texture coordinates in metres along its edges. */
  face(
    a: readonly [number, number, number],
    b: readonly [number, number, number],
    c: readonly [number, number, number],
    d: readonly [number, number, number],
    u0 = 0,
    v0 = 0,
  ): void {
    const [ux, uy, uz] = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
    const [vx, vy, vz] = [d[0] - a[0], d[1] - a[1], d[2] - a[2]];
    const uLength = Math.hypot(ux, uy, uz);
    const vLength = Math.hypot(vx, vy, vz);
    let [nx, ny, nz] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
    const length = Math.hypot(nx, ny, nz) || 1;
    [nx, ny, nz] = [nx / length, ny / length, nz / length];
    const i0 = this.vertex(a[0], a[1], a[2], nx, ny, nz, u0, v0);
    const i1 = this.vertex(b[0], b[1], b[2], nx, ny, nz, u0 + uLength, v0);
    const i2 = this.vertex(c[0], c[1], c[2], nx, ny, nz, u0 + uLength, v0 + vLength);
    const i3 = this.vertex(d[0], d[1], d[2], nx, ny, nz, u0, v0 + vLength);
    this.quad(i0, i1, i2, i3);
  }

  /** Adds all of another builder's triangles, moved by an offset. */
  append(other: MeshBuilder, offset: readonly [number, number, number]): void {
    const first = this.vertexCount;
    for (let i = 0; i < other.#positions.length; i++) this.#positions.push(other.#positions[i]! + offset[i % 3]!);
    for (const value of other.#normals) this.#normals.push(value);
    for (const value of other.#uvs) this.#uvs.push(value);
    for (const value of other.#colours) this.#colours.push(value);
    for (const value of other.#indices) this.#indices.push(value + first);
    for (const value of other.#materials) this.#materials.push(value);
  }

  build(): Mesh {
    const positions = new Float32Array(this.#positions);
    return {
      vertexCount: this.#colours.length,
      triangleCount: this.#materials.length,
      positions,
      normals: new Float32Array(this.#normals),
      uvs: new Float32Array(this.#uvs),
      colours: new Uint32Array(this.#colours),
      indices: new Uint32Array(this.#indices),
      materials: new Uint16Array(this.#materials),
      bounds: boundsOf(positions),
    };
  }
}

function boundsOf(positions: Float32Array): [number, number, number, number] {
  assert(positions.length > 0, 'a mesh has vertices');
  let [x0, y0, z0, x1, y1, z1] = [Infinity, Infinity, Infinity, -Infinity, -Infinity, -Infinity];
  for (let i = 0; i < positions.length; i += 3) {
    const x = positions[i]!;
    const y = positions[i + 1]!;
    const z = positions[i + 2]!;
    if (x < x0) x0 = x;
    if (x > x1) x1 = x;
    if (y < y0) y0 = y;
    if (y > y1) y1 = y;
    if (z < z0) z0 = z;
    if (z > z1) z1 = z;
  }
  const centre = [(x0 + x1) / 2, (y0 + y1) / 2, (z0 + z1) / 2] as const;
  let radius2 = 0;
  for (let i = 0; i < positions.length; i += 3) {
    const dx = positions[i]! - centre[0];
    const dy = positions[i + 1]! - centre[1];
    const dz = positions[i + 2]! - centre[2];
    radius2 = Math.max(radius2, dx * dx + dy * dy + dz * dz);
  }
  return [...centre, Math.sqrt(radius2)];
}
