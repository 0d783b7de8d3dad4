import type { Random } from '../../../base/random.js';
import { type Mesh, MeshBuilder, packColour } from '../mesh.js';
import { addBox, addTube, type Vec3 } from '../shapes.js';
import type { StreetMaterials } from './materials.js';

/** What a building looks like, apart from its size. */
export interface BuildingStyle {
  readonly wall: number;
  readonly roof: number;
  readonly floors: number;
  readonly floorM: number;
  readonly bayM: number;
  readonly windowWidth: number;
  readonly windowHeight: number;
  readonly hasShops: boolean;
  readonly hasBalconies: boolean;
  /** Windows are missing: a blank wall, a barn, a warehouse. */
  readonly isBlind: boolean;
}

/** Makes up a building for a town street (`town`) or a garden suburb (`house`). */
export function randomStyle(
  random: Random,
  kind: 'town' | 'house' | 'hall',
  materials: StreetMaterials,
  texturelessShare: number,
): BuildingStyle {
  const floors = kind === 'town' ? 3 + random.integer(3) : 1 + random.integer(2);
  return {
    wall: random.chance(texturelessShare) ? materials.plainWall : random.pick(materials.walls),
    roof: random.pick(materials.roof),
    floors,
    floorM: kind === 'hall' ? random.uniform(3.5, 5) : random.uniform(2.8, 3.5),
    bayM: kind === 'hall' ? random.uniform(3, 5) : random.uniform(2.1, 3.4),
    windowWidth: random.uniform(0.9, 1.4),
    windowHeight: random.uniform(1.2, 1.8),
    hasShops: kind === 'town' && random.chance(0.45),
    hasBalconies: kind === 'town' && random.chance(0.3),
    isBlind: kind === 'hall' ? random.chance(0.5) : false,
  };
}

/** Colours of walls as linear reflectance: white, cream, yellow, pink, grey, brick red, sandstone. */
const wallColours: readonly Vec3[] = [
  [0.85, 0.84, 0.8],
  [0.8, 0.72, 0.55],
  [0.78, 0.62, 0.34],
  [0.72, 0.5, 0.42],
  [0.55, 0.55, 0.54],
  [0.48, 0.2, 0.14],
  [0.62, 0.48, 0.33],
  [0.45, 0.55, 0.5],
  [0.7, 0.68, 0.63],
];

/** The tint of a building's walls. */
export function wallTint(random: Random): number {
  const [r, g, b] = random.pick(wallColours);
  const light = random.uniform(0.7, 1.1);
  return packColour(r * light, g * light, b * light);
}

/**
 * A building with its front in the plane x = 0, facing -x, from z = 0 to `length`, standing on y = 0 and `depth` deep.
 * Walls have real window openings with reveals, sills and frames; roofs are pitched or flat.
 */
export function buildingMesh(
  style: BuildingStyle,
  length: number,
  depth: number,
  random: Random,
  materials: StreetMaterials,
): Mesh {
  const builder = new MeshBuilder();
  const height = style.floors * style.floorM + random.uniform(0.2, 0.7);
  const frame = random.pick([
    packColour(0.75, 0.75, 0.74),
    packColour(0.75, 0.75, 0.74),
    packColour(0.18, 0.1, 0.06),
    packColour(0.25, 0.26, 0.27),
  ]);
  const trim = random.chance(0.5) ? packColour(0.6, 0.56, 0.5) : packColour(0.75, 0.74, 0.72);
  front(builder, style, length, height, random, materials, frame, trim);
  // The other walls: the two gables show windows only on the side of the street's run, the back none.
  builder.material = style.wall;
  builder.face([0, 0, 0], [depth, 0, 0], [depth, height, 0], [0, height, 0]);
  builder.face([depth, 0, length], [0, 0, length], [0, height, length], [depth, height, length]);
  builder.face([depth, 0, 0], [depth, 0, length], [depth, height, length], [depth, height, 0]);
  gableWindows(builder, style, depth, height, 0, -1, random, materials, frame);
  gableWindows(builder, style, depth, height, length, 1, random, materials, frame);
  roof(builder, style, length, depth, height, random, materials);
  builder.colour = 0xffffffff;
  return builder.build();
}

