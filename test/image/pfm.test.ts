import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCyclopsError } from '../../src/base/errors.js';
import { decodePfm, encodePfm } from '../../src/image/pfm.js';

const map = { width: 3, height: 2, data: Float32Array.of(1, 2, 3, 4.5, Number.NaN, 6) };

test('rows are stored from the bottom, unknown is infinity', () => {
  const bytes = encodePfm(map);
  const header = 'Pf\n3 2\n-1.0\n'.length;
  assert.equal(new DataView(bytes.buffer).getFloat32(header, true), 4.5);
  assert.deepEqual(decodePfm(bytes, 'x'), map);
});

test('big endian, other white space and scales are read', () => {
  const values = [4.5, 5, 6, 1, 2, 3];
  const bytes = new Uint8Array(14 + 24);
  bytes.set(new TextEncoder().encode('Pf\n3 2\n0.0039\n'));
  for (const [i, value] of values.entries()) new DataView(bytes.buffer).setFloat32(14 + i * 4, value, false);
  assert.deepEqual([...decodePfm(bytes, 'x').data], [1, 2, 3, 4.5, 5, 6]);
});

test('damaged files are told by name', () => {
  const bytes = encodePfm(map);
  for (const [damaged, expected] of [
    [bytes.subarray(0, bytes.length - 1), /a\.pfm: expected 36 bytes for 3x2, found 35/],
    [new TextEncoder().encode('P5\n3 2\n255\n'), /a\.pfm: expected the header of a PFM file/],
    [new TextEncoder().encode('PF\n3 2\n-1\n'), /one value a pixel/],
    [new Uint8Array(0), /expected the header/],
  ] as const) {
    assert.throws(
      () => decodePfm(damaged, 'a.pfm'),
      (error) => isCyclopsError(error, 'IMAGE_INVALID') && expected.test(error.message),
    );
  }
});
