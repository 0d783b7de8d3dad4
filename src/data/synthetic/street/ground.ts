import { type Mesh, MeshBuilder } from '../mesh.js';
import { cross, minus, normalised, type Vec3 } from '../shapes.js';
import type { Course } from './course.js';
import type { StreetStyle, Strip } from './style.js';

/** Length of a piece of world, metres along the road. */
export const chunkM = 40;

const stepM = 2.5;

/** Side roads open here (s), both ends included; undefined where there is none. */
export interface Junction {
  readonly s0: number;
  readonly s1: number;
  readonly right: boolean;
  readonly left: boolean;
}

/** The ground of one chunk: road, kerbs, pavements, verges, and land out to 160 m on both sides. */
export function groundMesh(course: Course, style: StreetStyle, chunk: number, junction: Junction | undefined): Mesh {
  const builder = new MeshBuilder();
  const s0 = chunk * chunkM;
  const steps = chunkM / stepM;
  const all: (Strip & { readonly side: 1 | -1 })[] = [
    { t0: 0, t1: style.roadRight, h0: 0, h1: 0, material: style.asphalt, side: 1 },
    { t0: 0, t1: -style.roadLeft, h0: 0, h1: 0, material: style.asphalt, side: -1 },
  ];
  for (const [side, strips] of [
    [1, style.strips.right],
    [-1, style.strips.left],
  ] as const) {
    for (const strip of strips) all.push({ ...strip, side });
    const last = strips.at(-1)!;
    let { t1: t, h1: h } = last;
    // Open land, rising and falling slowly, falls away at last so that its rim is not seen against the sky.
    for (const [reach, rise] of [
      [12, 0.2],
      [35, 0.6],
      [60, -1],
      [160, -8],
    ] as const) {
      all.push({ t0: t, t1: Math.max(t + 1, reach), h0: h, h1: h + rise, material: style.grass, side });
      t = Math.max(t + 1, reach);
      h += rise;
    }
  }
  for (const strip of all) {
    const opensAt = (k: number): boolean =>
      junction !== undefined &&
      (strip.side > 0 ? junction.right : junction.left) &&
      s0 + k * stepM >= junction.s0 &&
      s0 + (k + 1) * stepM <= junction.s1;
    const flat = { ...strip, h0: 0, h1: Math.min(0, strip.h1), material: style.asphalt };
    for (let k = 0; k < steps; k++) {
      const a = s0 + k * stepM;
      const opens = opensAt(k);
      addStrip(builder, course, opens ? flat : strip, a, a + stepM);
      // Where an opening begins or ends, a face closes the step between its level and the strip's.
      if (k > 0 && opens !== opensAt(k - 1)) addFace(builder, course, strip, flat, a, opens ? 1 : -1);
    }
  }
  return builder.build();
}

function addStrip(builder: MeshBuilder, course: Course, strip: Strip & { side: 1 | -1 }, a: number, b: number): void {
  builder.material = strip.material;
  const t0 = strip.t0 * strip.side;
  const t1 = strip.t1 * strip.side;
  const corners: readonly Vec3[] = [
    course.point(a, t0, strip.h0),
    course.point(a, t1, strip.h1),
    course.point(b, t1, strip.h1),
    course.point(b, t0, strip.h0),
  ];
  const [c0, c1, c2, c3] = corners as [Vec3, Vec3, Vec3, Vec3];
  const n = normalised(cross(minus(c2, c0), minus(c3, c1)));
  const up: Vec3 = n[1] < 0 ? [-n[0], -n[1], -n[2]] : n;
  const isUpright = strip.t0 === strip.t1;
  const u0 = isUpright ? strip.h0 : t0;
  const u1 = isUpright ? strip.h1 : t1;
  const i0 = builder.vertex(...c0, ...up, u0, a);
  const i1 = builder.vertex(...c1, ...up, u1, a);
  const i2 = builder.vertex(...c2, ...up, u1, b);
  const i3 = builder.vertex(...c3, ...up, u0, b);
  builder.quad(i0, i1, i2, i3);
}

/** The upright face across a strip at `s`, from one height profile to another; it looks along (1) or against (-1) the road. */
function addFace(
  builder: MeshBuilder,
  course: Course,
  upper: Strip & { side: 1 | -1 },
  lower: Strip,
  s: number,
  towards: 1 | -1,
): void {
  if (upper.h0 === lower.h0 && upper.h1 === lower.h1) return;
  builder.material = upper.material;
  const t0 = upper.t0 * upper.side;
  const t1 = upper.t1 * upper.side;
  const corners = [
    course.point(s, t0, lower.h0),
    course.point(s, t1, lower.h1),
    course.point(s, t1, upper.h1),
    course.point(s, t0, upper.h0),
  ] as const;
  const along = normalised(minus(course.point(s + 0.1, t0, 0), course.point(s, t0, 0)));
  const normal: Vec3 = [along[0] * towards, along[1] * towards, along[2] * towards];
  const [i0, i1, i2, i3] = corners.map((corner, index) =>
    builder.vertex(...corner, ...normal, index === 0 || index === 3 ? t0 : t1, index < 2 ? 0 : upper.h1),
  ) as [number, number, number, number];
  builder.quad(i0, i1, i2, i3);
}
