import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LoadedModelPackage, readModelPackage } from '../../../src/model-package/read.js';
import { type Engine, type EngineKind, engineKinds } from '../../../src/runtime/engine/engine.js';
import { openEngineFor, threadShares } from '../../../src/runtime/engine/pool.js';
import { engineSettingsSchema } from '../../../src/runtime/engine/settings.js';
import { quietLog } from '../../support/stream.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { writeTinyPackage } from '../../support/tiny-package.js';

const width = 64;
const height = 32;

async function tinyModel(t: test.TestContext): Promise<LoadedModelPackage> {
  const folder = await temporaryFolder(t);
  await writeTinyPackage(folder, { width, height });
  return readModelPackage(folder);
}

async function opened(t: test.TestContext, kind: EngineKind, threads: number): Promise<Engine> {
  const settings = engineSettingsSchema.parse({ kind, threads });
  const { engine, selfTest } = await openEngineFor('fastest', await tinyModel(t), settings, quietLog);
  t.after(() => engine.close());
  assert.ok(selfTest.ok);
  assert.equal(engine.info.engine, kind);
  return engine;
}

function image(seed: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: width * height * 3 }, (_, index) => (index * seed) % 251);
}

test('threads are shared out: all of them, among at most three or four images, and only where images may wait', () => {
  const shares = (settings: object, pace: 'real-time' | 'fastest' = 'fastest') =>
    threadShares(pace, engineSettingsSchema.parse(settings));
  for (const kind of engineKinds) {
    assert.deepEqual(shares({ kind, threads: 2 }), [1, 1]);
    assert.deepEqual(shares({ kind, threads: 1 }), [1]);
    assert.deepEqual(shares({ kind, threads: 6 }, 'real-time'), [6]);
    assert.deepEqual(shares({ kind, threads: 0 }, 'real-time'), [0]);
  }
  assert.deepEqual(shares({ threads: 6 }), [2, 2, 2]);
  assert.deepEqual(shares({ kind: 'ort-node', threads: 6 }), [2, 2, 1, 1]);
  assert.deepEqual(shares({ kind: 'ort-node', threads: 16 }), [4, 4, 4, 4]);
  assert.deepEqual(shares({ threads: 6, provider: 'tensorrt', fallback: ['cpu'] }), [6]);
});

for (const kind of engineKinds) {
  test(`${kind}: several images at once give what one gives, in the order of the calls`, async (t) => {
    const one = await opened(t, kind, 1);
    const three = await opened(t, kind, 3);
    assert.equal(one.info.concurrency, 1);
    assert.deepEqual([three.info.concurrency, three.info.threads], [3, 3]);
    const seeds = [1, 2, 3, 5, 7, 11, 13];
    const order: number[] = [];
    const results = await Promise.all(
      seeds.map((seed) =>
        three.infer(image(seed)).then((result) => {
          order.push(seed);
          return result;
        }),
      ),
    );
    assert.deepEqual(order, seeds);
    for (const [index, seed] of seeds.entries()) {
      assert.deepEqual(results[index]!.input, image(seed));
      assert.deepEqual(results[index]!.depthM, (await one.infer(image(seed))).depthM);
    }
    assert.equal((await three.runBare(image(1), 8)).length, 8);
  });

  test(`${kind}: an inference that fails is an error of that call, whatever runs beside it`, async (t) => {
    const engine = await opened(t, kind, 2);
    const settled = await Promise.allSettled([
      engine.infer(image(1)),
      engine.infer(new Uint8Array(10)),
      engine.infer(image(2)),
    ]);
    assert.deepEqual(
      settled.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    await engine.close();
    await assert.rejects(engine.infer(image(1)), { code: 'ENGINE_FAILED' });
  });
}
