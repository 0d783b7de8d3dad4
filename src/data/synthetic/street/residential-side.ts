import { packColour } from '../mesh.js';
import { buildingMesh, randomStyle, wallTint } from './buildings.js';
import { fenceMesh } from './fences.js';
import { chunkM } from './ground.js';
import { parkedCars, streetFurniture } from './kerbside.js';
import { add, addPlant, isOpen, leafTint, pathAlong, put, roadEdge, type Side, type Site, stretches } from './site.js';
import { hedgeMesh } from './vegetation.js';

/** One side of a street of houses in gardens. */
export function residentialSide(site: Site, side: Side): void {
  const { random, style, materials } = site;
  const edge = roadEdge(site, side);
  const line = side > 0 ? style.houseLine.right : style.houseLine.left;
  const strips = side > 0 ? style.strips.right : style.strips.left;
  const fenceT = strips.at(-1)!.t0 + 0.15;
  parkedCars(site, side, 0.45);
  for (const [from, to] of stretches(site, side)) {
    let s = from;
    while (s < to - 8) {
      const plot = Math.min(random.uniform(12, 20), to - s);
      const length = plot * random.uniform(0.5, 0.75);
      const look = randomStyle(random, 'house', materials, style.hard.textureless);
      if (!random.chance(0.12)) {
        const at = s + random.uniform(0.1, 0.9) * (plot - length);
        put(
          site,
          buildingMesh(look, length, random.uniform(8, 11), random, materials),
          side > 0 ? at : at + length,
          side,
          line + random.uniform(0, 3),
          0.15,
          wallTint(random),
        );
      }
      // What closes the garden: a hedge, a fence, a wall, or nothing; with a gap for the drive.
      const gate = random.uniform(2.5, 4);
      const border = random.uniform();
      const path = pathAlong(site, side, fenceT, s, s + plot - gate, 2.5, 0.15);
      if (border < 0.4)
        add(
          site,
          hedgeMesh(path, random.uniform(0.8, 2.1), random.uniform(0.5, 0.9), random, materials, 12),
          leafTint(random),
        );
      else if (border < 0.85) {
        const kind = random.pick(['slats', 'bars', 'mesh', 'wall'] as const);
        add(
          site,
          fenceMesh(
            path,
            kind,
            kind === 'wall' ? random.uniform(0.5, 1.3) : random.uniform(0.8, 1.5),
            random,
            materials,
          ),
          packColour(0.7, 0.66, 0.6),
        );
      }
      const plants = random.integer(4);
      for (let k = 0; k < plants; k++) {
        const kind = random.pick(['bush', 'bush', 'broadleaf', 'conifer', 'slender'] as const);
        addPlant(
          site,
          kind,
          s + random.uniform(0, plot),
          side * random.uniform(fenceT + 1, line - 0.8),
          0.15,
          kind === 'bush' ? 1 : 0.7,
        );
      }
      if (random.chance(0.5))
        addPlant(
          site,
          random.pick(['broadleaf', 'conifer'] as const),
          s + random.uniform(0, plot),
          side * (line + random.uniform(13, 22)),
          0.2,
          1.2,
        );
      s += plot;
    }
  }
  streetFurniture(site, side, edge, 0.6);
  if (random.chance(style.trees * 0.6)) {
    for (let s = site.s0 + random.uniform(2, 8); s < site.s0 + chunkM; s += random.uniform(8, 16)) {
      if (!isOpen(site, side, s, 3)) addPlant(site, 'broadleaf', s, side * (edge + 0.8), 0.12, 0.7);
    }
  }
}
