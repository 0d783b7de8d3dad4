import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../../../src/base/paths.js';
import { loadOrt } from '../../../../src/runtime/engine/ort-capi/library.js';
import { availableProviders } from '../../../../src/runtime/engine/ort-capi/session.js';
import { slots } from '../../../../src/runtime/engine/ort-capi/slots.js';
import {
  executionProviders,
  leastTolerance,
  optionsFor,
  providerNamed,
  providers,
} from '../../../../src/runtime/engine/providers/index.js';
import type { ExecutionProvider } from '../../../../src/runtime/engine/providers/provider.js';
import { engineSettingsSchema } from '../../../../src/runtime/engine/settings.js';

const runtime = join(packageRoot(), 'src', 'runtime');
/** The table and the contract of an entry. */
const noProviders = ['index.ts', 'provider.ts'];

test('each execution provider has its file and its line in the table', async () => {
  const files = (await readdir(join(runtime, 'engine/providers'))).filter((name) => !noProviders.includes(name)).sort();
  assert.deepEqual(
    files,
    providers.map((name) => `${name}.ts`).sort(),
    'src/runtime/engine/providers: an execution provider is NAME.ts and a line in index.ts',
  );
});

for (const provider of executionProviders as readonly ExecutionProvider[]) {
  const { name, title, device, ortName, sessionEntries, settings, buildsEngines, missing } = provider;
  test(`${name} keeps the contract of an execution provider`, () => {
    assert.match(name, /^[a-z][a-z0-9-]*$/);
    assert.ok(title.length > 1);
    assert.match(ortName, /^\w+ExecutionProvider$/);
    for (const [key, value] of Object.entries(sessionEntries)) {
      assert.match(key, /^[a-z_]+(\.[a-z_]+)+$/, 'a key of ONNX Runtime');
      assert.equal(typeof value, 'string');
    }
    if (device !== 'cpu') {
      assert.equal(sessionEntries['session.disable_cpu_ep_fallback'], '1', 'a quiet detour over the CPU');
      assert.ok(missing({}).length > 0, 'a machine with nothing has all it needs');
    }
    const whole = { driverCuda: '12.6', gpu: 'Orin', computeCapability: '8.7', tensorrt: '10.3.0', l4t: 'R36.4.3' };
    assert.deepEqual(missing(whole), []);
    assert.ok(!buildsEngines || settings !== undefined, 'what builds engines has settings to build with');
    if (settings === undefined) return;
    assert.ok(!settings.schema.safeParse({ noSuchSetting: 1 }).success, 'its settings are not strict');
    assert.deepEqual(settings.keysAndValues({}), {});
    assert.equal(settings.keysAndValues({ deviceId: 3 }).device_id, '3');
    for (const used of Object.values(settings.functions)) assert.ok(used in slots, used);
    assert.equal(leastTolerance(provider, {}), 0, 'without settings depth is as right as the package says');
    const chosen = engineSettingsSchema.parse({ provider: name, [settings.field]: { deviceId: 3 } });
    assert.deepEqual(optionsFor(provider, chosen, { [settings.field]: { deviceId: 1 } }), { deviceId: 3 });
    assert.deepEqual(optionsFor(provider, {}, { [settings.field]: { deviceId: 1 } }), { deviceId: 1 });
  });
}

test('names, fields and names of ONNX Runtime are each given once', () => {
  const entries = executionProviders as readonly ExecutionProvider[];
  const given = [
    ...entries.map(({ name }) => name),
    ...entries.map(({ ortName }) => ortName),
    ...entries.flatMap(({ settings }) => (settings === undefined ? [] : [`field ${settings.field}`])),
  ];
  assert.equal(new Set(given).size, given.length);
});

test('the library that comes with onnxruntime-node has the CPU', () => {
  assert.ok(availableProviders(loadOrt()).includes(providerNamed('cpu').ortName));
});

test('what a provider lacks is said in words', () => {
  assert.deepEqual(providerNamed('tensorrt').missing({}), [
    'no NVIDIA driver (libcuda.so.1)',
    'no TensorRT (libnvinfer.so)',
  ]);
  assert.deepEqual(providerNamed('cuda').missing({ driverCuda: '12.6' }), ['no GPU that the driver can use']);
  assert.deepEqual(providerNamed('cuda').missing({ driverCuda: '12.6', gpu: 'Orin' }), []);
});

test('reduced precision may be off further, as far as its coarsest format', () => {
  const tolerance = (options: object) => leastTolerance(providerNamed('tensorrt'), options);
  assert.deepEqual(
    [{}, { fp16: true }, { fp16: true, int8: true }, { fp16: false }].map(tolerance),
    [0, 0.05, 0.25, 0],
  );
});

test('only the table knows the names of providers off the CPU', async () => {
  const listed = await readdir(runtime, { recursive: true });
  const files = listed.filter((name) => name.endsWith('.ts') && !name.startsWith('engine/providers/'));
  const names = executionProviders.filter(({ device }) => device !== 'cpu').map(({ name }) => name);
  const pattern = new RegExp(`'(${names.join('|')})'`);
  for (const file of files) {
    const line = (await readFile(join(runtime, file), 'utf8')).split('\n').find((text) => pattern.test(text));
    assert.equal(line, undefined, `${file} names a provider: ${line}`);
  }
});
