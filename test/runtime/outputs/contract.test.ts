import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { packageRoot } from '../../../src/base/paths.js';
import { readPng16 } from '../../../src/image/png16.js';
import {
  type OutputSettings,
  outputForms,
  outputKinds,
  outputSchema,
  parseOutput,
} from '../../../src/runtime/index.js';
import { type OutputCase, testOutputContract } from '../../support/output-contract.js';

const folder = join(packageRoot(), 'src', 'runtime', 'outputs');
/** The table, the contract of an entry, and the queue in front of each. */
const noOutputs = ['index.ts', 'output.ts', 'queue.ts'];

test('each output has its file and its line in the table', async () => {
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !noOutputs.includes(entry.name)).map(({ name }) => name);
  const expected = outputKinds.map(({ name }) => `${name}.ts`);
  assert.deepEqual(
    files.sort(),
    expected.sort(),
    'src/runtime/outputs: an output is NAME.ts and a line in index.ts; what only it needs is in a folder NAME',
  );
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${name}.ts`);
  assert.deepEqual(
    folders.filter((name) => !expected.includes(name)),
    [],
    'a folder without its output',
  );
});

for (const { name, form, help, schema, argument } of outputKinds) {
  test(`${name} keeps the contract of an entry`, () => {
    assert.match(name, /^[a-z][a-z0-9-]*$/);
    assert.match(form, argument === undefined ? new RegExp(`^${name}$`) : new RegExp(`^${name}:[A-Z]`));
    assert.match(help, /^\S.{10,80}[^.]$/, 'a line of a help text');
    assert.ok(!schema.safeParse({ kind: name, noSuchSetting: 1 }).success, 'its settings are not strict');
    assert.ok(!schema.safeParse({ kind: 'other' }).success, 'its settings take another kind');
    const text = argument === undefined ? name : `${name}:a:b`;
    const settings = { kind: name, ...(argument === undefined ? {} : { [argument]: 'a:b' }) };
    assert.deepEqual(parseOutput(text), settings);
    assert.deepEqual([outputSchema.parse(text), outputSchema.parse(settings)], [settings, settings]);
  });
}

test('what no output takes is refused with the forms of all', () => {
  const wrong = [
    'avi:x',
    '',
    ':',
    ...outputKinds.flatMap(({ name, argument }) => (argument ? [name, `${name}:`] : [`${name}:x`])),
  ];
  for (const text of wrong) {
    const expected = `expected ${outputForms}, found "${text}"`;
    assert.throws(() => parseOutput(text), { code: 'CONFIG_INVALID', message: expected });
    assert.equal(outputSchema.safeParse(text).success, false, text);
  }
  assert.match(outputSchema.safeParse('avi:x').error!.issues[0]!.message, /^expected ndjson, png16:DIR/);
});

/** An output without a case here does not compile. */
const cases: Readonly<Record<OutputSettings['kind'], OutputCase>> = {
  ndjson: {
    writesTo: 'standard output',
    settings: () => ({ kind: 'ndjson' }),
    async read(_, standardOutput) {
      const lines = (await readFile(standardOutput, 'utf8')).split('\n');
      assert.equal(lines.pop(), '', 'the last line is whole');
      return lines.map((line) => JSON.stringify(JSON.parse(line)));
    },
  },
  png16: {
    writesTo: 'folder',
    settings: (place) => ({ kind: 'png16', folder: join(place, 'depth') }),
    async read(place) {
      const names = (await readdir(join(place, 'depth'))).filter((name) => name.endsWith('.png')).sort();
      return Promise.all(
        names.map(async (name) => {
          const { data } = await readPng16(join(place, 'depth', name));
          assert.ok(data.some(Number.isFinite), `${name} has depth`);
          return `${name} ${digest(data)}`;
        }),
      );
    },
  },
  video: {
    writesTo: 'folder',
    settings: (place) => ({ kind: 'video', path: join(place, 'depth.mp4') }),
    async read(place) {
      const path = join(place, 'depth.mp4');
      if (!existsSync(path)) return [];
      const images = await mkdtemp(join(tmpdir(), 'cyclops-decoded-'));
      const launch = `filesrc location=${path} ! qtdemux ! h264parse ! avdec_h264 ! multifilesink location=${images}/%05d`;
      await promisify(execFile)('gst-launch-1.0', ['-q', ...launch.split(' ')]);
      const names = (await readdir(images)).sort();
      const digests = await Promise.all(names.map(async (name) => digest(await readFile(join(images, name)))));
      await rm(images, { recursive: true });
      return digests;
    },
  },
  none: { writesTo: 'nothing', settings: () => ({ kind: 'none' }) },
};

for (const [name, entry] of Object.entries(cases)) testOutputContract(name, entry);

function digest(bytes: Float32Array | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
