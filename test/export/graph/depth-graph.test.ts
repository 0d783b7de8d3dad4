import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random.js';
import { buildDepthGraph, type DepthGraphOptions } from '../../../src/export/graph/depth-graph.js';
import { encodeModel } from '../../../src/export/graph/proto.js';
import { runPasses } from '../../../src/export/passes/index.js';
import type { DepthNetwork } from '../../../src/export/read/depth-network.js';
import { parseNetwork } from '../../../src/export/read/network.js';
import { expectedOutputs, type Plane } from '../../../src/export/verify/expected-depth.js';
import { openOnnx } from '../../../src/export/verify/onnx-run.js';

// What stands around a network in an exported graph, run in ONNX Runtime, against plain code: expected-depth.ts, which
// shares nothing with the graph builder, and for the network itself the loops below.

const [width, height] = [24, 8];
const random = Random.fromSeed(1, 'surroundings');
/** Two heads on the image, 3x3 with zero padding, by no means symmetric: depth and confidence. */
const kernels = [0, 1].map(() => Float32Array.from({ length: 27 }, () => random.normal(0, 0.4)));
const biases = [0.3, -0.2];

const network: DepthNetwork = {
  name: 'two-heads',
  owner: 'two-heads.json',
  model: modelOf(),
  outputIndex: 0,
  meaning: { quantity: 'disparity', factor: 5 },
  inputMean: [0.4, 0.5, 0.6],
  inputStd: [0.2, 0.25, 0.3],
  camera: { width, height, fxPx: 20, fyPx: 20, cxPx: 11.5, cyPx: 3.5, baselineM: 0.5, doffsPx: 0 },
  origin: { method: 'none', data: 'none', checkpoint: 'none', seed: 0, step: 0, metrics: {}, versions: {} },
};

function modelOf(): DepthNetwork['model'] {
  const layers = ['depth', 'trust'].map((name) => ({
    name,
    class_name: 'Conv2D',
    config: { name, filters: 1, kernel_size: [3, 3], strides: [1, 1], padding: 'same', activation: 'sigmoid' },
    inbound_nodes: [[['image', 0, 0, {}]]],
  }));
  const modelJson = JSON.stringify({
    format: 'layers-model',
    modelTopology: {
      class_name: 'Model',
      config: {
        layers: [
          {
            name: 'image',
            class_name: 'InputLayer',
            config: { batch_input_shape: [null, height, width, 3] },
            inbound_nodes: [],
          },
          ...layers.map((layer) => ({ ...layer, config: { ...layer.config, use_bias: true } })),
        ],
        input_layers: [['image', 0, 0]],
        output_layers: layers.map(({ name }) => [name, 0, 0]),
      },
    },
    weightsManifest: [
      {
        paths: ['weights.bin'],
        weights: ['depth', 'trust'].flatMap((name) => [
          { name: `${name}/kernel`, shape: [3, 3, 3, 1], dtype: 'float32' },
          { name: `${name}/bias`, shape: [1], dtype: 'float32' },
        ]),
      },
    ],
  });
  const numbers = kernels.flatMap((kernel, head) => [...kernel, biases[head]!]);
  const weightBytes = new Uint8Array(Float32Array.from(numbers).buffer);
  return { modelJson, weightBytes, network: parseNetwork(modelJson, weightBytes, 'two-heads.json') };
}

/** The network in plain code. */
function runPlainly(image: Float32Array): Plane[] {
  return kernels.map((kernel, head) => {
    const data = new Float64Array(width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let sum = biases[head]!;
        for (let tap = 0; tap < 27; tap++) {
          const [row, column] = [y + Math.floor(tap / 9) - 1, x + (Math.floor(tap / 3) % 3) - 1];
          const isInside = row >= 0 && row < height && column >= 0 && column < width;
          if (isInside) sum += kernel[tap]! * image[(row * width + column) * 3 + (tap % 3)]!;
        }
        data[y * width + x] = 1 / (1 + Math.exp(-sum));
      }
    }
    return { width, height, data };
  });
}

interface Result {
  readonly depthM: Float32Array;
  readonly confidence: Float32Array | undefined;
  readonly expected: ReturnType<typeof expectedOutputs>;
  readonly built: ReturnType<typeof buildDepthGraph>;
}

async function runBoth(options: DepthGraphOptions, described: DepthNetwork = network, seed = 1): Promise<Result> {
  const built = buildDepthGraph(described, options);
  const { input } = built.facts;
  const pixels = input.width * input.height;
  const noise = Random.fromSeed(seed, 'image');
  const rgb = Uint8Array.from({ length: pixels * 3 }, () => noise.integer(256));
  const stride = input.channels === 'RGB' ? 3 : 4;
  const places = input.channels === 'BGRx' ? [2, 1, 0] : [0, 1, 2];
  const bytes = Uint8Array.from({ length: pixels * stride }, (_, index) => {
    const channel = places[index % stride];
    return channel === undefined ? noise.integer(256) : rgb[Math.floor(index / stride) * 3 + channel]!;
  });
  const onnx = encodeModel(runPasses(built.graph).graph, { producerVersion: '', metadata: {} });
  const session = await openOnnx(onnx, 'surroundings');
  const found = await session.runAll(bytes, [1, input.height, input.width, stride]).finally(() => session.close());
  return {
    depthM: found.get('depth')!,
    confidence: found.get('confidence'),
    expected: expectedOutputs(rgb, described, built.around, runPlainly),
    built,
  };
}

