import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphBuilder } from '../../../src/export/graph/graph.js';
import { postprocess, preprocess } from '../../../src/export/graph/pre-post.js';
import { encodeModel } from '../../../src/export/graph/proto.js';
import { openOnnx } from '../../../src/export/verify/onnx-run.js';
import { depthFromDisparity } from '../../../src/geometry/disparity.js';
import type { ChannelOrder } from '../../../src/model-package/schema.js';

async function evaluate(
  graph: GraphBuilder,
  data: Uint8Array | Float32Array,
  shape: readonly number[],
): Promise<Float32Array> {
  const session = await openOnnx(encodeModel(graph.build(), { producerVersion: '', metadata: {} }), 'test');
  return session.run(data, shape).finally(() => session.close());
}

const positions: Readonly<Record<ChannelOrder, readonly number[]>> = {
  RGB: [0, 1, 2],
  RGBA: [0, 1, 2],
  BGRx: [2, 1, 0],
};

for (const channels of ['RGB', 'RGBA', 'BGRx'] as const) {
  test(`preprocessing of ${channels} bytes: planes R, G, B of (byte / 255 - mean) / std`, async () => {
    const [width, height, stride] = [4, 2, channels === 'RGB' ? 3 : 4];
    const mean = [0.485, 0.456, 0.406] as const;
    const std = [0.229, 0.224, 0.225] as const;
    const graph = new GraphBuilder('pre', ['out']);
    graph.output(preprocess(graph, { width, height, channels, inputMean: mean, inputStd: std }), 'out');
    const bytes = Uint8Array.from({ length: width * height * stride }, (_, index) => (index * 37 + 5) % 256);
    const found = await evaluate(graph, bytes, [1, height, width, stride]);
    assert.equal(found.length, 3 * width * height);
    for (let plane = 0; plane < 3; plane++) {
      for (let pixel = 0; pixel < width * height; pixel++) {
        const byte = bytes[pixel * stride + positions[channels][plane]!]!;
        const expected = (byte / 255 - mean[plane]!) / std[plane]!;
        assert.ok(Math.abs(found[plane * width * height + pixel]! - expected) < 1e-6);
      }
    }
  });
}

const camera = { fxPx: 371.3, baselineM: 0.54, doffsPx: 0 };

async function depthOf(output: readonly number[], doffsPx = 0): Promise<Float32Array> {
  const graph = new GraphBuilder('post', ['depth']);
  const width = output.length;
  const value = graph.input('x', 'float32', [1, 1, 1, width]);
  const range = { minM: 0.5, maxM: 80 };
  const meaning = { quantity: 'disparity', factor: 20 } as const;
  postprocess(graph, value, { width, height: 1, ...meaning, camera: { ...camera, doffsPx }, ...range });
  return evaluate(graph, Float32Array.from(output), [1, 1, 1, width]);
}

test('postprocessing equals depthFromDisparity within the range', async () => {
  const output = [0.2, 0.5, 1, 3.7, 19];
  for (const doffsPx of [0, 1.5]) {
    const full = { ...camera, width: 5, height: 1, fyPx: 1, cxPx: 0, cyPx: 0, doffsPx };
    const disparity = { width: 5, height: 1, data: Float32Array.from(output, (value) => 20 * value) };
    const expected = depthFromDisparity(disparity, full).data;
    const found = await depthOf(output, doffsPx);
    for (const [index, depth] of expected.entries()) assert.ok(Math.abs(found[index]! - depth) <= 1e-6 * depth);
  }
});

test('disparity of 0, below 0, tiny and huge is clipped exactly to the range; NaN stays NaN', async () => {
  assert.deepEqual(
    [...(await depthOf([0, -3, 1e-30, -0, 1e9, Number.NaN, -1e30]))],
    [80, 80, 80, 80, 0.5, Number.NaN, 80],
  );
});

test('a smaller output is resized with half-pixel centres, disparity first, depth after', async () => {
  const graph = new GraphBuilder('post', ['depth']);
  const value = graph.input('x', 'float32', [1, 1, 2, 2]);
  postprocess(graph, value, { width: 4, height: 4, quantity: 'disparity', factor: 10, camera, minM: 0.1, maxM: 1000 });
  const found = await evaluate(graph, Float32Array.of(1, 2, 3, 5), [1, 1, 2, 2]);
  // Half-pixel centres: a quarter of the way in from each border pixel, the border repeated.
  const rows = [1, 1.5, 2.5, 3].map((left, row) => [left, [2, 2.75, 4.25, 5][row]!] as const);
  const expected = rows.flatMap(([left, right]) => [0, 0.25, 0.75, 1].map((share) => left + (right - left) * share));
  for (const [index, disparity] of expected.entries()) {
    const depth = (camera.fxPx * camera.baselineM) / (10 * disparity);
    assert.ok(Math.abs(found[index]! - depth) <= 1e-5 * depth, `${index}: ${found[index]} against ${depth}`);
  }
});

test('an image that shrinks by no whole number: every pixel counts about the same', async () => {
  const [from, to] = [29, 10];
  const graph = new GraphBuilder('pre', ['out']);
  const fit = { width: from, height: from, crop: { x: 0, y: 0, width: from, height: from } };
  const plain = { channels: 'RGB', inputMean: [0, 0, 0], inputStd: [1, 1, 1] } as const;
  graph.output(preprocess(graph, { width: to, height: to, ...plain, fit }), 'out');
  const session = await openOnnx(encodeModel(graph.build(), { producerVersion: '', metadata: {} }), 'test');
  try {
    for (let at = 0; at < from; at++) {
      // A bright column: its share of what the network sees, in the first plane.
      const bytes = Uint8Array.from({ length: from * from * 3 }, (_, index) =>
        Math.floor(index / 3) % from === at ? 255 : 0,
      );
      const seen = (await session.run(bytes, [1, from, from, 3])).subarray(0, to * to);
      const share = seen.reduce((sum, value) => sum + value, 0) / seen.length;
      assert.ok(share > 0.6 / from && share < 1.4 / from, `column ${at}: ${share * from} of its share`);
    }
  } finally {
    await session.close();
  }
});
