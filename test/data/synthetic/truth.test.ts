import assert from 'node:assert/strict';
import { test } from 'node:test';
import { relativePose } from '../../../src/data/synthetic/dataset.js';
import {
  type RenderedPair,
  type RenderRequest,
  renderPair,
  syntheticPose,
} from '../../../src/data/synthetic/render-pair.js';
import { leftRightVisibility } from './left-right.js';

const size = { width: 480, height: 160 } as const;

function render(domain: 'street' | 'flying', scene: number): RenderedPair {
  const request: RenderRequest = {
    domain,
    seed: 11,
    scene,
    frame: 0,
    ...size,
    sensor: false,
    hard: { reflective: 0, textureless: 0.1 },
  };
  return renderPair(request);
}

/** Mean absolute grey difference between the left image and the right one moved by `offset` + disparity. */
function warpError(pair: RenderedPair, offset: number): number {
  const { width, height } = pair.left;
  const grey = (data: Uint8Array, i: number): number => (data[3 * i]! + data[3 * i + 1]! + data[3 * i + 2]!) / 3;
  let sum = 0;
  let count = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      const d = pair.disparityLeft.data[i]!;
      if (pair.visibleLeft.data[i] === 0 || !isSmooth(pair, i)) continue;
      const match = x - d + offset;
      const at = Math.floor(match);
      if (at < 1 || at >= width - 2) continue;
      const share = match - at;
      const j = y * width + at;
      const moved = grey(pair.right.data, j) * (1 - share) + grey(pair.right.data, j + 1) * share;
      sum += Math.abs(grey(pair.left.data, i) - moved);
      count++;
    }
  }
  assert.ok(count > width * height * 0.2, `enough smooth pixels: ${count}`);
  return sum / count;
}

/** Away from depth edges, where a pixel mixes two surfaces, and with a visible neighbourhood. */
function isSmooth(pair: RenderedPair, i: number): boolean {
  const { width } = pair.left;
  const d = pair.disparityLeft.data;
  for (const j of [i - 1, i + 1, i - width, i + width]) {
    const other = d[j];
    if (other === undefined || Math.abs(other - d[i]!) > 0.5 || pair.visibleLeft.data[j] === 0) return false;
  }
  return true;
}

for (const domain of ['street', 'flying'] as const) {
  test(`${domain}: the right image moved by the disparity is the left one, to a fraction of a pixel`, () => {
    for (const scene of [0, 3]) {
      const pair = render(domain, scene);
      const exact = warpError(pair, 0);
      assert.ok(exact < 2, `mean grey error ${exact.toFixed(2)} of 255`);
      // Half a pixel too far must be visibly worse on both sides, or the truth would not be sub-pixel exact.
      for (const offset of [-0.5, 0.5]) {
        const wrong = warpError(pair, offset);
        assert.ok(
          wrong > exact * 1.25,
          `scene ${scene}, ${offset} px: ${wrong.toFixed(2)} against ${exact.toFixed(2)}`,
        );
      }
    }
  });

  test(`${domain}: visibility agrees with the left-right check of the two exact disparities`, () => {
    const pair = render(domain, 2);
    const { agree, count } = leftRightVisibility(pair);
    assert.ok(agree / count > 0.97, `${agree} of ${count} agree`);
    const seen = pair.visibleLeft.data.reduce((sum, bit) => sum + bit, 0) / count;
    assert.ok(seen > 0.6 && seen < 0.999, `share seen by both: ${seen}`);
  });

  test(`${domain}: disparities are finite, positive, and of the range driving has`, () => {
    const { disparityLeft, disparityRight } = render(domain, 4);
    for (const { data } of [disparityLeft, disparityRight]) {
      assert.ok(data.every((d) => d > 0 && d < 256));
      const sorted = Float32Array.from(data).sort();
      assert.ok(sorted[Math.floor(sorted.length * 0.95)]! > 4);
    }
  });
}

test('street: the disparity of the road is that of a plane 1.65 m below the camera', () => {
  // On a straight, level stretch d(y) is a line: d = baseline / height * fx / fy * (y - horizon).
  const pair = render('street', 0);
  const { width, height } = pair.left;
  const { camera } = pair;
  const ratio = (camera.baselineM / 1.65) * (camera.fxPx / camera.fyPx);
  const column = Math.round(camera.cxPx);
  const at = (y: number): number => pair.disparityLeft.data[y * width + column]!;
  const slopes: number[] = [];
  for (let y = height - 30; y < height - 2; y++) slopes.push(at(y + 1) - at(y));
  slopes.sort((a, b) => a - b);
  const slope = slopes[slopes.length >> 1]!;
  assert.ok(Math.abs(slope / ratio - 1) < 0.06, `slope ${slope}, expected ${ratio}`);
});

test('street: consecutive frames see the same road points, moved as the poses say', () => {
  const request: RenderRequest = { domain: 'street', seed: 11, scene: 0, frame: 0, ...size, sensor: false };
  const first = renderPair(request);
  const second = renderPair({ ...request, frame: 1 });
  assert.deepEqual(syntheticPose(request), first.pose);
  const motion = relativePose(second.pose, first.pose);
  const { camera } = first;
  const { width, height } = first.left;
  let agree = 0;
  let count = 0;
  for (let y = Math.round(height * 0.62); y < height; y += 3) {
    for (let x = 40; x < width - 40; x += 5) {
      const z = (camera.fxPx * camera.baselineM) / first.disparityLeft.data[y * width + x]!;
      const point = [((x - camera.cxPx) / camera.fxPx) * z, ((y - camera.cyPx) / camera.fyPx) * z, z] as const;
      const [px, py, pz] = [0, 1, 2].map(
        (row) =>
          motion[row * 4]! * point[0] +
          motion[row * 4 + 1]! * point[1] +
          motion[row * 4 + 2]! * point[2] +
          motion[row * 4 + 3]!,
      ) as [number, number, number];
      const u = Math.round((camera.fxPx * px) / pz + camera.cxPx);
      const v = Math.round((camera.fyPx * py) / pz + camera.cyPx);
      if (!(pz > 1 && u >= 0 && v >= 0 && u < width && v < height)) continue;
      const expected = (camera.fxPx * camera.baselineM) / pz;
      count++;
      if (Math.abs(second.disparityLeft.data[v * width + u]! - expected) < 0.5 + 0.03 * expected) agree++;
    }
  }
  // Moving cars and depth edges may disagree; the ground does not.
  assert.ok(count > 200 && agree / count > 0.75, `${agree} of ${count} points`);
  assert.ok(Math.hypot(motion[3]!, motion[7]!, motion[11]!) > 0.05, 'the camera moves');
});
