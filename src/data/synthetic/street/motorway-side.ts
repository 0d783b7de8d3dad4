import { packColour } from '../mesh.js';
import { fenceMesh, guardRailMesh } from './fences.js';
import { chunkM } from './ground.js';
import { signMesh } from './posts.js';
import { add, addPlant, leafTint, pathAlong, put, type Side, type Site } from './site.js';
import { farTrees } from './treeline.js';
import { hedgeMesh, tuftMesh } from './vegetation.js';

/** One side of a motorway: guard rails, the median on the left, a noise wall or a planted slope. */
export function motorwaySide(site: Site, side: Side): void {
  const { random, style, materials } = site;
  const edge = side > 0 ? style.roadRight : style.strips.left[1]!.t1;
  const tufts = Array.from({ length: 160 }, () =>
    site.course.point(
      site.s0 + random.uniform(0, chunkM),
      side * (edge + 0.3 + Math.abs(random.normal(0, 1.6))),
      -0.04,
    ),
  );
  add(site, tuftMesh(tufts, random, materials), packColour(0.16, 0.17, 0.06));
  add(site, guardRailMesh(pathAlong(site, side, edge + 0.6, site.s0, site.s0 + chunkM, 4, 0), materials));
  if (side < 0) {
    const median = style.strips.left[0]!;
    const middle = (median.t0 + median.t1) / 2;
    if (median.material === materials.concrete) {
      const path = pathAlong(site, -1, middle, site.s0, site.s0 + chunkM, 5, 0);
      add(site, fenceMesh(path, 'wall', 0.9, random, materials), packColour(0.55, 0.54, 0.52));
    } else {
      add(site, guardRailMesh(pathAlong(site, -1, median.t0 + 0.6, site.s0, site.s0 + chunkM, 4, 0), materials));
      if (random.chance(0.4))
        add(
          site,
          hedgeMesh(
            pathAlong(site, -1, middle + 0.3, site.s0, site.s0 + chunkM, 5, 0),
            random.uniform(0.8, 1.6),
            0.9,
            random,
            materials,
            5,
          ),
          leafTint(random),
        );
    }
  }
  const slope = style.strips.right.at(-1)!.h1;
  if (random.chance(0.12)) {
    // A noise wall: large and nearly plain.
    const path = pathAlong(site, side, edge + 4, site.s0, site.s0 + chunkM, 5, slope * 0.3);
    const tone = random.uniform(0.3, 0.7);
    add(
      site,
      fenceMesh(path, 'wall', random.uniform(2.5, 4.5), random, materials),
      packColour(tone, tone * 0.95, tone * 0.85),
    );
  } else {
    const count = Math.round(random.uniform(2, 20) * style.trees);
    for (let k = 0; k < count; k++) {
      addPlant(
        site,
        random.pick(['broadleaf', 'broadleaf', 'bush', 'slender', 'conifer', 'bush'] as const),
        site.s0 + random.uniform(0, chunkM),
        side * (edge + random.uniform(6, 24)),
        slope * 0.7,
        1.15,
      );
    }
  }
  farTrees(site, side, edge + 38);
  if (random.chance(0.25))
    put(
      site,
      signMesh(random, materials, [random.pick(['limit', 'direction', 'warning'] as const)]),
      site.s0 + random.uniform(2, 38),
      side,
      edge + 1.4,
      0,
    );
}
