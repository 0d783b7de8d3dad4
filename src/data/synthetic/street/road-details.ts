import { chunkM, type Junction } from './ground.js';
import { trafficLightMesh } from './posts.js';
import { put, type Site } from './site.js';

/** Patches, seams, manholes: what makes one stretch of asphalt differ from the next. */
export function addRoadDetails(site: Site): void {
  const { random, style, s0, patches } = site;
  const width = style.roadRight - style.roadLeft;
  const count = random.integer(style.variant === 'motorway' ? 2 : 5);
  for (let k = 0; k < count; k++) {
    const t = style.roadLeft + random.uniform(0.05, 0.85) * width;
    const s = s0 + random.uniform(0, 34);
    const w = random.uniform(0.4, 3);
    const l = random.uniform(0.8, 9);
    patches.push(t, t + w, s, s + l, -random.uniform(0.06, 0.35));
    // A seam of tar around a patch.
    if (random.chance(0.5)) {
      patches.push(t - 0.03, t + 0.03, s, s + l, -0.5, t + w - 0.03, t + w + 0.03, s, s + l, -0.5);
      patches.push(t, t + w, s - 0.03, s + 0.03, -0.5, t, t + w, s + l - 0.03, s + l + 0.03, -0.5);
    }
  }
  if (random.chance(0.35)) {
    const t = style.roadLeft + random.uniform(0.1, 0.9) * width;
    patches.push(t - 0.025, t + 0.025, s0, s0 + chunkM, -0.45);
  }
  if (random.chance(0.4)) {
    const s = s0 + random.uniform(0, 40);
    patches.push(style.roadLeft, style.roadRight, s, s + 0.05, -0.4);
  }
  if (style.variant !== 'motorway' && random.chance(0.5)) {
    const t = random.uniform(-2.5, 2.5);
    const s = s0 + random.uniform(2, 36);
    patches.push(t - 0.32, t + 0.32, s, s + 0.64, -0.55);
  }
}

/** What a junction brings: traffic lights with a stop line, and a crossing for pedestrians. */
export function addJunction(site: Site, junction: Junction): void {
  const { random, materials, style, patches } = site;
  const hasLights = style.variant === 'urban' && random.chance(0.6);
  const state = random.chance(0.5) ? 'red' : 'green';
  if (hasLights) {
    const s = junction.s0 - 1;
    put(site, trafficLightMesh(materials, state, 0), s, 1, style.roadRight + 0.4, 0.12);
    const arm = random.chance(0.4) ? random.uniform(3, 5) : 0;
    // On the left of the road the mesh is turned by half a circle, which would turn its lamps away: turn it back.
    put(site, trafficLightMesh(materials, state, arm), s, -1, -style.roadLeft + 0.4, 0.12, 0xffffff, Math.PI);
    patches.push(0.1, style.roadRight - style.parking.right - 0.2, s - 3, s - 2.5, 0.9);
  }
  if (random.chance(0.5)) {
    // A crossing for pedestrians: bars along the road, or two broken lines.
    const s = junction.s0 - 1.8;
    if (random.chance(0.5)) {
      for (let t = style.roadLeft + 0.6; t < style.roadRight - 0.6; t += 1) patches.push(t, t + 0.5, s - 2.8, s, 0.9);
    } else {
      for (let t = style.roadLeft + 0.3; t < style.roadRight - 0.6; t += 1) {
        patches.push(t, t + 0.5, s - 2.6, s - 2.48, 0.85, t, t + 0.5, s - 0.12, s, 0.85);
      }
    }
  }
}
