import { fenceMesh } from './fences.js';
import { chunkM } from './ground.js';
import { type SmallThing, smallThingMesh } from './pavement-things.js';
import { lampMesh, signMesh } from './posts.js';
import { signNames } from './sign-faces.js';
import { add, isOpen, pathAlong, put, roadEdge, type Side, type Site } from './site.js';
import { type Movers, paintColour, placeVehicle, vehicleKind } from './traffic.js';

/** Cars along the kerb where the street has room for them; `density` is the share of places taken. */
export function parkedCars(site: Site, side: Side, density: number): void {
  const { random, style, course, materials } = site;
  const room = side > 0 ? style.parking.right : style.parking.left;
  if (room === 0) return;
  const out: Movers = { instances: site.instances, footprints: site.footprints };
  let s = site.s0 + random.uniform(2.5, 4);
  while (s < site.s0 + chunkM - 2) {
    if (random.chance(density) && !isOpen(site, side, s, 5)) {
      const t = side * (roadEdge(site, side) - random.uniform(0.98, 1.12));
      const facing: 1 | -1 = side > 0 ? 1 : random.chance(0.8) ? -1 : 1;
      placeVehicle(
        course,
        s,
        t,
        facing,
        vehicleKind(random, false),
        paintColour(random),
        false,
        random.normal(0, 0.02),
        materials,
        out,
      );
    }
    s += random.uniform(5.4, 6.6);
  }
}

/** What stands on a pavement: a lamp, signs, bollards, bins, benches, railings; `amount` 1 is a town's. */
export function streetFurniture(site: Site, side: Side, edge: number, amount: number): void {
  const { random, materials } = site;
  if (random.chance(0.75)) {
    const s = site.s0 + random.uniform(4, 36);
    // A lamp's arm reaches along its +x: towards the road from both sides.
    if (!isOpen(site, side, s, 1))
      put(site, lampMesh(random, materials), s, side, edge + random.uniform(0.4, 0.7), 0.12, 0xffffff, Math.PI);
  }
  for (let k = 0; k < 2; k++) {
    if (!random.chance(0.55 * amount)) continue;
    const s = site.s0 + random.uniform(2, 38);
    if (isOpen(site, side, s, 1)) continue;
    const names = random.chance(0.25) ? [random.pick(signNames), random.pick(signNames)] : [random.pick(signNames)];
    put(
      site,
      signMesh(random, materials, names),
      s,
      side,
      edge + random.uniform(0.35, 0.8),
      0.12,
      0xffffff,
      random.normal(0, 0.15),
    );
  }
  const things = random.integer(Math.ceil(4 * amount) + 1);
  for (let k = 0; k < things; k++) {
    const kind = random.pick([
      'bollard',
      'bin',
      'cabinet',
      'bench',
      'shelter',
      'column',
      'planter',
      'bollard',
      'bin',
    ] as const satisfies readonly SmallThing[]);
    const s = site.s0 + random.uniform(2, 38);
    if (isOpen(site, side, s, 2)) continue;
    if (kind === 'bollard') {
      const count = 3 + random.integer(6);
      const mesh = smallThingMesh(kind, random, materials);
      for (let i = 0; i < count; i++)
        if (!isOpen(site, side, s + i * 1.6, 1)) put(site, mesh, s + i * 1.6, side, edge + 0.4, 0.12);
    } else put(site, smallThingMesh(kind, random, materials), s, side, edge + random.uniform(0.7, 1.6), 0.13);
  }
  if (random.chance(0.12 * amount)) {
    add(
      site,
      fenceMesh(
        pathAlong(site, side, edge + 0.3, site.s0 + 4, site.s0 + random.uniform(14, 36), 2, 0.12),
        random.chance(0.5) ? 'rail' : 'bars',
        1,
        random,
        materials,
      ),
    );
  }
}
