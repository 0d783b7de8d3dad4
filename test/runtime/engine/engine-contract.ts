import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { exportOnnx } from '../../../src/export/export.js';
import { compareGolden, goldenInput } from '../../../src/model-package/golden.js';
import { type LoadedModelPackage, readModelPackage } from '../../../src/model-package/read.js';
import type { Engine } from '../../../src/runtime/engine/engine.js';
import type { Provider } from '../../../src/runtime/engine/providers/index.js';
import { selfTest } from '../../../src/runtime/engine/self-test.js';
import { writeHandWrittenCheckpoint } from '../../support/hand-written-checkpoint.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { type TinyPackageOptions, writeTinyPackage } from '../../support/tiny-package.js';

/** Opens an engine; `threads` is 1 unless given. */
export type OpenEngine = (model: LoadedModelPackage, options: { provider: Provider }) => Promise<Engine>;

const small = { width: 64, height: 32 };
const onCpu = { provider: 'cpu' } as const;

/** What every engine must do, whatever is behind it. */
export function testEngineContract(name: string, open: OpenEngine): void {
  async function opened(t: test.TestContext, options: TinyPackageOptions): Promise<[Engine, LoadedModelPackage]> {
    const folder = await temporaryFolder(t);
    await writeTinyPackage(folder, options);
    const model = await readModelPackage(folder);
    const engine = await open(model, onCpu);
    t.after(() => engine.close());
    return [engine, model];
  }

  test(`${name}: infers in order, moves the image there and back, and gives the golden depth`, async (t) => {
    const [engine, model] = await opened(t, small);
    assert.equal(engine.info.engine, name);
    assert.equal(engine.info.version, '1.30.0');
    assert.equal(engine.info.provider, 'cpu');
    assert.deepEqual(engine.info.input, { ...small, format: 'RGB' });
    const golden = await selfTest(engine, model.package);
    assert.ok(golden.ok, JSON.stringify(golden));

    const first = Uint8Array.from(goldenInput(32, 64, 'RGB'));
    const second = new Uint8Array(first.length);
    const [a, b] = await Promise.all([engine.infer(first), engine.infer(second)]);
    assert.equal(first.length, 0, 'the buffer was moved, not copied');
    assert.deepEqual(a.input, Uint8Array.from(goldenInput(32, 64, 'RGB')));
    assert.equal(a.depthM.length, 64 * 32);
    assert.ok(compareGolden(model.package, a.depthM).ok);
    assert.notDeepEqual(a.depthM, b.depthM);
    assert.ok(a.inferStart < a.inferEnd && a.inferEnd <= b.inferStart && b.inferStart < b.inferEnd);
    // The second result did not overwrite the first, nor will the third.
    const before = b.depthM.slice();
    const c = await engine.infer(a.input);
    assert.deepEqual(c.depthM, a.depthM);
    assert.deepEqual(b.depthM, before);
    const durationsMs = await engine.runBare(c.input, 3);
    assert.equal(durationsMs.length, 3);
    assert.ok(durationsMs.every((value) => value > 0));
  });

  test(`${name}: depth goes into the memory that is handed in for it`, async (t) => {
    const [engine] = await opened(t, small);
    const image = () => Uint8Array.from(goldenInput(32, 64, 'RGB'));
    const fresh = await engine.infer(image());
    const memory = new Float32Array(64 * 32).fill(-1);
    const { depthM } = await engine.infer(image(), memory);
    assert.equal(memory.length, 0, 'the memory was moved');
    assert.deepEqual(depthM, fresh.depthM);
    await assert.rejects(engine.infer(image(), new Float32Array(7)), { code: 'ENGINE_FAILED' });
  });

  test(`${name}: a graph that cuts whole images and has a second output`, async (t) => {
    const folder = await temporaryFolder(t);
    const frame = { width: 80, height: 60, fxPx: 30, fyPx: 30, cxPx: 39.5, cyPx: 29.5 };
    await exportOnnx(await writeHandWrittenCheckpoint(folder), join(folder, 'package'), {
      frame,
      flipTta: true,
      confidence: 'flip',
      parity: false,
      version: '0.1.0',
    });
    const model = await readModelPackage(join(folder, 'package'));
    const engine = await open(model, onCpu);
    t.after(() => engine.close());
    assert.ok((await selfTest(engine, model.package)).ok);
    const memory = new Float32Array(80 * 60);
    const { depthM, confidence } = await engine.infer(Uint8Array.from(goldenInput(60, 80, 'RGB')), memory);
    const { x, y, width, height } = model.package.view!;
    assert.ok(confidence !== undefined && width < 80 && height < 60);
    for (const [index, metres] of depthM.entries()) {
      const [column, row] = [index % 80, Math.floor(index / 80)];
      const isInView = column >= x && column < x + width && row >= y && row < y + height;
      assert.equal(Number.isNaN(metres), !isInView);
      assert.equal(confidence[index]! > 0, isInView);
    }
    const again = await engine.infer(Uint8Array.from(goldenInput(60, 80, 'RGB')));
    assert.deepEqual(again.depthM, depthM);
    assert.deepEqual(again.confidence, confidence);
  });

  test(`${name}: every channel order gives the same depth for the same image`, async (t) => {
    for (const channels of ['RGB', 'RGBA', 'BGRx'] as const) {
      const [engine, model] = await opened(t, { ...small, channels });
      const golden = await selfTest(engine, model.package);
      assert.ok(golden.ok, channels);
    }
  });

  test(`${name}: an execution provider that is not here is an error, not a run on the CPU`, async (t) => {
    const [, model] = await opened(t, small);
    for (const provider of ['tensorrt', 'cuda'] as const) {
      await assert.rejects(open(model, { provider }), {
        code: 'MACHINE_LACKS',
        message: new RegExp(`execution provider ${provider}`),
      });
    }
  });

  test(`${name}: a graph that disagrees with the package, or is none, is refused by the engine itself`, async (t) => {
    const [, model] = await opened(t, small);
    const { input, output } = model.package;
    const taller: LoadedModelPackage = {
      ...model,
      package: { ...model.package, input: { ...input, height: 64 }, output: { ...output, height: 64 } },
    };
    await assert.rejects(open(taller, onCpu), {
      code: 'MODEL_MISMATCH',
      message: /input image: the package says uint8 \[1, 64, 64, 3\], the graph has uint8 \[1, 32, 64, 3\]/,
    });
    const renamed: LoadedModelPackage = {
      ...model,
      package: { ...model.package, output: { ...output, name: 'metres' } },
    };
    await assert.rejects(open(renamed, onCpu), { code: 'MODEL_MISMATCH', message: /output metres: .*nothing of that/ });
    const onnxPath = join(model.folder, 'text.onnx');
    await writeFile(onnxPath, 'not a graph');
    await assert.rejects(open({ ...model, onnxPath }, onCpu), { code: 'MODEL_INVALID', message: /cannot open it/ });
  });

  test(`${name}: an inference that fails is an error of that call, and the next one works`, async (t) => {
    const [engine, model] = await opened(t, small);
    await assert.rejects(engine.infer(new Uint8Array(10)), { code: 'ENGINE_FAILED' });
    assert.ok((await selfTest(engine, model.package)).ok);
  });

  test(`${name}: the event loop goes on while an image is inferred`, async (t) => {
    const [engine, model] = await opened(t, { width: 256, height: 128, features: 32, layers: 16 });
    let isDone = false;
    let turns = 0;
    const done = selfTest(engine, model.package).finally(() => {
      isDone = true;
    });
    while (!isDone) {
      await nextTurn();
      turns++;
    }
    assert.ok((await done).ok);
    assert.ok(turns > 20, `${turns} turns of the event loop during one inference`);
  });

  test(`${name}: what is cancelled rejects, and the engine goes on`, async (t) => {
    const [engine, model] = await opened(t, { width: 256, height: 128, features: 32, layers: 4 });
    const length = 256 * 128 * 3;
    const all = Promise.allSettled([0, 1, 2].map(() => engine.infer(new Uint8Array(length))));
    await nextTurn();
    engine.cancel();
    for (const result of await all) {
      assert.equal(result.status, 'rejected');
      assert.equal(result.reason.code, 'ENGINE_FAILED');
      assert.match(result.reason.message, /cancelled/);
    }
    assert.ok((await selfTest(engine, model.package)).ok);
  });

  test(`${name}: closing waits for what runs, twice is once, and what comes after is refused`, async (t) => {
    const [engine] = await opened(t, small);
    const last = engine.infer(new Uint8Array(64 * 32 * 3));
    let isEnded = false;
    last.then(() => {
      isEnded = true;
    });
    const closing = engine.close();
    await engine.close();
    assert.ok(isEnded, 'the second call waits, too');
    await closing;
    engine.cancel();
    assert.equal((await last).depthM.length, 64 * 32);
    await assert.rejects(engine.infer(new Uint8Array(64 * 32 * 3)), { code: 'ENGINE_FAILED' });
  });
}