function front(
  builder: MeshBuilder,
  style: BuildingStyle,
  length: number,
  height: number,
  random: Random,
  materials: StreetMaterials,
  frame: number,
  trim: number,
): void {
  const bays = Math.max(1, Math.round(length / style.bayM));
  const bay = length / bays;
  const door = random.integer(bays);
  const shopPoster = random.pick(materials.posters);
  // A plinth and a cornice give the front its lines.
  builder.material = materials.paint;
  builder.colour = trim;
  addBox(builder, [-0.12, height - 0.28, 0], [0, height, length]);
  if (style.floors > 1) addBox(builder, [-0.07, style.floorM - 0.02, 0], [0, style.floorM + 0.16, length]);
  builder.colour = 0xffffffff;
  for (let floor = 0; floor < style.floors; floor++) {
    const y0 = floor * style.floorM;
    const y1 = floor === style.floors - 1 ? height : y0 + style.floorM;
    for (let column = 0; column < bays; column++) {
      const z0 = column * bay;
      const isDoor = floor === 0 && column === door;
      const isShop = floor === 0 && style.hasShops && !isDoor;
      if (style.isBlind && !isDoor) {
        wallPiece(builder, style.wall, z0, z0 + bay, y0, y1);
        continue;
      }
      const w = isShop ? bay * 0.82 : Math.min(bay * 0.75, isDoor ? 1.1 : style.windowWidth);
      const left = z0 + (bay - w) / 2;
      const bottom = isDoor ? 0.05 : isShop ? 0.45 : y0 + 0.9;
      const top = isDoor ? 2.2 : isShop ? style.floorM - 0.75 : Math.min(y1 - 0.35, bottom + style.windowHeight);
      wallPiece(builder, style.wall, z0, left, y0, y1);
      wallPiece(builder, style.wall, left + w, z0 + bay, y0, y1);
      wallPiece(builder, style.wall, left, left + w, y0, bottom);
      wallPiece(builder, style.wall, left, left + w, top, y1);
      opening(builder, style, left, left + w, bottom, top, isDoor, isShop, random, materials, frame, trim);
      if (isShop && column % 2 === 0) {
        builder.material = shopPoster;
        builder.face(
          [-0.06, style.floorM - 0.7, z0 + bay * 1.9],
          [-0.06, style.floorM - 0.7, z0 + 0.1],
          [-0.06, style.floorM - 0.12, z0 + 0.1],
          [-0.06, style.floorM - 0.12, z0 + bay * 1.9],
        );
      }
      if (style.hasBalconies && floor > 0 && column % 3 === 1)
        balcony(builder, materials, left - 0.4, left + w + 0.4, y0);
    }
  }
}

function wallPiece(builder: MeshBuilder, material: number, z0: number, z1: number, y0: number, y1: number): void {
  if (z1 - z0 < 1e-3 || y1 - y0 < 1e-3) return;
  builder.material = material;
  builder.face([0, y0, z1], [0, y0, z0], [0, y1, z0], [0, y1, z1], -z1, y0);
}

