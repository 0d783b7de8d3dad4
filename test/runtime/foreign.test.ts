import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readBytes } from '../../src/base/files.js';
import { Random } from '../../src/base/random.js';
import type { RgbImage } from '../../src/geometry/raster.js';
import { encodePng } from '../../src/image/codec.js';
import { decodePng16 } from '../../src/image/png16.js';
import { floats, integers, ints, node } from '../../src/model-package/onnx-writer.js';
import { readModelPackage } from '../../src/model-package/read.js';
import { openEngine } from '../../src/runtime/engine/choose.js';
import { engineSettingsSchema } from '../../src/runtime/engine/settings.js';
import { png16Output, type Summary } from '../../src/runtime/index.js';
import { depthLine } from '../../src/runtime/outputs/ndjson.js';
import { type ForeignGraph, foreignOnnx, writeForeignModel } from '../support/foreign-graph.js';
import { stubFor, withoutCompiler } from '../support/ort-stub.js';
import { KeepingOutput, quietLog, stream } from '../support/stream.js';

const imageNet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const kernel = [0.9, -1.4, 0.7] as const;
const bias = 0.2;
const oldCache = process.env.XDG_CACHE_HOME;
let folder = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cyclops-foreign-'));
  process.env.XDG_CACHE_HOME = join(folder, 'cache');
});
after(async () => {
  if (oldCache === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = oldCache;
  await rm(folder, { recursive: true, force: true });
});

/** Smooth colours with some grain. */
function randomImage(width: number, height: number, seed: number): RgbImage {
  const random = Random.fromSeed(seed, 'foreign-image');
  const data = Uint8Array.from({ length: width * height * 3 }, (_, byte) => {
    const [x, y, channel] = [Math.floor(byte / 3) % width, Math.floor(byte / 3 / width), byte % 3];
    return 128 + 100 * Math.sin(x / (7 + channel) + y / (5 - channel)) + random.uniform(-25, 25);
  });
  return { width, height, data };
}

/** The weighted sum of a pixel's colours as the network above sees them, in the network's order. */
function response(
  image: RgbImage,
  pixel: number,
  order: readonly number[],
  mean: readonly number[],
  std: readonly number[],
): number {
  return order.reduce<number>((sum, channel, index) => {
    const value = image.data[pixel * 3 + channel]! / 255;
    return sum + (kernel[index]! * (value - mean[index]!)) / std[index]!;
  }, bias);
}

/** A 1x1 convolution from three channels to one: a network of which every pixel is known. */
const convolution = {
  node: node('Conv', ['pixels', 'kernel', 'bias'], 'sum'),
  weights: [floats('kernel', [1, 3, 1, 1], Float32Array.from(kernel)), floats('bias', [1], Float32Array.of(bias))],
};

async function streamed(
  model: string,
  images: readonly RgbImage[],
  png16?: string,
): Promise<{ output: KeepingOutput; summary: Summary }> {
  const folder = join(model, 'images');
  await mkdir(folder, { recursive: true });
  for (const [index, image] of images.entries()) await writeFile(join(folder, `${index}.png`), await encodePng(image));
  const output = new KeepingOutput();
  const outputs = png16 === undefined ? [output] : [output, png16Output(png16)];
  const source = { kind: 'images', path: folder } as const;
  const pipeline = await stream({ model, engine: { threads: 1 }, camera: { source } }, ...outputs);
  return { output, summary: await pipeline.done };
}

function assertNear(found: ArrayLike<number>, expected: (pixel: number) => number, share: number): void {
  for (let pixel = 0; pixel < found.length; pixel++) {
    const wanted = expected(pixel);
    const isNear = Math.abs(found[pixel]! - wanted) <= share * Math.max(1, Math.abs(wanted));
    assert.ok(isNear, `pixel ${pixel}: expected ${wanted}, found ${found[pixel]}`);
  }
}

test('monodepth2: 0..1 without normalisation, the sigmoid of four scales becomes metres of the stereo rig', async () => {
  const [width, height] = [64, 32];
  const model = join(folder, 'monodepth2');
  const graph: ForeignGraph = {
    opset: 11,
    input: { name: 'pixels', shape: [1, 3, height, width] },
    outputs: [
      { name: 'disp_0', shape: [1, 1, height, width] },
      { name: 'sum', shape: [1, 1, height, width] },
    ],
    nodes: [convolution.node, node('Sigmoid', ['sum'], 'disp_0')],
    weights: convolution.weights,
  };
  await writeForeignModel(model, foreignOnnx(graph), {
    input: { width, height },
    output: { kind: 'disparity-sigmoid', name: 'disp_0', nearM: 0.1, farM: 100, scale: 5.4, maxM: 120 },
    camera: { fxPx: 0.58 * width },
  });
  const images = [randomImage(width, height, 1), randomImage(width, height, 2)];
  const { output, summary } = await streamed(model, images);
  assert.equal(output.info?.unit, 'metres');
  assert.deepEqual([output.info?.minM, output.info?.maxM], [0.5, 120]);
  assert.equal(output.frames.length, 2);
  assert.equal(summary.selfTest.ok, true);
  for (const [index, image] of images.entries()) {
    assertNear(
      output.frames[index]!.networkDepth.data,
      (pixel) => {
        const sigmoid = 1 / (1 + Math.exp(-response(image, pixel, [0, 1, 2], [0, 0, 0], [1, 1, 1])));
        const disparity = 1 / 100 + (1 / 0.1 - 1 / 100) * sigmoid;
        return Math.min(120, Math.max(0.5, 5.4 / disparity));
      },
      1e-5,
    );
  }
});

test('MiDaS: mean and deviation, inverse depth without a scale becomes relative inverse depth, and says so everywhere', async () => {
  const [width, height] = [64, 32];
  const model = join(folder, 'midas');
  const graph: ForeignGraph = {
    opset: 12,
    input: { name: 'pixels', shape: ['batch', 3, height, width] },
    outputs: [{ name: 'inverse', shape: ['batch', height, width] }],
    nodes: [convolution.node, node('Squeeze', ['sum'], 'inverse', [ints('axes', [1])])],
    weights: convolution.weights,
  };
  await writeForeignModel(model, foreignOnnx(graph), {
    input: { width, height, ...imageNet },
    output: { kind: 'relative-inverse-depth' },
  });
  const image = randomImage(width, height, 3);
  const png16 = join(folder, 'png16');
  const { output } = await streamed(model, [image], png16);
  assert.equal(output.info?.unit, 'relative-inverse-depth');
  const raw = Array.from({ length: width * height }, (_, pixel) =>
    response(image, pixel, [0, 1, 2], imageNet.mean, imageNet.std),
  );
  const [low, high] = [Math.min(...raw), Math.max(...raw)];
  const inverseDepth = (pixel: number) => (raw[pixel]! - low) / (high - low);
  const frame = output.frames[0]!;
  assertNear(frame.networkDepth.data, inverseDepth, 1e-5);
  assert.equal(frame.depthScale, 1);
  const line = depthLine(frame, output.info!.unit);
  assert.equal(line.depthM, undefined);
  assert.ok(line.relativeInverseDepth!.min >= 0 && line.relativeInverseDepth!.max <= 1);
  const stored = decodePng16(await readBytes(join(png16, '000000.png')), 'stored');
  assertNear(
    stored.data.map((value) => (Number.isNaN(value) ? 0 : (value * 256) / 65535)),
    inverseDepth,
    2e-5,
  );
});

test('Depth Anything: free sizes in multiples of 14, whatever the width; a scale and a shift give metres', async () => {
  const [width, height] = [70, 42];
  const model = join(folder, 'depth-anything');
  const graph: ForeignGraph = {
    opset: 18,
    input: { name: 'pixels', shape: [1, 3, 'height', 'width'] },
    outputs: [{ name: 'depth', shape: [1, 'height', 'width'] }],
    nodes: [convolution.node, node('Relu', ['sum'], 'positive'), node('Squeeze', ['positive', 'one'], 'depth')],
    weights: [...convolution.weights, integers('one', [1])],
  };
  await writeForeignModel(model, foreignOnnx(graph), {
    input: { width, height, ...imageNet },
    output: { kind: 'inverse-depth', scale: 0.05, shift: 0.01, minM: 1, maxM: 60 },
    camera: { fxPx: 60 },
  });
  const image = randomImage(width, height, 4);
  const { output } = await streamed(model, [image]);
  assert.equal(output.frames[0]!.image.format, 'RGBA');
  assertNear(
    output.frames[0]!.networkDepth.data,
    (pixel) => {
      const inverse = Math.max(0, response(image, pixel, [0, 1, 2], imageNet.mean, imageNet.std));
      return Math.min(60, Math.max(1, 1 / (0.05 * inverse + 0.01)));
    },
    1e-5,
  );
});

test('colours in the order BGR, images in 0..255, rows first, and an output of a quarter of the size', async () => {
  const [width, height] = [64, 32];
  const model = join(folder, 'other');
  const graph: ForeignGraph = {
    opset: 11,
    input: { name: 'image', shape: [1, height, width, 3] },
    outputs: [{ name: 'metres', shape: [1, height / 4, width / 4, 1] }],
    nodes: [
      node('Transpose', ['image'], 'pixels', [ints('perm', [0, 3, 1, 2])]),
      convolution.node,
      node('AveragePool', ['sum'], 'small', [ints('kernel_shape', [4, 4]), ints('strides', [4, 4])]),
      node('Transpose', ['small'], 'metres', [ints('perm', [0, 2, 3, 1])]),
    ],
    weights: convolution.weights,
  };
  const mean = [104, 117, 123] as const;
  await writeForeignModel(model, foreignOnnx(graph), {
    input: { name: 'image', layout: 'NHWC', channels: 'BGR', white: 255, mean, width, height },
    output: { kind: 'depth', scale: 0.1, shift: 20, minM: 0.5, maxM: 100 },
    camera: { fxPx: 50 },
  });
  const image = randomImage(width, height, 5);
  const { output } = await streamed(model, [image]);
  const small = (row: number, column: number): number => {
    let sum = 0;
    for (let y = 0; y < 4; y++) {
      for (let x = 0; x < 4; x++) {
        const pixel = (4 * row + y) * width + 4 * column + x;
        // 0..255 instead of 0..1: the means are bytes, too.
        sum += response(
          image,
          pixel,
          [2, 1, 0],
          mean.map((value) => value / 255),
          [1 / 255, 1 / 255, 1 / 255],
        );
      }
    }
    return 20 + (0.1 * sum) / 16;
  };
  const bounded = (value: number, size: number) => Math.min(size - 1, Math.max(0, value));
  assertNear(
    output.frames[0]!.networkDepth.data,
    (pixel) => {
      const y = bounded(Math.floor(pixel / width) / 4 - 0.375, height / 4);
      const x = bounded((pixel % width) / 4 - 0.375, width / 4);
      const [top, left] = [Math.floor(y), Math.floor(x)];
      const [below, right] = [bounded(top + 1, height / 4), bounded(left + 1, width / 4)];
      const upper = small(top, left) * (1 - x + left) + small(top, right) * (x - left);
      const lower = small(below, left) * (1 - x + left) + small(below, right) * (x - left);
      return Math.min(100, Math.max(0.5, upper * (1 - y + top) + lower * (y - top)));
    },
    1e-4,
  );
});

test('on a GPU the depth of the golden image is compared with that of the CPU', {
  skip: withoutCompiler,
}, async () => {
  const [width, height] = [64, 32];
  const folderOfModel = join(folder, 'gpu');
  const graph: ForeignGraph = {
    opset: 17,
    input: { name: 'pixels', shape: [1, 3, height, width] },
    outputs: [{ name: 'sum', shape: [1, 1, height, width] }],
    nodes: [convolution.node],
    weights: convolution.weights,
  };
  await writeForeignModel(folderOfModel, foreignOnnx(graph), {
    input: { width, height, ...imageNet },
    output: { kind: 'inverse-depth', scale: 0.01, shift: 0.1 },
    camera: { fxPx: 60 },
  });
  const stub = await stubFor(folder, await readModelPackage(folderOfModel));
  const settings = engineSettingsSchema.parse({ provider: 'cuda', library: stub.library, threads: 1 });
  const { engine, selfTest } = await openEngine(stub.model, settings, quietLog);
  await engine.close();
  assert.equal(selfTest.ok, true);
  assert.ok(selfTest.worst.expectedM > 0, 'it was compared');
  stub.behave({ engine: 'bad' });
  await assert.rejects(openEngine(stub.model, settings, quietLog), {
    code: 'SELF_TEST_FAILED',
    message: /differs from what is right by 1\.0e\+0/,
  });
});
