import { buildingMesh, randomStyle, wallTint } from './buildings.js';
import { chunkM } from './ground.js';
import { parkedCars, streetFurniture } from './kerbside.js';
import { addPlant, isOpen, put, roadEdge, type Side, type Site, stretches } from './site.js';

/** One side of a town street: a closed row of houses, a pavement with what stands on it, trees. */
export function urbanSide(site: Site, side: Side): void {
  const { random, style, materials } = site;
  const edge = roadEdge(site, side);
  const line = side > 0 ? style.houseLine.right : style.houseLine.left;
  parkedCars(site, side, 0.75);
  for (const [from, to] of stretches(site, side)) {
    let s = from;
    while (s < to - 3) {
      let length = Math.min(random.uniform(9, 22), to - s);
      if (to - s - length < 6) length = to - s;
      const gap = random.chance(0.1) ? random.uniform(3, 8) : 0;
      if (length - gap > 5) {
        const kind = random.chance(0.1) ? 'hall' : 'town';
        const look = randomStyle(random, kind, materials, style.hard.textureless);
        const mesh = buildingMesh(look, length - gap, random.uniform(9, 14), random, materials);
        put(site, mesh, side > 0 ? s : s + length - gap, side, line + random.uniform(0, 0.3), 0.15, wallTint(random));
      }
      s += length;
    }
  }
  streetFurniture(site, side, edge, 1);
  if (random.chance(style.trees * 0.9)) {
    for (let s = site.s0 + random.uniform(2, 8); s < site.s0 + chunkM; s += random.uniform(7, 13)) {
      if (!isOpen(site, side, s, 3))
        addPlant(
          site,
          random.chance(0.7) ? 'broadleaf' : 'slender',
          s,
          side * (edge + random.uniform(0.8, 1.3)),
          0.12,
          0.85,
        );
    }
  }
}
