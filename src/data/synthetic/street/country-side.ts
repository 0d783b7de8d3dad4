import { packColour } from '../mesh.js';
import { buildingMesh, randomStyle, wallTint } from './buildings.js';
import { fenceMesh, guardRailMesh } from './fences.js';
import { chunkM } from './ground.js';
import { smallThingMesh } from './pavement-things.js';
import { lampMesh, signMesh } from './posts.js';
import { signNames } from './sign-faces.js';
import { add, addPlant, leafTint, pathAlong, put, roadEdge, type Side, type Site } from './site.js';
import { farTrees } from './treeline.js';
import { hedgeMesh, tuftMesh } from './vegetation.js';

/** One side of a country road: a verge, then a forest or open fields. */
export function countrySide(site: Site, side: Side): void {
  const { random, style, materials } = site;
  const edge = roadEdge(site, side);
  const tufts = Array.from({ length: 130 }, () =>
    site.course.point(site.s0 + random.uniform(0, chunkM), side * (edge + 0.4 + Math.abs(random.normal(0, 1.4))), 0),
  );
  add(site, tuftMesh(tufts, random, materials), packColour(0.14, 0.17, 0.05));
  if (random.chance(0.2))
    add(site, guardRailMesh(pathAlong(site, side, edge + 0.7, site.s0, site.s0 + chunkM, 4, 0), materials));
  else if (random.chance(0.45)) {
    const mesh = smallThingMesh('delineator', random, materials);
    for (const s of [5, 30]) put(site, mesh, site.s0 + s, side, edge + 0.6, 0);
  }
  const forest = random.chance(style.trees * 0.6);
  const near = edge + random.uniform(3, 7);
  if (forest) {
    const kind = random.pick(['broadleaf', 'broadleaf', 'conifer', 'slender'] as const);
    for (let k = 0; k < 22; k++) {
      const deep = random.uniform() ** 1.5;
      addPlant(
        site,
        random.chance(0.75) ? kind : 'broadleaf',
        site.s0 + random.uniform(0, chunkM),
        side * (near + deep * 16),
        0.1,
        1.15,
      );
    }
    for (let k = 0; k < 14; k++)
      addPlant(site, 'bush', site.s0 + random.uniform(0, chunkM), side * (near - 1 + random.uniform(0, 3)), 0, 1.1);
  } else {
    const single = random.integer(1 + Math.round(style.trees * 4));
    for (let k = 0; k < single; k++)
      addPlant(
        site,
        random.pick(['broadleaf', 'slender', 'bush', 'bush'] as const),
        site.s0 + random.uniform(0, chunkM),
        side * (near + random.uniform(0, 14)),
        0,
        1,
      );
    if (random.chance(0.15)) {
      const look = randomStyle(random, random.chance(0.5) ? 'hall' : 'house', materials, style.hard.textureless);
      put(
        site,
        buildingMesh(look, random.uniform(9, 18), random.uniform(8, 12), random, materials),
        site.s0 + 20,
        side,
        side > 0 ? style.houseLine.right : style.houseLine.left,
        0,
        wallTint(random),
      );
    }
    if (random.chance(0.2))
      add(
        site,
        fenceMesh(
          pathAlong(site, side, near + 1, site.s0, site.s0 + chunkM, 3, 0),
          random.chance(0.5) ? 'rail' : 'mesh',
          1.1,
          random,
          materials,
        ),
      );
    if (random.chance(0.2))
      add(
        site,
        hedgeMesh(
          pathAlong(site, side, near + 2, site.s0, site.s0 + chunkM, 4, 0),
          random.uniform(1, 2.5),
          1.2,
          random,
          materials,
          7,
        ),
        leafTint(random),
      );
  }
  farTrees(site, side, 48);
  if (random.chance(0.25))
    put(
      site,
      signMesh(random, materials, [random.pick(signNames)]),
      site.s0 + random.uniform(2, 38),
      side,
      edge + random.uniform(0.8, 1.5),
      0,
      0xffffff,
      side < 0 ? 0 : random.normal(0, 0.1),
    );
  if (random.chance(0.3)) powerPole(site, side, edge + random.uniform(4, 9));
}

function powerPole(site: Site, side: Side, t: number): void {
  const { random, materials } = site;
  const mesh = lampMesh(random, materials);
  put(site, mesh, site.s0 + random.uniform(0, 40), side, t, 0, 0xffffff, Math.PI);
}