function assertNear(found: Float32Array, expected: Float64Array): void {
  assert.equal(found.length, expected.length);
  for (const [index, value] of expected.entries()) {
    if (Number.isNaN(value)) assert.ok(Number.isNaN(found[index]), `${index}: ${found[index]}, expected NaN`);
    else
      assert.ok(Math.abs(found[index]! - value) <= 2e-5 * (1 + value), `${index}: ${found[index]}, expected ${value}`);
  }
}

/** 24x8 of the training camera's field of view within a larger frame. */
const camera = (frameWidth: number, frameHeight: number, fxPx: number) => ({
  width: frameWidth,
  height: frameHeight,
  fxPx,
  fyPx: fxPx,
  cxPx: (frameWidth - 1) / 2,
  cyPx: (frameHeight - 1) / 2,
});

const range = { minM: 0.5, maxM: 40 };
const cases: Readonly<Record<string, DepthGraphOptions>> = {
  'as trained': {},
  'BGRx bytes': { channels: 'BGRx' },
  'flip test-time augmentation': { flipTta: true },
  'flip test-time augmentation with agreement as confidence': { flipTta: true, confidence: 'flip' },
  "the network's own confidence": { confidence: 'trust' },
  "the network's own confidence with flip test-time augmentation": {
    flipTta: true,
    confidence: 'trust',
    channels: 'RGBA',
  },
  'a larger frame of the same view, whole boxes': { frame: camera(72, 24, 60) },
  'a wider camera: crop, boxes and bilinear': { frame: camera(100, 60, 40), channels: 'RGBA' },
  'a wider camera of finer pixels, no whole boxes': { frame: camera(60, 30, 27) },
  'a narrower camera: depth scaled': { frame: camera(48, 20, 70) },
  'a low frame: black rows above and below': { frame: camera(48, 12, 40) },
  'a camera of unknown focal length': { frame: { width: 64, height: 48 } },
  'everything at once': { frame: camera(100, 14, 44), flipTta: true, confidence: 'flip', channels: 'BGRx' },
};

for (const [name, options] of Object.entries(cases)) {
  test(`in the graph: ${name}`, async () => {
    const { depthM, confidence, expected, built } = await runBoth({ ...range, ...options });
    const depths = expected.depthM.filter((metres) => !Number.isNaN(metres));
    assert.ok(new Set(depths).size > depths.length / 2, 'the depths differ from pixel to pixel');
    assertNear(depthM, expected.depthM);
    assert.equal(confidence === undefined, options.confidence === undefined);
    if (confidence !== undefined) assertNear(confidence, expected.confidence!);
    assert.equal(built.facts.view === undefined, options.frame === undefined);
  });
}

for (const quantity of ['inverse-depth', 'depth'] as const) {
  test(`a network that gives ${quantity}, with and without its mirror image`, async () => {
    const { baselineM: _, ...alone } = network.camera;
    const described = { ...network, camera: alone, meaning: { quantity, factor: quantity === 'depth' ? 30 : 0.4 } };
    for (const confidence of [undefined, 'flip'] as const) {
      const options = { ...range, frame: camera(48, 20, 70), flipTta: confidence !== undefined };
      const result = await runBoth({ ...options, ...(confidence === undefined ? {} : { confidence }) }, described);
      assertNear(result.depthM, result.expected.depthM);
      if (confidence !== undefined) assertNear(result.confidence!, result.expected.confidence!);
      assert.equal(result.built.facts.camera.baselineM, undefined);
    }
  });
}

test('the view of a fitted graph, in numbers', () => {
  const { facts, viewNote } = buildDepthGraph(network, { frame: camera(100, 60, 40) });
  // Twice the focal length of the network: 48 of 100 columns, 16 of 60 rows, in the middle.
  assert.deepEqual(facts.view, {
    x: 26,
    y: 22,
    width: 48,
    height: 16,
    networkWidth: 24,
    networkHeight: 8,
    depthScale: 1,
  });
  assert.deepEqual(facts.camera, { fxPx: 40, fyPx: 40, cxPx: 49.5, cyPx: 29.5, baselineM: 0.5 });
  assert.deepEqual([facts.input.width, facts.output.width, facts.output.height], [100, 100, 60]);
  assert.match(viewNote ?? '', /cropped to 48x16 at \(26, 22\)/);
  const narrow = buildDepthGraph(network, { frame: camera(48, 20, 70) }).facts.view!;
  // 35 px of focal length at the network's width, where 20 were trained.
  assert.equal(narrow.depthScale, 1.75);
});

test('near the left edge the mirrored view alone counts, near the right edge the own', async () => {
  const { depthM } = await runBoth({ ...range, flipTta: true });
  const plain = await runBoth(range);
  for (let y = 0; y < height; y++) {
    const right = y * width + width - 1;
    assert.ok(Math.abs(depthM[right]! - plain.depthM[right]!) < 1e-4);
    assert.ok(Math.abs(depthM[y * width]! - plain.depthM[y * width]!) > 1e-4, 'the left edge is another view');
  }
});

test('what does not go together is refused with the reason', () => {
  const refuse = (options: DepthGraphOptions, sentence: RegExp): void =>
    assert.throws(() => buildDepthGraph(network, options), sentence);
  refuse({ confidence: 'flip' }, /flip test-time augmentation/);
  refuse({ confidence: 'sky' }, /expected an output of the network \(depth, trust\), found "sky"/);
  refuse({ minM: 5, maxM: 2 }, /0 < minimum < maximum, found 5 to 2/);
  refuse({ frame: camera(48, 4, 40) }, /less than half of the training field of view/);
});