function opening(
  builder: MeshBuilder,
  style: BuildingStyle,
  z0: number,
  z1: number,
  y0: number,
  y1: number,
  isDoor: boolean,
  isShop: boolean,
  random: Random,
  materials: StreetMaterials,
  frame: number,
  trim: number,
): void {
  const deep = isShop ? 0.25 : 0.16;
  builder.material = style.wall;
  builder.colour = packColour(1, 1, 1, 0.6);
  builder.face([0, y0, z0], [deep, y0, z0], [deep, y1, z0], [0, y1, z0]);
  builder.face([deep, y0, z1], [0, y0, z1], [0, y1, z1], [deep, y1, z1]);
  builder.face([0, y1, z0], [deep, y1, z0], [deep, y1, z1], [0, y1, z1]);
  builder.colour = 0xffffffff;
  if (isDoor) {
    builder.material = materials.wood;
    builder.colour = packColour(random.uniform(0.3, 1), random.uniform(0.3, 1), random.uniform(0.3, 1));
    builder.face([deep, y0, z1], [deep, y0, z0], [deep, y1, z0], [deep, y1, z1]);
    builder.colour = 0xffffffff;
    return;
  }
  builder.material = !isShop && random.chance(0.3) ? materials.curtain : materials.window;
  if (isShop && random.chance(0.35)) builder.material = random.pick(materials.posters);
  builder.face([deep, y0, z1], [deep, y0, z0], [deep, y1, z0], [deep, y1, z1]);
  builder.material = materials.paint;
  builder.colour = frame;
  const bar = 0.055;
  const x = deep - 0.03;
  const strip = (a: number, b: number, c: number, d: number): void =>
    builder.face([x, c, b], [x, c, a], [x, d, a], [x, d, b]);
  strip(z0, z0 + bar, y0, y1);
  strip(z1 - bar, z1, y0, y1);
  strip(z0, z1, y0, y0 + bar);
  strip(z0, z1, y1 - bar, y1);
  const middle = (z0 + z1) / 2;
  strip(middle - bar / 2, middle + bar / 2, y0, y1);
  if (!isShop) {
    builder.colour = trim;
    addBox(builder, [-0.09, y0 - 0.07, z0 - 0.08], [0.02, y0, z1 + 0.08]);
    // Half-closed roller shutters on some.
    if (random.chance(0.18)) {
      builder.colour = packColour(0.6, 0.6, 0.57, 0.9);
      strip(z0, z1, y1 - (y1 - y0) * random.uniform(0.2, 0.9), y1);
    }
  }
  builder.colour = 0xffffffff;
}

function balcony(builder: MeshBuilder, materials: StreetMaterials, z0: number, z1: number, y: number): void {
  builder.material = materials.paint;
  builder.colour = packColour(0.5, 0.5, 0.48);
  addBox(builder, [-1.1, y - 0.12, z0], [0, y + 0.04, z1]);
  builder.colour = packColour(0.06, 0.06, 0.065);
  for (let z = z0; z <= z1 + 0.01; z += (z1 - z0) / 12)
    addBox(builder, [-1.08, y, z - 0.012], [-1.056, y + 0.95, z + 0.012]);
  addBox(builder, [-1.1, y + 0.92, z0], [-1.04, y + 0.98, z1]);
  for (const z of [z0, z1]) addBox(builder, [-1.1, y + 0.92, z - 0.02], [0, y + 0.98, z + 0.02]);
  builder.colour = 0xffffffff;
}

function gableWindows(
  builder: MeshBuilder,
  style: BuildingStyle,
  depth: number,
  height: number,
  z: number,
  facing: number,
  random: Random,
  materials: StreetMaterials,
  frame: number,
): void {
  if (style.isBlind || random.chance(0.35)) return;
  const columns = Math.max(1, Math.floor(depth / 3.5));
  for (let floor = 0; floor < style.floors; floor++) {
    for (let column = 0; column < columns; column++) {
      if (random.chance(0.3)) continue;
      const x = ((column + 0.5) * depth) / columns;
      const y = floor * style.floorM + 0.9;
      const top = Math.min(height - 0.2, y + style.windowHeight * 0.9);
      const half = style.windowWidth * 0.42;
      const at = z + facing * 0.02;
      builder.material = materials.paint;
      builder.colour = frame;
      builder.face(
        [x - half - 0.06, y - 0.06, at],
        [x + half + 0.06, y - 0.06, at],
        [x + half + 0.06, top + 0.06, at],
        [x - half - 0.06, top + 0.06, at],
      );
      builder.colour = 0xffffffff;
      builder.material = materials.window;
      const glass = at + facing * 0.012;
      builder.face([x - half, y, glass], [x - 0.03, y, glass], [x - 0.03, top, glass], [x - half, top, glass]);
      builder.face([x + 0.03, y, glass], [x + half, y, glass], [x + half, top, glass], [x + 0.03, top, glass]);
    }
  }
}

