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
  const result: number[] = [];
  for (let row = 0; row < 3; row++) {
    const [a, b, c] = [outer[row * 3]!, outer[row * 3 + 1]!, outer[row * 3 + 2]!];
    for (let column = 0; column < 3; column++) {
      result.push(a * inner[column]! + b * inner[column + 3]! + c * inner[column + 6]!);
    }
  }
  for (let row = 0; row < 3; row++) {
    const [a, b, c] = [outer[row * 3]!, outer[row * 3 + 1]!, outer[row * 3 + 2]!];
    result.push(a * inner[9] + b * inner[10] + c * inner[11] + outer[9 + row]!);
  }
  return result as unknown as Transform;
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
