import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { packageRoot, packageVersion } from '../../src/base/paths.js';
import { temporaryFolder } from '../support/temporary-folder.js';

async function npx(cwd: string, ...args: string[]): Promise<string> {
  // As a user's shell has it, without what npm tells the scripts it runs.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
  // npx keeps a link to the clone in its cache: what an earlier version of the clone left there must not count.
  const cache = await mkdtemp(join(tmpdir(), 'cyclops-npx-'));
  try {
    const options = { cwd, env: { ...env, npm_config_cache: cache } };
    return (await promisify(execFile)('npx', ['--offline', '--no-install', ...args], options)).stdout;
  } finally {
    await rm(cache, { recursive: true });
  }
}

test('npx calls the program in a clone, and messages name it so', async () => {
  assert.equal(await npx(packageRoot(), 'cyclops', '--version'), `${packageVersion()}\n`);
  await assert.rejects(npx(packageRoot(), 'cyclops', 'train'), { stderr: /usage: npx cyclops train \[--method/ });
});

test('before set-up the program says what to do', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'bin'));
  const copy = join(folder, 'bin', 'cyclops.mjs');
  await copyFile(join(packageRoot(), 'bin', 'cyclops.mjs'), copy);
  await assert.rejects(promisify(execFile)(copy, ['doctor']), {
    code: 5,
    stderr: 'cyclops: not built yet; npm run setup builds it\n',
  });
});

test('npx calls the program of an installed package', async (t) => {
  const folder = await temporaryFolder(t);
  const { bin } = JSON.parse(await readFile(join(packageRoot(), 'package.json'), 'utf8')) as {
    bin: Record<string, string>;
  };
  await mkdir(join(folder, 'node_modules', '.bin'), { recursive: true });
  await symlink(packageRoot(), join(folder, 'node_modules', 'cyclops'));
  for (const [name, path] of Object.entries(bin)) {
    await symlink(join('..', 'cyclops', path), join(folder, 'node_modules', '.bin', name));
  }
  assert.equal(await npx(folder, 'cyclops', '--version'), `${packageVersion()}\n`);
  for (const args of [['export-onnx'], ['cyclops', 'export-onnx']]) {
    assert.match(await npx(folder, ...args, '--help'), /^Turn a student checkpoint into a model package/);
  }
});

test('the package holds what its commands are shown on, and nothing that a user made', async () => {
  const manifest = JSON.parse(await readFile(join(packageRoot(), 'package.json'), 'utf8')) as { files: string[] };
  for (const name of ['bin', 'dist/src', 'setup', 'demo', 'models/edge-street', 'configs', 'docs']) {
    assert.ok(manifest.files.includes(name), name);
  }
  assert.ok(!manifest.files.includes('models'), 'models/mine is what a user made');
});