function roof(
  builder: MeshBuilder,
  style: BuildingStyle,
  length: number,
  depth: number,
  height: number,
  random: Random,
  materials: StreetMaterials,
): void {
  if (style.isBlind || random.chance(0.15)) {
    builder.material = materials.concrete;
    builder.face([0, height, 0], [0, height, length], [depth, height, length], [depth, height, 0]);
    return;
  }
  const rise = depth * random.uniform(0.3, 0.5);
  const over = 0.35;
  const turned = style.floors <= 2 && random.chance(0.4);
  builder.material = style.roof;
  if (turned) {
    // The gable faces the street.
    const half = length / 2;
    const ridge = height + half * random.uniform(0.6, 0.95);
    builder.face(
      [-over, height - 0.2, -over],
      [depth + over, height - 0.2, -over],
      [depth + over, ridge, half],
      [-over, ridge, half],
    );
    builder.face(
      [depth + over, height - 0.2, length + over],
      [-over, height - 0.2, length + over],
      [-over, ridge, half],
      [depth + over, ridge, half],
    );
    builder.material = style.wall;
    for (const x of [0, depth]) {
      const a = builder.vertex(x, height, 0, x > 0 ? 1 : -1, 0, 0, 0, height);
      const b = builder.vertex(x, height, length, x > 0 ? 1 : -1, 0, 0, length, height);
      const c = builder.vertex(x, ridge - 0.1, half, x > 0 ? 1 : -1, 0, 0, half, ridge);
      builder.triangle(a, b, c);
    }
    return;
  }
  const middle = depth / 2;
  const ridge = height + rise;
  builder.face(
    [-over, height - over * 0.6, length],
    [-over, height - over * 0.6, 0],
    [middle, ridge, 0],
    [middle, ridge, length],
  );
  builder.face(
    [depth + over, height - over * 0.6, 0],
    [depth + over, height - over * 0.6, length],
    [middle, ridge, length],
    [middle, ridge, 0],
  );
  builder.material = style.wall;
  for (const z of [0, length]) {
    const a = builder.vertex(0, height, z, 0, 0, z > 0 ? 1 : -1, 0, height);
    const b = builder.vertex(depth, height, z, 0, 0, z > 0 ? 1 : -1, depth, height);
    const c = builder.vertex(middle, ridge - 0.05, z, 0, 0, z > 0 ? 1 : -1, middle, ridge);
    builder.triangle(a, b, c);
  }
  // Dormers, chimneys, a drain pipe.
  if (random.chance(0.5)) {
    for (let z = 1.5; z + 1.4 < length; z += random.uniform(2.6, 4)) {
      const base = height + 0.35;
      builder.material = materials.paint;
      builder.colour = packColour(0.6, 0.58, 0.54);
      addBox(builder, [0.5, base, z], [2.2, base + 1.25, z + 1.3]);
      builder.colour = 0xffffffff;
      builder.material = materials.window;
      builder.face(
        [0.48, base + 0.2, z + 1.12],
        [0.48, base + 0.2, z + 0.18],
        [0.48, base + 1.08, z + 0.18],
        [0.48, base + 1.08, z + 1.12],
      );
    }
  }
  builder.material = materials.walls[2]!;
  const chimney = random.uniform(0.2, 0.8) * length;
  addBox(
    builder,
    [middle - 0.3, ridge - 0.6, chimney],
    [middle + 0.3, ridge + random.uniform(0.5, 1.2), chimney + 0.6],
  );
  builder.material = materials.metal;
  addTube(
    builder,
    [
      [-0.08, 0, 0.12],
      [-0.08, height - 0.2, 0.12],
    ],
    [0.05],
    6,
  );
}
