import { type Mesh, MeshBuilder, packColour } from '../mesh.js';
import { addBox, addDisc, addTube, cross, minus, normalised, type Vec3 } from '../shapes.js';
import type { StreetMaterials } from './materials.js';
import { type Body, bodies, type Section } from './vehicle-bodies.js';

/** Kinds of vehicle. */
const vehicleKinds = ['hatchback', 'sedan', 'estate', 'suv', 'van', 'truck', 'bus'] as const;

/** One of the kinds above. */
export type VehicleKind = (typeof vehicleKinds)[number];

/** A vehicle's mesh, standing on y = 0, its front towards +z. */
export interface Vehicle {
  readonly mesh: Mesh;
  readonly lengthM: number;
  readonly widthM: number;
}

const kept = new Map<string, Vehicle>();

/** The vehicle of a kind; `braking` lights the rear lamps. Kept between calls. */
export function vehicleOf(kind: VehicleKind, materials: StreetMaterials, braking: boolean): Vehicle {
  const key = `${kind}/${braking}`;
  let vehicle = kept.get(key);
  if (vehicle === undefined) {
    const builder = new MeshBuilder();
    if (kind === 'truck') vehicle = truck(builder, materials, braking);
    else if (kind === 'bus') vehicle = bus(builder, materials, braking);
    else vehicle = car(builder, bodies[kind], materials, braking);
    kept.set(key, vehicle);
  }
  return vehicle;
}

function car(builder: MeshBuilder, body: Body, materials: StreetMaterials, braking: boolean): Vehicle {
  const { length, width, sections } = body;
  const half = width / 2;
  const rings = sections.map((one) => ringOf(one, length, half));
  const [screenFrom, screenTo] = body.windscreen;
  const isWindow = (row: number, column: number): boolean => {
    const isRoof = column >= 3 && column <= 6;
    if (isRoof && row >= screenFrom && row < screenTo) return true;
    if (isRoof && body.rearWindow !== undefined && row >= body.rearWindow[0] && row < body.rearWindow[1]) return true;
    const isSide = column === 2 || column === 7;
    return isSide && body.sideWindows.some(([from, to]) => row >= from && row < to);
  };
  loft(builder, rings, (row, column) => (isWindow(row, column) ? materials.carGlass : materials.carPaint));
  // Front and rear are closed by flat caps.
  builder.material = materials.carPaint;
  for (const [ring, nz] of [
    [rings[0]!, 1],
    [rings.at(-1)!, -1],
  ] as const) {
    const centre = builder.vertex(0, (ring[0]![1] + ring[4]![1]) / 2, ring[0]![2], 0, 0, nz, 0, 0);
    const rim = ring.map(([x, y, z]) => builder.vertex(x, y, z, 0, 0, nz, 0, 0));
    for (let k = 0; k < rim.length; k++) builder.triangle(centre, rim[k]!, rim[(k + 1) % rim.length]!);
  }
  addUnderside(builder, materials, half, length, sections[3]!.sill);
  for (const at of body.wheels) addWheels(builder, materials, (0.5 - at) * length, half, body.wheelRadius);
  const front = sections[0]!;
  const rear = sections.at(-1)!;
  addFront(builder, materials, length / 2, half, front.sill, sections[1]!.belt, front.belt);
  addRear(builder, materials, -length / 2, half, rear, sections.at(-2)!, braking);
  // Mirrors on the doors.
  builder.material = materials.carPaint;
  const mirrorZ = (0.5 - sections[3]!.at - 0.05) * length;
  const mirrorY = sections[3]!.belt + 0.06;
  for (const side of [-1, 1]) {
    addBox(
      builder,
      [Math.min(side * half * 0.96, side * (half + 0.16)), mirrorY - 0.07, mirrorZ - 0.05],
      [Math.max(side * half * 0.96, side * (half + 0.16)), mirrorY + 0.07, mirrorZ + 0.06],
    );
  }
  return { mesh: builder.build(), lengthM: length, widthM: width };
}

