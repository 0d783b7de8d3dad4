import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCyclopsError } from '../../src/base/errors.js';
import { parsePfm, readPfm } from '../../src/image/pfm.js';
import { sharedData, skipWithout } from '../support/shared-data.js';

function pfm(header: string, values: readonly number[], isLittleEndian: boolean): Uint8Array {
  const body = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => {
    if (isLittleEndian) body.writeFloatLE(value, i * 4);
    else body.writeFloatBE(value, i * 4);
  });
  return Buffer.concat([Buffer.from(header, 'latin1'), body]);
}

test('rows come bottom to top, in either byte order', () => {
  const little = parsePfm(pfm('Pf\n2 2\n-1.0\n', [3, 4, 1, Number.POSITIVE_INFINITY], true), 'little.pfm');
  const big = parsePfm(pfm('Pf\n2 2\n1.0\n', [3, 4, 1, Number.POSITIVE_INFINITY], false), 'big.pfm');
  assert.deepEqual([...little.data], [1, Number.NaN, 3, 4]);
  assert.deepEqual(big, little);
});

test('wrong headers and lengths are refused by name', () => {
  const bad = [pfm('PF\n2 2\n-1.0\n', [], true), pfm('Pf\n2 2\n-1.0\n', [1, 2, 3], true), new Uint8Array()];
  for (const bytes of bad) {
    assert.throws(
      () => parsePfm(bytes, 'd.pfm'),
      (error) => isCyclopsError(error, 'IMAGE_INVALID') && error.message.startsWith('d.pfm'),
    );
  }
});

test('Middlebury marks unknown disparity with infinity', skipWithout('middlebury'), async () => {
  const map = await readPfm(`${sharedData('middlebury')}/MiddEval3/trainingQ/Motorcycle/disp0GT.pfm`);
  const unknown = map.data.filter(Number.isNaN).length / map.data.length;
  assert.deepEqual([map.width, map.height], [741, 497]);
  assert.ok(unknown > 0.005 && unknown < 0.05, `unknown share ${unknown}`);
});
