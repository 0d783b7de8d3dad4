import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { packageRoot } from '../../src/base/paths.js';

const script = join(packageRoot(), 'setup/main.mjs');

/** Runs the set-up script; by default with an empty cache folder, and no programs on the PATH. */
async function runSetup(t: TestContext, args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'cyclops-setup-'));
  t.after(() => rm(folder, { recursive: true }));
  const env = { PATH: folder, HOME: folder, XDG_CACHE_HOME: folder, ...environment };
  return spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', env, cwd: folder });
}

test('set-up explains itself', async (t) => {
  const { status, stdout } = await runSetup(t, ['--help']);
  assert.equal(status, 0);
  for (const word of ['--runtime-only', '--quiet', 'Debian packages', 'npm packages', 'libtensorflow', 'build']) {
    assert.ok(stdout.includes(word), `${word} is missing in:\n${stdout}`);
  }
});

test('set-up refuses an unknown option before it does anything', async (t) => {
  const { status, stdout, stderr } = await runSetup(t, ['--runtime']);
  assert.equal(status, 2);
  assert.equal(stdout, '');
  assert.match(stderr, /unknown option "--runtime"/);
});

test('a step that fails names itself, the reason and the way out', async (t) => {
  const { status, stderr } = await runSetup(t, []);
  assert.equal(status, 1);
  assert.match(
    stderr,
    /cyclops set-up: Debian packages: this system has no apt-get, and these are missing: .*gstreamer/,
  );
  assert.match(stderr, /What to do: Install the same with your package manager/);
});

test('a TensorFlow build that does not exist is refused with those that do', async (t) => {
  const { PATH = '' } = process.env;
  const { status, stderr } = await runSetup(t, [], { PATH, CYCLOPS_TENSORFLOW: 'tpu' });
  assert.equal(status, 1);
  assert.match(stderr, /there is no TensorFlow build "tpu-\w+"; known are cpu-x64, cpu-arm64, gpu-x64/);
  assert.match(stderr, /What to do: Set CYCLOPS_TENSORFLOW to cpu or gpu/);
});

test('packages are never installed through a link to the folder of another clone', async (t) => {
  const clone = await mkdtemp(join(tmpdir(), 'cyclops-setup-'));
  t.after(() => rm(clone, { recursive: true }));
  for (const name of ['setup', 'package.json', 'package-lock.json']) {
    await cp(join(packageRoot(), name), join(clone, name), { recursive: true });
  }
  const others = join(clone, 'others');
  await mkdir(others);
  await writeFile(join(others, 'package'), '');
  await symlink(others, join(clone, 'node_modules'));
  const { PATH = '' } = process.env;
  const env = { PATH, HOME: clone, XDG_CACHE_HOME: clone };
  const args = [join(clone, 'setup/main.mjs'), '--runtime-only'];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
  assert.equal(status, 1);
  assert.match(stderr, /npm packages: node_modules is a link to .*others, which lacks something/);
  assert.deepEqual(await readdir(others), ['package']);
});

test('what is set up already is found so, for the runtime as for everything', async (t) => {
  const { PATH = '', HOME = '', XDG_CACHE_HOME = '' } = process.env;
  const { status, stdout } = await runSetup(t, ['--runtime-only'], { PATH, HOME, XDG_CACHE_HOME });
  assert.equal(status, 0);
  assert.match(stdout, /npm packages: already there\n.*GStreamer binding: already there\n/);
  assert.doesNotMatch(stdout, /libtensorflow/);
});
