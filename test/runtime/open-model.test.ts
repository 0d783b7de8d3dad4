import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Random } from '../../src/base/random.js';
import type { RgbImage } from '../../src/geometry/raster.js';
import { encodeJpeg, encodePng } from '../../src/image/codec.js';
import { floats, node } from '../../src/model-package/onnx-writer.js';
import { type DepthFrame, metricDepth, type OpenModelOptions, openModel } from '../../src/runtime/index.js';
import { foreignOnnx, writeForeignModel } from '../support/foreign-graph.js';
import { childrenOf, KeepingOutput, quietLog, stream } from '../support/stream.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { writeTinyPackage } from '../support/tiny-package.js';

const width = 64;
const height = 32;
const engine = { threads: 1 };
const options = { engine, log: quietLog };
let folder = '';
let model = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cyclops-open-model-'));
  model = join(folder, 'model');
  await writeTinyPackage(model, { width, height });
});
after(() => rm(folder, { recursive: true, force: true }));

/** Smooth colours with some grain. */
function image(wide: number, high: number): RgbImage {
  const random = Random.fromSeed(7, 'open-model');
  const data = Uint8Array.from({ length: wide * high * 3 }, (_, byte) => {
    const [x, y] = [Math.floor(byte / 3) % wide, Math.floor(byte / 3 / wide)];
    return 128 + 90 * Math.sin(x / 9 + y / 6 + (byte % 3)) + random.uniform(-20, 20);
  });
  return { width: wide, height: high, data };
}

/** The frame that a stream makes of the same image. */
async function streamed(given: RgbImage, camera: object): Promise<DepthFrame> {
  const path = await mkdtemp(join(folder, 'images-'));
  await writeFile(join(path, 'a.png'), await encodePng(given));
  const output = new KeepingOutput();
  await (await stream({ model, engine, camera: { source: { kind: 'images', path }, ...camera } }, output)).done;
  return output.frames[0]!;
}

const lens = `image_width: 320
image_height: 240
camera_matrix: {data: [180, 0, 160, 0, 180, 118, 0, 0, 1]}
distortion_model: plumb_bob
distortion_coefficients: {data: [-0.28, 0.09, 0.0006, -0.0004, -0.012]}
`;

test('a single image gets what a stream gives it, whatever is known of the camera', async () => {
  const calibration = join(folder, 'lens.yaml');
  await writeFile(calibration, lens);
  const cameras: [string, RgbImage, Omit<OpenModelOptions, 'engine' | 'log'>][] = [
    ['nothing is known', image(200, 150), {}],
    ['a wide camera is cropped', image(320, 240), { fxPx: 120 }],
    ['a narrow camera is scaled', image(320, 240), { fxPx: 400 }],
    ['a low image is padded', image(320, 120), { horizontalFovDeg: 85 }],
    ['intrinsics of another size', image(160, 120), { intrinsics: { width: 320, height: 240, fxPx: 250, cyPx: 100 } }],
    ['a lens is undistorted', image(320, 240), { calibration }],
  ];
  for (const [what, given, camera] of cameras) {
    const frame = await streamed(given, camera);
    const opened = await openModel(model, { ...options, ...camera });
    const answer = await opened.infer(given);
    await opened.close();
    assert.ok(answer.kind === 'metric', what);
    assert.deepEqual(answer.depthM, metricDepth(frame).data, what);
    assert.deepEqual(answer.intrinsics, frame.intrinsics, what);
    assert.deepEqual(answer.image.data, frame.image.data, what);
    assert.equal(answer.isFocalGuess, Object.keys(camera).length === 0, what);
  }
  assert.deepEqual(await childrenOf(), []);
});

