import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { l4tVersion } from '../../../src/cli/doctor/machine.js';
import { packageManifest, runProbe } from '../../../src/cli/doctor/probe.js';
import { elementsOf } from '../../../src/runtime/capture/installed-elements.js';

test('a package is found where this program would find it', () => {
  assert.match(packageManifest('@biomejs/biome') ?? '', /node_modules\/@biomejs\/biome\/package\.json$/);
  assert.equal(packageManifest('no-such-package-here'), undefined);
});

test('a probe answers with its last line, with the reason of its error, or with its crash', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'cyclops-probe-'));
  t.after(() => rm(folder, { recursive: true }));
  const probe = async (name: string, code: string) => {
    await writeFile(join(folder, name), code);
    return runProbe<unknown>(pathToFileURL(join(folder, name)));
  };
  assert.deepEqual(await probe('good.mjs', 'console.log("noise"); console.log(JSON.stringify({ a: 1 }))'), {
    ok: true,
    value: { a: 1 },
  });
  const failed = await probe('bad.mjs', 'console.error("a note"); throw new TypeError("no such library")');
  assert.deepEqual(failed, { ok: false, reason: 'TypeError: no such library' });
  assert.deepEqual(await probe('crash.mjs', 'process.abort()'), { ok: false, reason: 'crashed (SIGABRT)' });
});

test('elements are read from the list that gst-inspect-1.0 prints', () => {
  const listing =
    'coreelements:  queue: Queue\ntypefindfunctions: image/png: png\ngdp:  gdppay: GDP Payloader\n\nTotal count: 2\n';
  assert.deepEqual([...elementsOf(listing)], ['queue', 'gdppay']);
});

test("the release of a Jetson's system is read from its file", () => {
  assert.equal(l4tVersion('# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic'), '36.4.3');
  assert.equal(l4tVersion('something else'), undefined);
});
