/** Rotation (times scale) in row-major order, then translation: p' = M p + t. World frame: x right, y up, z forward. */
export type Transform = readonly [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
];

/** The transform that leaves everything in place. */
export const identity: Transform = [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0];

/**
 * Placement of an object: yaw turns its z axis towards +x, pitch raises its z axis, roll lowers its x axis; then the
 * scale, then the translation. Radians, metres.
 */
export function placement(x: number, y: number, z: number, yaw = 0, scale = 1, pitch = 0, roll = 0): Transform {
  const [sy, cy, sp, cp, sr, cr] = [
    Math.sin(yaw),
    Math.cos(yaw),
    Math.sin(pitch),
    Math.cos(pitch),
    Math.sin(roll),
    Math.cos(roll),
  ];
  // Columns: where the object's right, up and forward axes end up.
  const forward = [sy * cp, sp, cy * cp];
  const right0 = [cy, 0, -sy];
  const up0 = [-sy * sp, cp, -cy * sp];
  const right = right0.map((value, i) => value * cr - up0[i]! * sr);
  const up = right0.map((value, i) => value * sr + up0[i]! * cr);
  return [
    right[0]! * scale,
    up[0]! * scale,
    forward[0]! * scale,
    right[1]! * scale,
    up[1]! * scale,
    forward[1]! * scale,
    right[2]! * scale,
    up[2]! * scale,
    forward[2]! * scale,
    x,
    y,
    z,
  ];
}

/** The transform that first does `inner`, then `outer`. */
export function compose(outer: Transform, inner: Transform): Transform {
  const [a, b, c, d, e, f, g, h, i, x, y, z] = outer;
  const [p, q, r, s, t, u, v, w, k, l, m, n] = inner;
  return [
    a * p + b * s + c * v,
    a * q + b * t + c * w,
    a * r + b * u + c * k,
    d * p + e * s + f * v,
    d * q + e * t + f * w,
    d * r + e * u + f * k,
    g * p + h * s + i * v,
    g * q + h * t + i * w,
    g * r + h * u + i * k,
    a * l + b * m + c * n + x,
    d * l + e * m + f * n + y,
    g * l + h * m + i * n + z,
  ];
}

/** World to camera axes (x right, y down, z forward) for a camera placed like an object. */
export function viewFrom(camera: Transform): Transform {
  const [r0, u0, f0, r1, u1, f1, r2, u2, f2, x, y, z] = camera;
  return [
    r0,
    r1,
    r2,
    -u0,
    -u1,
    -u2,
    f0,
    f1,
    f2,
    -(r0 * x + r1 * y + r2 * z),
    u0 * x + u1 * y + u2 * z,
    -(f0 * x + f1 * y + f2 * z),
  ];
}

/** A camera placement as KITTI writes poses: 3x4 row-major, camera to world, both with x right, y down, z forward. */
export function kittiPose(camera: Transform): number[] {
  const [r0, u0, f0, r1, u1, f1, r2, u2, f2, x, y, z] = camera;
  return [r0, -u0, f0, x, -r1, u1, -f1, -y, r2, -u2, f2, z];
}