test('a file, its bytes and its pixels give the same depth at the size of the model', async () => {
  const given = image(128, 64);
  const png = await encodePng(given);
  const path = join(folder, 'a.png');
  await writeFile(path, png);
  await using opened = await openModel(model, { ...options, fxPx: 80 });
  const answers = await Promise.all([opened.infer(path), opened.infer(png), opened.infer(given)]);
  for (const answer of answers) {
    assert.deepEqual([answer.width, answer.height], [width, height]);
    assert.deepEqual([answer.intrinsics.width, answer.intrinsics.height], [width, height]);
    assert.deepEqual(answer.depthM, answers[0]!.depthM);
    assert.ok(answer.depthM?.every((metres) => metres > 0 && metres < 200));
  }
  assert.deepEqual([opened.width, opened.height, opened.kind, opened.name], [width, height, 'metric', 'tiny']);
  assert.equal((await opened.infer(await encodeJpeg(given))).depthM?.length, width * height);
});

test('images of several sizes, one after the other and at once', async () => {
  const calibration = join(folder, 'sizes.yaml');
  await writeFile(calibration, lens);
  await using opened = await openModel(model, { ...options, calibration });
  const [small, large] = [image(160, 120), image(320, 240)];
  const answers = await Promise.all([small, large, small, large].map((given) => opened.infer(given)));
  assert.deepEqual(answers[0]!.depthM, answers[2]!.depthM);
  assert.deepEqual(answers[1]!.depthM, answers[3]!.depthM);
  assert.notDeepEqual(answers[0]!.depthM, answers[1]!.depthM);
});

test('a model without a scale never speaks of metres', async (t) => {
  const old = process.env.XDG_CACHE_HOME;
  process.env.XDG_CACHE_HOME = join(await temporaryFolder(t), 'cache');
  t.after(() => {
    if (old === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = old;
  });
  const relative = join(folder, 'relative');
  const graph = {
    opset: 13,
    input: { name: 'pixels', shape: [1, 3, height, width] },
    outputs: [{ name: 'inverse', shape: [1, 1, height, width] }],
    nodes: [node('Conv', ['pixels', 'kernel'], 'inverse')],
    weights: [floats('kernel', [1, 3, 1, 1], Float32Array.of(0.5, 0.3, 0.2))],
  };
  await writeForeignModel(relative, foreignOnnx(graph), {
    input: { width, height, mean: [0, 0, 0], std: [1, 1, 1] },
    output: { kind: 'relative-inverse-depth' },
  });
  await using opened = await openModel(relative, { ...options, fxPx: 80 });
  assert.equal(opened.kind, 'relative');
  const answer = await opened.infer(image(128, 64));
  assert.ok(answer.kind === 'relative');
  assert.equal(answer.depthM, undefined);
  assert.equal(Math.min(...answer.relativeInverseDepth), 0);
  assert.equal(Math.max(...answer.relativeInverseDepth), 1);
});

test('what cannot be is an error that says why, and the model goes on', async () => {
  await assert.rejects(openModel(join(folder, 'nowhere'), options), { code: 'FILE_MISSING' });
  await assert.rejects(openModel(model, { ...options, fxPx: 80, horizontalFovDeg: 60 }), {
    code: 'CONFIG_INVALID',
    message: 'openModel options: expected only one of calibration, intrinsics, fxPx, horizontalFovDeg',
  });
  await assert.rejects(openModel(model, { ...options, fovDeg: 60 } as OpenModelOptions), {
    code: 'CONFIG_INVALID',
    message: /unknown key "fovDeg"/,
  });
  const opened = await openModel(model, { ...options, intrinsics: { width: 128, height: 64, fxPx: 80 } });
  await assert.rejects(opened.infer(join(folder, 'nothing.png')), { code: 'FILE_MISSING' });
  await assert.rejects(opened.infer(Buffer.from('no image')), { code: 'IMAGE_INVALID' });
  await assert.rejects(opened.infer({ width: 4, height: 4, data: new Uint8Array(64) }), {
    code: 'IMAGE_INVALID',
    message: 'image: expected width * height * 3 bytes of R, G, B, found 4x4 with 64 bytes',
  });
  await assert.rejects(opened.infer(image(64, 64)), { code: 'CAMERA_INVALID', message: /another shape/ });
  const last = opened.infer(image(128, 64));
  await Promise.all([opened.close(), opened.close()]);
  assert.equal((await last).kind, 'metric', 'what was asked before is answered');
  await assert.rejects(opened.infer(image(128, 64)), { code: 'ENGINE_FAILED', message: /closed/ });
});
