import { packColour } from '../mesh.js';
import { placement } from '../transform.js';
import { lampMesh } from './posts.js';
import { put, type Site } from './site.js';
import { bridgeMesh, gantryMesh } from './spans.js';

/** Over a motorway: now and then a bridge, a gantry with boards, or a lamp beside it. */
export function motorwayAbove(site: Site, index: number): void {
  const { random, style, materials, course } = site;
  if (random.chance(0.07)) addBridge(site);
  else if (random.chance(0.1)) {
    const s = site.s0 + 20;
    const [x, y, z] = course.point(s, 0);
    const mesh = gantryMesh(-0.4, style.roadRight + 0.8, random, materials);
    site.instances.push({ mesh, transform: placement(x, y, z, course.at(s).heading), tint: 0xffffff });
  } else if (index % 2 === 0 && random.chance(0.3)) {
    put(site, lampMesh(random, materials), site.s0 + 10, 1, style.roadRight + 1.2, 0, 0xffffff, Math.PI);
  }
}

/** A bridge across the road. */
export function addBridge(site: Site): void {
  const { random, style, materials, course } = site;
  const left = style.variant === 'motorway' ? style.strips.left[1]!.t1 : style.houseLine.left - 1;
  const right = style.variant === 'motorway' ? style.roadRight : style.houseLine.right - 1;
  const half = (left + right) / 2 + 1.5;
  const s = site.s0 + 14;
  const [x, y, z] = course.point(s, (right - left) / 2);
  site.instances.push({
    mesh: bridgeMesh(half, random.uniform(4.8, 6), random, materials),
    transform: placement(x, y, z, course.at(s).heading + random.normal(0, 0.08)),
    tint: packColour(0.6, 0.58, 0.55),
  });
}
