import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import pino from 'pino';
import { readModelPackage } from '../../../src/model-package/read.js';
import { openEngine } from '../../../src/runtime/engine/choose.js';
import { l4tReleaseText, tensorRtVersionText } from '../../../src/runtime/engine/ort-capi/nvidia.js';
import { engineKindOf, engineSettingsSchema } from '../../../src/runtime/engine/settings.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { writeTinyPackage } from '../../support/tiny-package.js';

const silent = pino({ level: 'silent' });

test('without a GPU, cuda and tensorrt are errors that say what is missing; a fallback runs and says why', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyPackage(folder, { width: 64, height: 32 });
  const model = await readModelPackage(folder);
  for (const provider of ['cuda', 'tensorrt'] as const) {
    await assert.rejects(openEngine(model, engineSettingsSchema.parse({ provider }), silent), {
      code: 'MACHINE_LACKS',
      message: new RegExp(`execution provider ${provider}`),
    });
  }
  const settings = engineSettingsSchema.parse({ provider: 'tensorrt', fallback: ['cuda', 'cpu'], threads: 1 });
  const { engine, fellBack, selfTest } = await openEngine(model, settings, silent);
  await engine.close();
  assert.equal(engine.info.provider, 'cpu');
  assert.equal(engine.info.engine, 'ort-capi');
  assert.ok(selfTest.ok);
  assert.match(fellBack ?? '', /execution provider tensorrt.*; execution provider cuda/);
});

test('wrong depth for the golden image ends the start, unless degraded depth is allowed', async (t) => {
  const folder = await temporaryFolder(t);
  const { manifestPath } = await writeTinyPackage(folder, { width: 64, height: 32 });
  const manifest = JSON.parse(await readFile(manifestPath, 'utf8'));
  manifest.golden.probes[3].depthM *= 1.5;
  await writeFile(manifestPath, JSON.stringify(manifest));
  const model = await readModelPackage(folder);
  for (const kind of ['ort-node', 'ort-capi'] as const) {
    await assert.rejects(openEngine(model, engineSettingsSchema.parse({ kind, threads: 1 }), silent), {
      code: 'SELF_TEST_FAILED',
      message: new RegExp(`self-test of ${kind} on cpu: .* differs .*--allow-degraded`),
    });
    const allowed = engineSettingsSchema.parse({ kind, threads: 1, allowDegraded: true });
    const { engine, selfTest } = await openEngine(model, allowed, silent);
    await engine.close();
    assert.equal(selfTest.ok, false);
  }
});

test('settings that the Node binding would drop are refused with the way out', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyPackage(folder, { width: 64, height: 32 });
  const model = await readModelPackage(folder);
  const withSettings = { ...model, package: { ...model.package, tensorRt: { fp16: true } } };
  const settings = engineSettingsSchema.parse({ kind: 'ort-node', provider: 'tensorrt' });
  await assert.rejects(openEngine(withSettings, settings, silent), {
    code: 'CONFIG_INVALID',
    message: /Node binding drops the TensorRT settings of this model; use --engine ort-capi/,
  });
  for (const [provider, field] of [
    ['tensorrt', 'tensorRt'],
    ['cuda', 'cuda'],
  ] as const) {
    const graph = engineSettingsSchema.parse({ provider, [field]: { cudaGraph: true } });
    await assert.rejects(openEngine(model, graph, silent), {
      code: 'CONFIG_INVALID',
      message: new RegExp(`^${field}\\.cudaGraph: .* this engine binds main memory.*every frame would show the first`),
    });
  }
  const ofPackage = { ...model, package: { ...model.package, tensorRt: { cudaGraph: true } } };
  await assert.rejects(openEngine(ofPackage, engineSettingsSchema.parse({ provider: 'tensorrt' }), silent), {
    code: 'CONFIG_INVALID',
    message: /tensorRt\.cudaGraph/,
  });
  const onCpu = engineSettingsSchema.parse({});
  const prebuilt = { file: 'model.engine', sha256: 'a', builtFrom: 'b' };
  await assert.rejects(openEngine({ ...model, package: { ...model.package, engine: prebuilt } }, onCpu, silent), {
    code: 'MACHINE_LACKS',
    message: /a prebuilt TensorRT engine; expected --provider tensorrt, found cpu/,
  });
  const cases: readonly [input: object, field: string, reason: RegExp][] = [
    [{ kind: 'ort-node', library: 'a.so' }, 'library', /brings its own library/],
    [{ kind: 'ort-node', provider: 'tensorrt', tensorRt: {} }, 'tensorRt', /drops TensorRT settings/],
    [{ kind: 'ort-node', provider: 'cuda', cuda: { cudaGraph: true } }, 'cuda', /no IoBinding.*show the first one/],
    [{ kind: 'ort-node', provider: 'cuda', cuda: {} }, 'cuda', /drops CUDA settings/],
    [{ tensorRt: {} }, 'tensorRt', /expected provider tensorrt/],
    [{ cuda: {} }, 'cuda', /expected provider cuda/],
    [{ provider: 'cuda', fallback: ['cuda'] }, 'fallback', /each provider once/],
    [{ provider: 'rocm' }, 'provider', /expected one of/],
  ];
  for (const [input, field, reason] of cases) {
    const issue = engineSettingsSchema.safeParse(input).error?.issues[0];
    assert.equal(issue?.path[0], field, JSON.stringify(input));
    assert.match(issue.message, reason);
  }
});

test('the engine is ort-capi unless another one is named', () => {
  assert.equal(engineKindOf(engineSettingsSchema.parse({})), 'ort-capi');
  assert.equal(engineKindOf(engineSettingsSchema.parse({ kind: 'ort-node', provider: 'cuda' })), 'ort-node');
});

test('versions of TensorRT and of a Jetson are read', async () => {
  assert.equal(tensorRtVersionText(8502), '8.5.2');
  assert.equal(tensorRtVersionText(8601), '8.6.1');
  assert.equal(tensorRtVersionText(100300), '10.3.0');
  assert.equal(tensorRtVersionText(101401), '10.14.1');
  assert.equal(l4tReleaseText('# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic'), 'R36.4.3');
  assert.equal(l4tReleaseText('nothing'), undefined);
});
