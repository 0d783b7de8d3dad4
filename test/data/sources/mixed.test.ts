import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSource } from '../../../src/data/sources/index.js';
import { parseMixedSpec } from '../../../src/data/sources/parse-spec.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { writeTinyFolder } from '../../support/tiny-pairs.js';

const defaults = { width: 96, height: 64, framesPerScene: 1 };

test('several sources are read as one list, each pair under its own name', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyFolder(folder, 2);
  const alone = await openSource(parseMixedSpec(folder, defaults));
  assert.equal(alone.spec.kind, 'kitti-2015');

  const mixed = await openSource(parseMixedSpec(`flying:3:2 + ${folder} + flying:3:1`, defaults));
  assert.equal(mixed.length, 3 + alone.length);
  const ids = Array.from({ length: mixed.length }, (_, index) => mixed.idAt(index));
  assert.equal(new Set(ids).size, mixed.length);

  const first = await mixed.read(0);
  const again = await mixed.read(mixed.length - 1);
  assert.equal(first.id, ids[0]);
  assert.notEqual(again.id, first.id);
  assert.deepEqual(again.left, first.left);
  const read = await mixed.read(2 + 1);
  const direct = await alone.read(1);
  assert.deepEqual({ ...read, id: direct.id }, direct);
  assert.equal(read.id, `2:${direct.id}`);

  const fewer = await openSource(parseMixedSpec(`flying:3:2 + ${folder}`, defaults));
  assert.notEqual(fewer.fingerprint, mixed.fingerprint);
});
