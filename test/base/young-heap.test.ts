import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/base/paths.js';

/** Fills the heap with what survives, and tells how large V8 made the place for new objects, MiB. */
async function youngMiB(prelude: string): Promise<number> {
  const program = `
    import { getHeapSpaceStatistics } from 'node:v8';
    ${prelude}
    const kept = [];
    for (let i = 0; i < 400_000; i++) kept.push({ i });
    const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    console.log(young.space_size / 2 ** 20);
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  return Number(stdout);
}

test('the place for new objects stays small, whatever survives', async () => {
  const url = new URL(`file://${packageRoot()}/dist/src/base/young-heap.js`);
  const kept = await youngMiB(`import { keepYoungHeapSmall } from '${url}'; keepYoungHeapSmall();`);
  const grown = await youngMiB('');
  assert.ok(kept <= 2, `${kept} MiB`);
  assert.ok(grown > 2 * kept, `${grown} MiB without it`);
});
