import { join } from 'node:path';
import { Random } from '../../src/base/random.js';
import { type CheckpointHead, writeCheckpointFiles } from '../../src/train/checkpoint/checkpoint-files.js';

/** One layer of a network written by hand. */
export interface HandWrittenLayer {
  readonly name: string;
  readonly class: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly from?: readonly string[];
  /** Shapes of the weights by name. */
  readonly weights?: Readonly<Record<string, readonly number[]>>;
}

/** What to change of a valid checkpoint. */
export interface HandWrittenChanges {
  readonly head?: Partial<CheckpointHead>;
  readonly layers?: readonly HandWrittenLayer[];
  readonly output?: string;
  /** Changes model.json and weights.bin before their digests are made. */
  readonly modelJson?: (text: string) => string;
  readonly weightsBin?: (bytes: Uint8Array) => Uint8Array;
}

const same = { padding: 'same', data_format: 'channels_last', use_bias: true, activation: 'linear' };

/** A 3x3 convolution of stride 2 and a head with a sigmoid: the smallest student. */
export const smallestStudent: readonly HandWrittenLayer[] = [
  { name: 'image', class: 'InputLayer', config: { batch_input_shape: [null, 16, 32, 3], dtype: 'float32' } },
  {
    name: 'stem',
    class: 'Conv2D',
    config: { ...same, filters: 4, kernel_size: [3, 3], strides: [2, 2], dilation_rate: [1, 1], activation: 'relu' },
    from: ['image'],
    weights: { kernel: [3, 3, 3, 4], bias: [4] },
  },
  {
    name: 'head',
    class: 'Conv2D',
    config: { ...same, filters: 1, kernel_size: [1, 1], strides: [1, 1], activation: 'sigmoid' },
    from: ['stem'],
    weights: { kernel: [1, 1, 4, 1], bias: [1] },
  },
];

/** Writes a student checkpoint without TensorFlow. @returns its folder. */
export async function writeHandWrittenCheckpoint(folder: string, changes: HandWrittenChanges = {}): Promise<string> {
  const { layers = smallestStudent, output = 'head' } = changes;
  const random = Random.fromSeed(7, 'hand-written-checkpoint');
  const specs = layers.flatMap(({ name, weights = {} }) =>
    Object.entries(weights).map(([part, shape]) => ({ name: `${name}/${part}`, shape, dtype: 'float32' })),
  );
  const count = specs.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
  const values = Float32Array.from({ length: count }, () => random.normal(0, 0.3));
  const json = {
    modelTopology: {
      class_name: 'Model',
      config: {
        name: 'smallest',
        layers: layers.map(({ name, class: className, config = {}, from }) => ({
          name,
          class_name: className,
          config: { name, ...config },
          inbound_nodes: from === undefined ? [] : [from.map((source) => [source, 0, 0, {}])],
        })),
        input_layers: [['image', 0, 0]],
        output_layers: [[output, 0, 0]],
      },
    },
    format: 'layers-model',
    weightsManifest: [{ paths: ['weights.bin'], weights: specs }],
  };
  const text = JSON.stringify(json);
  const bytes = new Uint8Array(values.buffer);
  const path = join(folder, 'checkpoint');
  await writeCheckpointFiles(
    path,
    { ...smallestHead, ...changes.head },
    new Map([
      ['network/model.json', new TextEncoder().encode(changes.modelJson?.(text) ?? text)],
      ['network/weights.bin', changes.weightsBin?.(bytes) ?? bytes],
    ]),
  );
  return path;
}

const smallestHead: CheckpointHead = {
  format: 'cyclops-checkpoint',
  formatVersion: 2,
  inputs: 'mono',
  method: 'hand-written',
  network: 'mono-edge',
  widthMultiplier: 1,
  parameters: 117,
  width: 32,
  height: 16,
  seed: 7,
  step: 12,
  camera: { width: 32, height: 16, fxPx: 20, fyPx: 20, cxPx: 16, cyPx: 8, baselineM: 0.5, doffsPx: 0 },
  inputMean: [0.4, 0.5, 0.6],
  inputStd: [0.2, 0.25, 0.3],
  outputFactorPx: 8,
  outputStride: 2,
  config: {},
  data: 'none',
  dataFingerprint: 'none',
  metrics: { valAbsRel: 0.1 },
  versions: { cyclops: '0.1.0' },
  command: 'test',
  startedAt: '2026-01-01T00:00:00Z',
  savedAt: '2026-01-01T00:00:00Z',
  trainedSeconds: 0,
};
