import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureRestarts } from '../../bench/restarts.js';
import { childrenOf } from '../support/stream.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { writeTinyPackage } from '../support/tiny-package.js';

test('a capture process killed and frozen: each is counted, the stream comes back, and nothing piles up', async (t) => {
  const model = await temporaryFolder(t);
  await writeTinyPackage(model, { width: 64, height: 32 });
  const source = { kind: 'test', width: 160, height: 90, fps: 20 } as const;
  const { holdings, faults } = await measureRestarts({ model, engine: { threads: 1 }, camera: { source } }, 4);
  assert.deepEqual(faults, { crash: 3, stall: 1 });
  // The first restart may open something for good; none after it may.
  const [settled, last] = [holdings[1]!, holdings.at(-1)!];
  assert.equal(last.restarts, 4);
  assert.equal(last.children, 1);
  assert.ok(last.descriptors <= settled.descriptors, JSON.stringify(holdings));
  assert.ok(last.resources <= settled.resources + 1, JSON.stringify(holdings));
  assert.deepEqual(await childrenOf(), []);
});
