import assert from 'node:assert/strict';
import { test } from 'node:test';
import { protocols } from '../../src/eval/protocols/index.js';
import { referenceRows, referenceRowsFor } from '../../src/eval/reference-rows.js';

test('every published row belongs to a variant of its protocol and has only its metrics', () => {
  for (const row of referenceRows) {
    const { variants, columns } = protocols[row.protocol];
    assert.ok(
      variants.some(({ label }) => label === row.variant),
      `${row.name}: ${row.variant}`,
    );
    const names = Object.keys(row.metrics);
    assert.ok(names.length > 0);
    for (const name of names) assert.ok((columns as readonly string[]).includes(name), `${row.name}: ${name}`);
    const { delta1 = 0.5, delta2 = delta1, delta3 = delta2 } = row.metrics;
    assert.ok(delta1 > 0 && delta1 <= delta2 && delta2 <= delta3 && delta3 < 1, row.name);
  }
});

test('rows of another axis of depth or another cap do not stand beside ours', () => {
  const z = referenceRowsFor('eigen', 'cap 80 m', 'lidar-z');
  const forward = referenceRowsFor('eigen', 'cap 80 m', 'lidar-forward');
  assert.ok(z.some(({ name }) => name === 'StereoUnsupFt->Mono pt') && !z.some(({ name }) => /Monodepth/.test(name)));
  assert.ok(forward.some(({ name }) => /Monodepth2/.test(name)) && !forward.some(({ name }) => /Stereo/.test(name)));
  assert.deepEqual(referenceRowsFor('eigen', 'cap 80 m, median-scaled', 'lidar-z'), []);
});
