import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { isCyclopsError } from '../../../src/base/errors.js';
import { type RenderRequest, renderPair, syntheticCamera } from '../../../src/data/synthetic/render-pair.js';
import { kittiCamera } from '../../../src/geometry/camera.js';

const small = { width: 320, height: 96 } as const;
const street: RenderRequest = { domain: 'street', seed: 5, scene: 1, frame: 2, ...small };
const flying: RenderRequest = { domain: 'flying', seed: 5, scene: 1, frame: 0, ...small };

function digestOf(request: RenderRequest): string {
  const pair = renderPair(request);
  const hash = createHash('sha256');
  hash.update(pair.left.data).update(pair.right.data);
  for (const map of [pair.disparityLeft, pair.disparityRight, pair.visibleLeft, pair.visibleRight]) {
    hash.update(new Uint8Array(map.data.buffer));
  }
  return hash.digest('hex');
}

for (const request of [street, flying]) {
  test(`${request.domain}: the same request gives the same bytes, whatever was rendered before`, () => {
    const first = digestOf(request);
    digestOf({ ...request, scene: 7 });
    digestOf({ ...request, frame: 9 });
    digestOf({ ...request, width: 160, height: 48 });
    assert.equal(digestOf(request), first);
  });

  test(`${request.domain}: seed, scene and frame each change the images`, () => {
    const digests = [request, { ...request, seed: 6 }, { ...request, scene: 2 }, { ...request, frame: 3 }].map(
      digestOf,
    );
    assert.equal(new Set(digests).size, digests.length);
  });
}

/** Data sets are named by seed alone, so what a seed renders stays the same to the last bit. */
const goldenDigests: Readonly<Record<string, readonly [request: RenderRequest, digest: string]>> = {
  'a street': [street, '22898b8c71ea7483abdfebd9029932db818e8a9352bc7039b4187f15b743b1cd'],
  'another street, with trees and shadows close by': [
    { ...street, seed: 900, scene: 3, frame: 0 },
    '1142e3ae394aaa28cd8cabd4580ddc909114d5533b4bce8d29200d6f8013f4d3',
  ],
  'flying things': [flying, '8efae3f4d4f3aade23d07f374ceddaf273aa9066f438d9a23a045a45862dbdb5'],
};

for (const [name, [request, digest]] of Object.entries(goldenDigests)) {
  test(`${name}: the bytes have not changed since they were written down`, () => {
    assert.equal(digestOf(request), digest);
  });
}

test('ids are unique and name scene and frame', () => {
  assert.equal(renderPair(street).id, 'street-000001-0002');
  assert.equal(renderPair(flying).id, 'flying-000001-0000');
});

test('the camera is KITTI at its own size, resized with nearly its shape, and square-pixelled otherwise', () => {
  assert.deepEqual(syntheticCamera(1242, 375), kittiCamera);
  const half = syntheticCamera(621, 188);
  assert.ok(Math.abs(half.fxPx - kittiCamera.fxPx / 2) < 1e-9);
  const tall = syntheticCamera(768, 384);
  assert.equal(tall.fxPx, tall.fyPx);
  assert.equal(tall.height, 384);
  assert.equal(tall.baselineM, kittiCamera.baselineM);
});

test('sizes and indices out of range are refused, naming the field', () => {
  for (const [field, value] of [
    ['width', 8],
    ['height', 5000],
    ['seed', -1],
    ['frame', 1.5],
  ] as const) {
    assert.throws(
      () => renderPair({ ...street, [field]: value }),
      (error) => isCyclopsError(error, 'CONFIG_INVALID') && error.message.includes(`${field}: expected`),
    );
  }
});
