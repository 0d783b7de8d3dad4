import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/base/paths.js';
import { temporaryFolder } from '../support/temporary-folder.js';

// The generator also fails where an exported function takes or gives something that is not exported itself.

test('docs/api is what the doc comments say now; npm run docs writes it', async (t) => {
  const root = packageRoot();
  const fresh = join(await temporaryFolder(t), 'api');
  const program = join(root, 'setup', 'api-docs', 'generate.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, fresh], { encoding: 'utf8' });
  assert.equal(status, 0, `${stdout}${stderr}`);
  const stored = join(root, 'docs', 'api');
  assert.deepEqual(readdirSync(stored), readdirSync(fresh));
  const stale = readdirSync(fresh).filter(
    (name) => readFileSync(join(stored, name), 'utf8') !== readFileSync(join(fresh, name), 'utf8'),
  );
  assert.deepEqual(stale, [], 'stale pages of docs/api; npm run docs writes them anew');
});
