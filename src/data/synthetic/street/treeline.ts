import { Random } from '../../../base/random.js';
import type { Mesh } from '../mesh.js';
import type { Vec3 } from '../shapes.js';
import { chunkM } from './ground.js';
import { add, leafTint, type Side, type Site } from './site.js';

/** A row of trees far to the side closes the view: cut-out cards that meet from chunk to chunk. */
export function farTrees(site: Site, side: Side, nearT: number): void {
  const { random, materials } = site;
  const [from, to] = [treelineEnd(site, side, site.s0, nearT), treelineEnd(site, side, site.s0 + chunkM, nearT)];
  add(site, treelineMesh(from.foot, to.foot, from.height, to.height, materials.treeline), leafTint(random));
}

/** Where the row stands at a chunk's border and how tall it is there: the same for both chunks that meet there. */
function treelineEnd(site: Site, side: Side, s: number, nearT: number): { foot: Vec3; height: number } {
  const random = Random.fromSeed(Math.round(s / chunkM) + 1000, `treeline/${side}/${site.style.roadRight}`);
  return {
    foot: site.course.point(s, side * (nearT + random.uniform(0, 25)), -1),
    height: random.uniform(7, 13),
  };
}

function treelineMesh(a: Vec3, b: Vec3, heightA: number, heightB: number, material: number): Mesh {
  const length = Math.hypot(b[0] - a[0], b[2] - a[2]);
  const normal: Vec3 = [(b[2] - a[2]) / length, 0.5, -(b[0] - a[0]) / length];
  const height = Math.max(heightA, heightB);
  return {
    vertexCount: 4,
    triangleCount: 2,
    positions: new Float32Array([...a, ...b, b[0], b[1] + heightB, b[2], a[0], a[1] + heightA, a[2]]),
    normals: new Float32Array([...normal, ...normal, ...normal, ...normal]),
    // Whole repeats, so that the image goes on across the border.
    uvs: new Float32Array([0, 0.98, 2, 0.98, 2, 0.02, 0, 0.02]),
    colours: new Uint32Array([0x60ffffff, 0x60ffffff, 0xffffffff, 0xffffffff]),
    indices: new Uint32Array([0, 1, 2, 0, 2, 3]),
    materials: new Uint16Array([material, material]),
    bounds: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2, length / 2 + height],
  };
}