/** Half a cross-section from sill to the middle of the roof, then mirrored: 11 points. */
function ringOf(one: Section, length: number, half: number): Vec3[] {
  const z = (0.5 - one.at) * length;
  const [wSill, wDoor, wBelt, wRoof] = one.widths;
  const hasCabin = one.roof - one.belt > 0.15;
  const left: Vec3[] = [
    [-half * wSill, one.sill, z],
    [-half * wDoor, Math.min(one.belt * 0.62, one.belt - 0.1), z],
    [-half * wBelt, one.belt, z],
    [-half * (hasCabin ? wRoof : wBelt * 0.93), one.roof - (hasCabin ? 0.07 : 0.005), z],
    [-half * (hasCabin ? wRoof * 0.86 : wBelt * 0.6), one.roof - (hasCabin ? 0.015 : 0), z],
  ];
  const right = left.map(([x, y, zz]): Vec3 => [-x, y, zz]).reverse();
  return [...left, [0, one.roof + 0.012, z], ...right];
}

/** Joins cross-sections by quads; edges sharper than about 40 degrees stay sharp. */
function loft(
  builder: MeshBuilder,
  rings: readonly (readonly Vec3[])[],
  materialAt: (row: number, column: number) => number,
): void {
  const columns = rings[0]!.length - 1;
  const normals = rings.slice(0, -1).map((ring, row) =>
    Array.from({ length: columns }, (_, column) => {
      const next = rings[row + 1]!;
      return normalised(cross(minus(next[column + 1]!, ring[column]!), minus(ring[column + 1]!, next[column]!)));
    }),
  );
  const smooth = (row: number, column: number, cornerRow: number, cornerColumn: number): Vec3 => {
    const own = normals[row]![column]!;
    let [x, y, z] = [0, 0, 0];
    for (const r of [cornerRow - 1, cornerRow]) {
      for (const c of [cornerColumn - 1, cornerColumn]) {
        const other = normals[r]?.[c];
        if (other === undefined) continue;
        if (own[0] * other[0] + own[1] * other[1] + own[2] * other[2] < 0.78) continue;
        [x, y, z] = [x + other[0], y + other[1], z + other[2]];
      }
    }
    return normalised([x, y, z]);
  };
  for (let row = 0; row + 1 < rings.length; row++) {
    for (let column = 0; column < columns; column++) {
      builder.material = materialAt(row, column);
      const corners = [
        [row, column],
        [row, column + 1],
        [row + 1, column + 1],
        [row + 1, column],
      ] as const;
      const [a, b, c, d] = corners.map(([r, k]) => {
        const point = rings[r]![k]!;
        return builder.vertex(...point, ...smooth(row, column, r, k), 0, 0);
      }) as [number, number, number, number];
      builder.quad(a, b, c, d);
    }
  }
}

function addUnderside(
  builder: MeshBuilder,
  materials: StreetMaterials,
  half: number,
  length: number,
  sill: number,
): void {
  builder.material = materials.plastic;
  builder.colour = packColour(1, 1, 1, 0.1);
  addBox(builder, [-half * 0.84, sill - 0.06, -length * 0.46], [half * 0.84, sill + 0.1, length * 0.46]);
  builder.colour = 0xffffffff;
}

