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
  /** Columns grow by doubling; only the first `#vertices` and `#triangles` entries count. */
  #positions = new Float32Array(3 * 32);
  #normals = new Float32Array(3 * 32);
  #uvs = new Float32Array(2 * 32);
  #colours = new Uint32Array(32);
  #indices = new Uint32Array(3 * 32);
  #materials = new Uint16Array(32);
  #vertices = 0;
  #triangles = 0;

  get vertexCount(): number {
    return this.#vertices;
  }

  /** Adds a vertex and returns its index. */
  vertex(x: number, y: number, z: number, nx: number, ny: number, nz: number, u: number, v: number): number {
    const i = this.#vertices;
    if (i === this.#colours.length) this.#reserveVertices(1);
    const positions = this.#positions;
    const normals = this.#normals;
    positions[i * 3] = x;
    positions[i * 3 + 1] = y;
    positions[i * 3 + 2] = z;
    normals[i * 3] = nx;
    normals[i * 3 + 1] = ny;
    normals[i * 3 + 2] = nz;
    this.#uvs[i * 2] = u;
    this.#uvs[i * 2 + 1] = v;
    this.#colours[i] = this.colour;
    this.#vertices = i + 1;
    return i;
  }

  triangle(a: number, b: number, c: number): void {
    const i = this.#triangles;
    if (i === this.#materials.length) this.#reserveTriangles(1);
    this.#indices[i * 3] = a;
    this.#indices[i * 3 + 1] = b;
    this.#indices[i * 3 + 2] = c;
    this.#materials[i] = this.material;
    this.#triangles = i + 1;
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

  /** Adds all of a mesh's triangles, scaled along the axes and moved, in this builder's colour and material. */
  append(mesh: Mesh, scale: readonly [number, number, number], offset: readonly [number, number, number]): void {
    this.#reserveVertices(mesh.vertexCount);
    this.#reserveTriangles(mesh.triangleCount);
    const first = this.#vertices;
    for (let i = 0; i < mesh.vertexCount; i++) {
      const n = mesh.normals;
      // Normals go by the inverse of the scale.
      const nx = n[i * 3]! / scale[0];
      const ny = n[i * 3 + 1]! / scale[1];
      const nz = n[i * 3 + 2]! / scale[2];
      const unit = 1 / (Math.sqrt(nx * nx + ny * ny + nz * nz) + 1e-12);
      this.vertex(
        mesh.positions[i * 3]! * scale[0] + offset[0],
        mesh.positions[i * 3 + 1]! * scale[1] + offset[1],
        mesh.positions[i * 3 + 2]! * scale[2] + offset[2],
        nx * unit,
        ny * unit,
        nz * unit,
        mesh.uvs[i * 2]!,
        mesh.uvs[i * 2 + 1]!,
      );
    }
    for (let t = 0; t < mesh.triangleCount; t++) {
      this.triangle(mesh.indices[t * 3]! + first, mesh.indices[t * 3 + 1]! + first, mesh.indices[t * 3 + 2]! + first);
    }
  }

  build(): Mesh {
    const positions = this.#positions.slice(0, this.#vertices * 3);
    return {
      vertexCount: this.#vertices,
      triangleCount: this.#triangles,
      positions,
      normals: this.#normals.slice(0, this.#vertices * 3),
      uvs: this.#uvs.slice(0, this.#vertices * 2),
      colours: this.#colours.slice(0, this.#vertices),
      indices: this.#indices.slice(0, this.#triangles * 3),
      materials: this.#materials.slice(0, this.#triangles),
      bounds: boundsOf(positions),
    };
  }

  #reserveVertices(more: number): void {
    const wanted = this.#vertices + more;
    if (wanted <= this.#colours.length) return;
    const capacity = Math.max(wanted, this.#colours.length * 2);
    this.#positions = grown(this.#positions, new Float32Array(capacity * 3));
    this.#normals = grown(this.#normals, new Float32Array(capacity * 3));
    this.#uvs = grown(this.#uvs, new Float32Array(capacity * 2));
    this.#colours = grown(this.#colours, new Uint32Array(capacity));
  }

  #reserveTriangles(more: number): void {
    const wanted = this.#triangles + more;
    if (wanted <= this.#materials.length) return;
    const capacity = Math.max(wanted, this.#materials.length * 2);
    this.#indices = grown(this.#indices, new Uint32Array(capacity * 3));
    this.#materials = grown(this.#materials, new Uint16Array(capacity));
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

/** Copies a column into a longer one, which is returned: how columns of unknown length grow. */
export function grown<T extends Float32Array | Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array>(
  old: T,
  longer: T,
): T {
  longer.set(old);
  return longer;
}
