import assert from 'node:assert/strict';
import { test } from 'node:test';
import { distort, type LensDistortion, undistortMap } from '../../src/geometry/distortion.js';

const brown: LensDistortion = {
  kind: 'brown',
  radial: [-0.3, 0.1, -0.01],
  tangential: [0.001, -0.002],
  rational: [0, 0, 0],
};

function near(found: readonly number[] | undefined, expected: readonly number[], tolerance = 1e-9): void {
  assert.ok(found !== undefined);
  expected.forEach((value, index) => {
    assert.ok(Math.abs(found[index]! - value) < tolerance, `${found} against ${expected}`);
  });
}

test("OpenCV's formulas, worked out by hand at one ray", () => {
  // x = 0.3, y = 0.4: r2 = 0.25; radial 1 - 0.075 + 0.00625 - 0.00015625 = 0.93109375.
  near(distort(brown, 0.3, 0.4), [
    0.3 * 0.93109375 + 2 * 0.001 * 0.12 - 0.002 * (0.25 + 0.18),
    0.4 * 0.93109375 + 0.001 * (0.25 + 0.32) - 2 * 0.002 * 0.12,
  ]);
  const rational: LensDistortion = { ...brown, tangential: [0, 0], rational: [0.2, 0, 0] };
  near(distort(rational, 0.3, 0.4), [(0.3 * 0.93109375) / 1.05, (0.4 * 0.93109375) / 1.05]);
  const fisheye: LensDistortion = { kind: 'fisheye', k: [0.1, 0, 0, 0] };
  const angle = Math.atan(0.5);
  const scale = (angle * (1 + 0.1 * angle * angle)) / 0.5;
  near(distort(fisheye, 0.3, 0.4), [0.3 * scale, 0.4 * scale]);
  near(distort(fisheye, 0, 0), [0, 0]);
});

test('where the polynomial turns back, the lens says nothing', () => {
  const barrel: LensDistortion = { kind: 'brown', radial: [-0.3, 0, 0], tangential: [0, 0], rational: [0, 0, 0] };
  // r (1 - 0.3 r2) is steepest until r = sqrt(1 / 0.9) = 1.054.
  assert.ok(distort(barrel, 1.04, 0) !== undefined);
  assert.equal(distort(barrel, 1.07, 0), undefined);
});

test('a pinhole looked at through a pinhole is a shift and a scale', () => {
  const none: LensDistortion = { kind: 'brown', radial: [0, 0, 0], tangential: [0, 0], rational: [0, 0, 0] };
  const camera = { width: 200, height: 100, fxPx: 160, fyPx: 160, cxPx: 99.5, cyPx: 49.5 };
  const half = { width: 10, height: 5, fxPx: 80, fyPx: 80, cxPx: 4, cyPx: 2 };
  const { data } = undistortMap(half, camera, none);
  near([...data.slice(0, 4)], [99.5 - 8, 49.5 - 4, 99.5 - 6, 49.5 - 4], 1e-4);
});

test('a rectifying rotation turns the view: its transpose leads back into the camera', () => {
  const none: LensDistortion = { kind: 'brown', radial: [0, 0, 0], tangential: [0, 0], rational: [0, 0, 0] };
  const camera = { width: 200, height: 100, fxPx: 100, fyPx: 100, cxPx: 100, cyPx: 50 };
  const [c, s] = [Math.cos(0.1), Math.sin(0.1)];
  // Rectified = R * camera, a turn by 0.1 about the y axis: straight ahead there is (-s, 0, c) here.
  const { data } = undistortMap({ ...camera, width: 201, height: 101 }, camera, none, [c, 0, s, 0, 1, 0, -s, 0, c]);
  const middle = (50 * 201 + 100) * 2;
  near([data[middle]!, data[middle + 1]!], [100 - 100 * Math.tan(0.1), 50], 1e-4);
});
