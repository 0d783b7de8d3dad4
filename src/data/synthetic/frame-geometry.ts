import type { Mesh } from './mesh.js';
import { grown } from './mesh.js';
import { compose, type Transform } from './transform.js';

/** A mesh put somewhere, with a packed colour that multiplies its tinted materials. */
export interface Instance {
  readonly mesh: Mesh;
  readonly transform: Transform;
  readonly tint: number;
}

/** What decides which instances of a scene are drawn, and which only cast shadows. */
export interface Frustum {
  readonly width: number;
  readonly height: number;
  readonly fxPx: number;
  readonly fyPx: number;
  readonly cxPx: number;
  readonly cyPx: number;
  readonly baselineM: number;
  readonly farM: number;
  /** Instances outside the view but within this distance still cast shadows. */
  readonly shadowM: number;
}

/** All triangles of one frame in the left camera's frame (x right, y down, z forward, metres), as columns. */
export class FrameGeometry {
  vertexCount = 0;
  triangleCount = 0;
  /** Triangles from here on are outside both views and only cast shadows. */
  visibleTriangleCount = 0;
  positions = new Float32Array(3 << 16);
  normals = new Float32Array(3 << 16);
  uvs = new Float32Array(2 << 16);
  colours = new Uint32Array(1 << 16);
  indices = new Int32Array(3 << 16);
  materials = new Uint16Array(1 << 16);
  tints = new Uint32Array(1 << 16);

  /** Fills the columns from the instances of a scene as seen from `view` (world to camera). */
  load(instances: readonly Instance[], view: Transform, frustum: Frustum): void {
    this.vertexCount = 0;
    this.triangleCount = 0;
    const casters: Instance[] = [];
    const visible: { readonly instance: Instance; readonly depth: number }[] = [];
    for (const instance of instances) {
      const { seen, depth } = whereIs(instance, view, frustum);
      if (seen === 'visible') visible.push({ instance, depth });
      else if (seen === 'caster') casters.push(instance);
    }
    // Near things first: what they hide is then rejected by depth alone, before any look at a texture's holes.
    visible.sort((a, b) => a.depth - b.depth);
    for (const { instance } of visible) this.#append(instance, view);
    this.visibleTriangleCount = this.triangleCount;
    for (const instance of casters) this.#append(instance, view);
  }

  #append(instance: Instance, view: Transform): void {
    const { mesh } = instance;
    this.#reserve(mesh.vertexCount, mesh.triangleCount);
    transformMesh(mesh, compose(view, instance.transform), this, this.vertexCount);
    const { indices, materials, tints } = this;
    const base = this.vertexCount;
    let at = this.triangleCount * 3;
    for (let i = 0; i < mesh.indices.length; i++) indices[at++] = mesh.indices[i]! + base;
    materials.set(mesh.materials, this.triangleCount);
    tints.fill(instance.tint, this.triangleCount, this.triangleCount + mesh.triangleCount);
    this.vertexCount += mesh.vertexCount;
    this.triangleCount += mesh.triangleCount;
  }

  #reserve(vertices: number, triangles: number): void {
    if ((this.vertexCount + vertices) * 3 > this.positions.length) {
      const capacity = Math.max((this.positions.length / 3) * 2, this.vertexCount + vertices);
      this.positions = grown(this.positions, new Float32Array(capacity * 3));
      this.normals = grown(this.normals, new Float32Array(capacity * 3));
      this.uvs = grown(this.uvs, new Float32Array(capacity * 2));
      this.colours = grown(this.colours, new Uint32Array(capacity));
    }
    if ((this.triangleCount + triangles) * 3 > this.indices.length) {
      const capacity = Math.max((this.indices.length / 3) * 2, this.triangleCount + triangles);
      this.indices = grown(this.indices, new Int32Array(capacity * 3));
      this.materials = grown(this.materials, new Uint16Array(capacity));
      this.tints = grown(this.tints, new Uint32Array(capacity));
    }
  }
}

/** Whether an instance can be seen or cast a shadow, and the depth at which it begins. */
function whereIs(
  instance: Instance,
  view: Transform,
  frustum: Frustum,
): { readonly seen: 'visible' | 'caster' | 'none'; readonly depth: number } {
  const t = compose(view, instance.transform);
  const [bx, by, bz, meshRadius] = instance.mesh.bounds;
  const x = t[0] * bx + t[1] * by + t[2] * bz + t[9];
  const y = t[3] * bx + t[4] * by + t[5] * bz + t[10];
  const z = t[6] * bx + t[7] * by + t[8] * bz + t[11];
  const radius = meshRadius * Math.hypot(t[0], t[3], t[6]);
  const depth = z - radius;
  if (depth > frustum.farM) return { seen: 'none', depth };
  const { width, height, fxPx, fyPx, cxPx, cyPx, baselineM } = frustum;
  // Distance of the sphere's centre from the four side planes of the view, all of which pass through the camera.
  const reach = -(radius + baselineM);
  const inside =
    z + radius > 0.05 &&
    (fxPx * x + (cxPx + 1) * z) / Math.hypot(fxPx, cxPx + 1) > reach &&
    (-fxPx * x + (width - cxPx) * z) / Math.hypot(fxPx, width - cxPx) > reach &&
    (fyPx * y + (cyPx + 1) * z) / Math.hypot(fyPx, cyPx + 1) > reach &&
    (-fyPx * y + (height - cyPx) * z) / Math.hypot(fyPx, height - cyPx) > reach;
  if (inside) return { seen: 'visible', depth };
  return { seen: Math.hypot(x, z) - radius < frustum.shadowM ? 'caster' : 'none', depth };
}

function transformMesh(mesh: Mesh, t: Transform, out: FrameGeometry, base: number): void {
  const { positions, normals, uvs, colours } = out;
  const [m0, m1, m2, m3, m4, m5, m6, m7, m8, tx, ty, tz] = t;
  const source = mesh.positions;
  const sourceNormals = mesh.normals;
  const count = mesh.vertexCount;
  for (let i = 0, at = base * 3; i < count * 3; i += 3, at += 3) {
    const x = source[i]!;
    const y = source[i + 1]!;
    const z = source[i + 2]!;
    positions[at] = m0 * x + m1 * y + m2 * z + tx;
    positions[at + 1] = m3 * x + m4 * y + m5 * z + ty;
    positions[at + 2] = m6 * x + m7 * y + m8 * z + tz;
    const nx = sourceNormals[i]!;
    const ny = sourceNormals[i + 1]!;
    const nz = sourceNormals[i + 2]!;
    normals[at] = m0 * nx + m1 * ny + m2 * nz;
    normals[at + 1] = m3 * nx + m4 * ny + m5 * nz;
    normals[at + 2] = m6 * nx + m7 * ny + m8 * nz;
  }
  uvs.set(mesh.uvs, base * 2);
  colours.set(mesh.colours, base);
}
