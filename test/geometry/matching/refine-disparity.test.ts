import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random.js';
import { refineDisparity } from '../../../src/geometry/matching/refine-disparity.js';
import { createFloatMap, createRgbImage, type RgbImage } from '../../../src/geometry/raster.js';

const [width, height] = [120, 50];

/** A texture that is smooth over a pixel and nowhere repeats within a row: waves of 4 to 30 px. */
function texture(seed: number): (x: number, y: number) => number {
  const random = Random.fromSeed(seed, 'refine');
  const waves = Array.from({ length: 8 }, () => [
    (2 * Math.PI) / random.uniform(4, 30),
    random.uniform(-0.8, 0.8),
    random.uniform(0, 7),
  ]);
  return (x, y) => 128 + waves.reduce((sum, [a, b, phase]) => sum + 15 * Math.sin(a! * x + b! * y + phase!), 0);
}

function image(value: (x: number, y: number) => number): RgbImage {
  const image = createRgbImage(width, height);
  for (let i = 0; i < width * height; i++) {
    image.data.fill(Math.round(Math.min(255, Math.max(0, value(i % width, Math.floor(i / width))))), i * 3, i * 3 + 3);
  }
  return image;
}

/** Absolute errors of the pixels that `counts`, sorted. */
function errors(
  data: Float32Array,
  truth: (x: number, y: number) => number,
  counts: (x: number, y: number) => boolean,
) {
  const found: number[] = [];
  for (const [i, value] of data.entries()) {
    const [x, y] = [i % width, Math.floor(i / width)];
    if (counts(x, y)) found.push(Math.abs(value - truth(x, y)));
  }
  return found.sort((a, b) => a - b);
}

const share = (list: readonly number[], below: number): number => list.filter((e) => e < below).length / list.length;

test('a known shift is found from the first column that has a match, whatever the network says', () => {
  const surface = texture(1);
  const pair = { left: image((x, y) => surface(x, y)), right: image((x, y) => surface(x + 9, y)) };
  for (const told of [9, 25, Number.NaN]) {
    const { disparity, matched } = refineDisparity({
      ...pair,
      disparity: createFloatMap(width, height, told),
      confidence: createFloatMap(width, height, 1),
    });
    const seen = (x: number): boolean => x >= 12;
    assert.ok(
      share(
        errors(disparity.data, () => 9, seen),
        0.25,
      ) > 0.99,
      `told ${told}`,
    );
    assert.ok(
      share(
        errors(Float32Array.from(matched.data), () => 1, seen),
        0.5,
      ) > 0.97,
      `told ${told}`,
    );
    for (let y = 0; y < height; y++) assert.equal(matched.data[y * width], 0, 'column 0 has no match');
    // Where nobody tells anything, what has no match goes on from the nearest pixel that has one.
    const unmatched = errors(
      disparity.data,
      () => 9,
      (x) => x < 9,
    );
    if (Number.isNaN(told)) assert.ok(share(unmatched, 0.5) > 0.5, String(share(unmatched, 0.5)));
  }
});

test('a slanted plane is followed below the pixel', () => {
  const surface = texture(2);
  const plane = (x: number, y: number): number => 8 + 0.03 * x + 0.1 * y;
  const { disparity } = refineDisparity({
    left: image((x, y) => surface(x - plane(x, y), y)),
    right: image(surface),
    disparity: createFloatMap(width, height, 12),
    confidence: createFloatMap(width, height, 0.5),
  });
  const inner = errors(disparity.data, plane, (x) => x >= 20);
  assert.ok(inner[Math.floor(inner.length / 2)]! < 0.15, `median ${inner[Math.floor(inner.length / 2)]}`);
  assert.ok(share(inner, 0.5) > 0.97);
});

test('a pole of 3 px before a far wall comes back though the network is sure that there is none', () => {
  const [wall, pole] = [texture(3), texture(4)];
  const isPole = (x: number): boolean => x >= 70 && x < 73;
  const { disparity, matched } = refineDisparity({
    left: image((x, y) => (isPole(x) ? 190 + 0.2 * pole(x, y) : 0.4 * wall(x, y))),
    right: image((x, y) => (isPole(x + 16) ? 190 + 0.2 * pole(x + 16, y) : 0.4 * wall(x + 4, y))),
    disparity: createFloatMap(width, height, 4),
    confidence: createFloatMap(width, height, 1),
  });
  const onPole = errors(
    disparity.data,
    () => 16,
    (x) => x === 71,
  );
  assert.ok(share(onPole, 1) > 0.9, `${onPole}`);
  assert.ok(
    share(
      errors(
        disparity.data,
        () => 4,
        (x) => (x > 10 && x < 60) || x > 85,
      ),
      0.5,
    ) > 0.98,
    'the wall stays',
  );
  // The strip of wall that the pole hides from the right camera, 12 px beside it, has no match.
  const hidden = errors(
    Float32Array.from(matched.data),
    () => 0,
    (x) => x >= 58 && x < 61,
  );
  assert.ok(share(hidden, 0.5) > 0.7, 'hidden wall is not called matched');
});

test('what something near hides, and no network tells, is the farther of its neighbours', () => {
  const [wall, post] = [texture(3), texture(4)];
  const isPost = (x: number): boolean => x >= 60 && x < 80;
  const { disparity } = refineDisparity({
    left: image((x, y) => (isPost(x) ? 160 + 0.3 * post(x, y) : 0.4 * wall(x, y))),
    right: image((x, y) => (isPost(x + 16) ? 160 + 0.3 * post(x + 16, y) : 0.4 * wall(x + 4, y))),
    disparity: createFloatMap(width, height, Number.NaN),
    confidence: createFloatMap(width, height, 1),
  });
  // The post hides the 12 px of wall to its left from the right camera.
  const hidden = errors(
    disparity.data,
    () => 4,
    (x) => x >= 48 && x < 58,
  );
  assert.ok(share(hidden, 1) > 0.8, String(share(hidden, 1)));
});

test('where nothing can be matched the network decides', () => {
  const surface = texture(5);
  const isPlain = (x: number, y: number): boolean => x >= 50 && x < 90 && y >= 10 && y < 40;
  const at = (shift: number) => image((x, y) => (isPlain(x + shift, y) ? 240 : surface(x + shift, y)));
  const { disparity } = refineDisparity({
    left: at(0),
    right: at(14),
    disparity: createFloatMap(width, height, 13),
    confidence: createFloatMap(width, height, 1),
  });
  assert.equal(
    share(
      errors(disparity.data, () => 14, isPlain),
      3,
    ),
    1,
  );
});

test('the same pair gives the same bytes, known everywhere, and its arguments are left alone', () => {
  const surface = texture(6);
  const input = {
    left: image(surface),
    right: image((x, y) => surface(x + 5 + (y > 20 ? 6 : 0), y)),
    disparity: createFloatMap(width, height, Number.NaN),
    confidence: createFloatMap(width, height, 0.3),
  };
  const copy = structuredClone(input);
  const first = refineDisparity(input);
  assert.deepEqual(refineDisparity(input), first);
  assert.deepEqual(input, copy);
  assert.ok(first.disparity.data.every((d) => d >= 0));
});

test('images smaller than a window are taken', () => {
  const tiny = { width: 3, height: 2, data: new Uint8Array(18).fill(100) };
  const { disparity } = refineDisparity({
    left: tiny,
    right: tiny,
    disparity: createFloatMap(3, 2, 1),
    confidence: createFloatMap(3, 2, 1),
  });
  assert.equal(disparity.data.length, 6);
  assert.ok(disparity.data.every((d) => d >= 0 && d < 3));
});