function addWheels(builder: MeshBuilder, materials: StreetMaterials, z: number, half: number, radius: number): void {
  for (const side of [-1, 1]) {
    const outer = side * (half + 0.012);
    const inner = side * (half - 0.2);
    builder.colour = packColour(1, 1, 1, 0.35);
    builder.material = materials.plastic;
    addDisc(builder, [side * (half + 0.004), radius + 0.03, z], [side, 0, 0], radius + 0.055, 20);
    builder.colour = packColour(1, 1, 1, 0.7);
    builder.material = materials.tyre;
    addTube(
      builder,
      [
        [inner, radius, z],
        [outer, radius, z],
      ],
      [radius],
      18,
    );
    addDisc(builder, [outer, radius, z], [side, 0, 0], radius, 18);
    builder.colour = 0xffffffff;
    builder.material = materials.rim;
    addDisc(builder, [outer + side * 0.006, radius, z], [side, 0, 0], radius * 0.66, 14);
    builder.material = materials.tyre;
    for (let spoke = 0; spoke < 5; spoke++) {
      const angle = (spoke / 5) * 2 * Math.PI + 0.3;
      addDisc(
        builder,
        [outer + side * 0.01, radius + Math.cos(angle) * radius * 0.42, z + Math.sin(angle) * radius * 0.42],
        [side, 0, 0],
        radius * 0.13,
        6,
      );
    }
  }
}

function addFront(
  builder: MeshBuilder,
  materials: StreetMaterials,
  z: number,
  half: number,
  sill: number,
  belt: number,
  capTop: number,
): void {
  builder.material = materials.plastic;
  panel(builder, -half * 0.42, half * 0.42, capTop - 0.2, capTop - 0.05, z + 0.012);
  panel(builder, -half * 0.6, half * 0.6, sill + 0.03, sill + 0.12, z + 0.012);
  builder.material = materials.paint;
  builder.colour = packColour(0.75, 0.75, 0.73);
  panel(builder, -0.26, 0.26, sill + 0.14, sill + 0.25, z + 0.02);
  builder.material = materials.lamp;
  builder.colour = packColour(0.6, 0.62, 0.65);
  for (const side of [-1, 1]) {
    const [a, b] = [side * half * 0.5, side * half * 0.84];
    // Headlights wrap around the corner.
    builder.face(
      [a, capTop - 0.14, z + 0.03],
      [b, capTop - 0.11, z + 0.02],
      [b, belt - 0.01, z - 0.03],
      [a, capTop + 0.01, z + 0.025],
    );
    builder.face(
      [b, capTop - 0.11, z + 0.02],
      [side * half * 0.985, capTop - 0.06, z - 0.12],
      [side * half * 0.97, belt + 0.01, z - 0.17],
      [b, belt - 0.01, z - 0.03],
    );
  }
  builder.colour = 0xffffffff;
}

function addRear(
  builder: MeshBuilder,
  materials: StreetMaterials,
  z: number,
  half: number,
  rear: Section,
  before: Section,
  braking: boolean,
): void {
  builder.material = materials.plastic;
  panel(builder, -half * 0.78, half * 0.78, rear.sill, rear.sill + 0.12, z - 0.012);
  builder.material = materials.paint;
  builder.colour = packColour(0.75, 0.75, 0.73);
  const plateY = rear.belt - 0.3;
  panel(builder, -0.26, 0.26, plateY, plateY + 0.11, z - 0.015);
  useRearLamps(builder, materials, braking);
  const height = Math.max(0.2, (before.belt - rear.sill) * 0.3);
  for (const side of [-1, 1]) {
    const [a, b] = [side * half * 0.58, side * half * 0.9];
    const [low, high] = [rear.belt - height, rear.belt - 0.02];
    builder.face([a, low, z - 0.025], [b, low, z - 0.015], [b, high, z - 0.005], [a, high, z - 0.02]);
    builder.face(
      [b, low, z - 0.015],
      [side * half * 0.99, low, z + 0.13],
      [side * half * 0.98, high, z + 0.15],
      [b, high, z - 0.005],
    );
  }
  builder.colour = 0xffffffff;
}

function panel(builder: MeshBuilder, x0: number, x1: number, y0: number, y1: number, z: number): void {
  builder.face([x0, y0, z], [x1, y0, z], [x1, y1, z], [x0, y1, z]);
}

function useHeadlamps(builder: MeshBuilder, materials: StreetMaterials): void {
  builder.material = materials.lamp;
  builder.colour = packColour(0.6, 0.6, 0.62);
}

