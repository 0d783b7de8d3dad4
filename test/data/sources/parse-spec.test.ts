import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCyclopsError } from '../../../src/base/errors.js';
import { parseSourceSpec } from '../../../src/data/sources/parse-spec.js';

const defaults = { width: 512, height: 160, framesPerScene: 4 };

test('rendered data are named by domain, seed and count; anything else is a folder', () => {
  assert.deepEqual(parseSourceSpec('street:7:200', defaults), {
    kind: 'synthetic',
    domain: 'street',
    seed: 7,
    count: 200,
    ...defaults,
  });
  assert.deepEqual(parseSourceSpec('data/streets', defaults), { kind: 'kitti-2015', folder: 'data/streets' });
});

test('half-written descriptions are refused', () => {
  for (const text of [
    'street',
    'street:1',
    'flying:1:0',
    'flying:-1:5',
    'street:1:2:3',
    'street:a:5',
    'street:1.5:5',
  ]) {
    assert.throws(
      () => parseSourceSpec(text, defaults),
      (error) => isCyclopsError(error, 'USAGE_INVALID'),
      text,
    );
  }
});