function useRearLamps(builder: MeshBuilder, materials: StreetMaterials, braking: boolean): void {
  builder.material = braking ? materials.glow : materials.lamp;
  builder.colour = braking ? packColour(0.9, 0.05, 0.03) : packColour(0.3, 0.012, 0.012);
}

function truck(builder: MeshBuilder, materials: StreetMaterials, braking: boolean): Vehicle {
  const [length, half, height] = [9.5, 1.22, 3.6];
  const cabBack = length / 2 - 2.1;
  builder.material = materials.carPaint;
  addBox(builder, [-half, 0.55, cabBack], [half, 2.75, length / 2]);
  builder.material = materials.paint;
  builder.colour = packColour(0.62, 0.63, 0.62);
  addBox(builder, [-half - 0.03, 1.05, -length / 2], [half + 0.03, height, cabBack - 0.35]);
  builder.colour = 0xffffffff;
  builder.material = materials.carGlass;
  panel(builder, -half * 0.92, half * 0.92, 1.6, 2.45, length / 2 + 0.015);
  for (const side of [-1, 1]) {
    const x = side * (half + 0.012);
    builder.face(
      [x, 1.6, cabBack + 0.7],
      [x, 1.6, length / 2 - 0.15],
      [x, 2.4, length / 2 - 0.25],
      [x, 2.4, cabBack + 0.7],
    );
  }
  builder.material = materials.plastic;
  addBox(builder, [-half * 0.9, 0.45, -length / 2 + 0.1], [half * 0.9, 1.05, length / 2 - 0.3]);
  panel(builder, -half * 0.8, half * 0.8, 0.6, 1.3, length / 2 + 0.014);
  for (const at of [length / 2 - 1.2, -length / 2 + 1.6, -length / 2 + 2.9])
    addWheels(builder, materials, at, half, 0.48);
  useHeadlamps(builder, materials);
  for (const side of [-1, 1]) panel(builder, side * 0.75 - 0.18, side * 0.75 + 0.18, 0.72, 0.95, length / 2 + 0.03);
  useRearLamps(builder, materials, braking);
  for (const side of [-1, 1]) panel(builder, side * 0.95 - 0.2, side * 0.95 + 0.2, 0.75, 0.9, -length / 2 - 0.03);
  builder.colour = 0xffffffff;
  return { mesh: builder.build(), lengthM: length, widthM: half * 2 };
}

function bus(builder: MeshBuilder, materials: StreetMaterials, braking: boolean): Vehicle {
  const [length, half, height] = [11.5, 1.26, 3.0];
  builder.material = materials.carPaint;
  addBox(builder, [-half, 0.35, -length / 2], [half, height, length / 2]);
  builder.material = materials.carGlass;
  panel(builder, -half * 0.93, half * 0.93, 1.05, 2.55, length / 2 + 0.015);
  panel(builder, -half * 0.85, half * 0.85, 1.6, 2.5, -length / 2 - 0.015);
  for (const side of [-1, 1]) {
    const x = side * (half + 0.014);
    for (let k = 0; k < 7; k++) {
      const z0 = -length / 2 + 0.5 + k * 1.5;
      const bottom = k === 6 ? 0.5 : 1.35;
      builder.face([x, bottom, z0], [x, bottom, z0 + 1.38], [x, 2.5, z0 + 1.38], [x, 2.5, z0]);
    }
  }
  for (const at of [length / 2 - 2.4, -length / 2 + 2.8]) addWheels(builder, materials, at, half, 0.48);
  useHeadlamps(builder, materials);
  for (const side of [-1, 1]) panel(builder, side * 0.95 - 0.15, side * 0.95 + 0.15, 0.6, 0.8, length / 2 + 0.02);
  useRearLamps(builder, materials, braking);
  for (const side of [-1, 1]) panel(builder, side * 1.05 - 0.12, side * 1.05 + 0.12, 0.8, 1.3, -length / 2 - 0.02);
  builder.colour = 0xffffffff;
  return { mesh: builder.build(), lengthM: length, widthM: half * 2 };
}
