import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CyclopsError } from '../src/base/errors.js';
import { packageRoot } from '../src/base/paths.js';
import { Random } from '../src/base/random.js';
import type { OnnxRun } from '../src/export/index.js';
import { type Bench, median, printTable, processorTimes, rounded } from './measure.js';
import { pythonWith, pythonWithTorch } from './peers/python.js';

const width = 640;
const height = 192;
/** Turns of all contenders, and runs of each in a turn. */
const rounds = Number(process.env.CYCLOPS_BENCH_ROUNDS ?? 15);
const runs = 4;

/**
 * The newest set that fits together. `pip install tensorflowjs tf2onnx` alone does not come to an end: pip fetches one
 * TensorFlow after the other (seven wheels of 600 MB until it was stopped) in search of one for
 * tensorflow-decision-forests and the rest.
 */
const tensorflowRequirements = [
  'tensorflowjs==4.22.0',
  'tensorflow==2.15.1',
  'tensorflow-decision-forests==1.8.1',
  'tf-keras==2.15.1',
  'tensorflow-hub==0.16.1',
  'jax==0.4.23',
  'jaxlib==0.4.23',
  'flax==0.8.1',
  'optax==0.1.9',
  'orbax-checkpoint==0.4.8',
  'chex==0.1.85',
  'numpy==1.26.4',
  'scipy==1.11.4',
  'pandas==2.1.4',
  'ml-dtypes==0.3.1',
  'tensorstore==0.1.52',
  'protobuf==4.25.3',
  'tf2onnx==1.17.0',
  'onnx==1.16.2',
];

interface Contender {
  readonly name: string;
  readonly onnx: Uint8Array;
  /** How its input lies: [1, H, W, 3] or [1, 3, H, W]. */
  readonly isChannelsLast: boolean;
}

/** Our exporter beside the two ways through Python: the same network, the same weights. */
export const bench: Bench = {
  name: 'python-route',
  question: 'How do files of export-onnx compare with those of tf2onnx and torch.onnx for the same network?',
  async run() {
    process.env.CUDA_VISIBLE_DEVICES = '';
    const folder = await mkdtemp(join(tmpdir(), 'cyclops-bench-python-'));
    try {
      const image = testImage();
      const expected = await writeModel(folder, image);
      const contenders = [await ours(folder), await throughTorch(folder), await throughTensorFlow(folder)];
      const measured = await measure(contenders, image, expected);
      return report(measured);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Normally distributed, [1, H, W, 3]. */
function testImage(): Float32Array {
  const random = Random.fromSeed(1, 'python-route');
  return Float32Array.from({ length: height * width * 3 }, () => random.normal());
}

/** Saves mono-edge, untrained, with its first output alone. @returns what tfjs gives for the image. */
async function writeModel(folder: string, image: Float32Array): Promise<Float32Array> {
  const { tf } = await import('../src/train/tensorflow/tf.js');
  const { networks } = await import('../src/train/networks/index.js');
  const { savedModel } = await import('../test/support/parity/run-case.js');
  const whole = networks['mono-edge'].create({ height, widthPx: width, width: 1, seed: 3 });
  const model = tf.model({ inputs: whole.inputs, outputs: whole.outputs[0]! });
  const { json, weights } = await savedModel(tf, model);
  // Older readers ask for these two names.
  const labelled = { format: 'layers-model', generatedBy: 'TensorFlow.js tfjs-layers v4.22.0', ...JSON.parse(json) };
  await writeFile(join(folder, 'model.json'), JSON.stringify(labelled));
  await writeFile(join(folder, 'weights.bin'), weights);
  return tf.tidy(() => {
    const output = model.predict(tf.tensor(image, [1, height, width, 3]));
    return [output].flat()[0]!.dataSync<'float32'>().slice();
  });
}

async function ours(folder: string): Promise<Contender> {
  const { convertLayersModel } = await import('../src/export/index.js');
  const { onnx } = await convertLayersModel(join(folder, 'model.json'), { parity: false, version: '' });
  return { name: 'export-onnx', onnx, isChannelsLast: true };
}

async function throughTorch(folder: string): Promise<Contender> {
  const python = pythonWithTorch();
  const path = join(folder, 'torch.onnx');
  const script = join(packageRoot(), 'bench/peers/torch_onnx.py');
  runPython(python, [script, join(folder, 'model.json'), path, String(height), String(width)]);
  return { name: 'torch.onnx', onnx: await readFile(path), isChannelsLast: false };
}

async function throughTensorFlow(folder: string): Promise<Contender> {
  const python = pythonWith('tfjs-tf2onnx', tensorflowRequirements);
  const [saved, path] = [join(folder, 'saved-model'), join(folder, 'tf2onnx.onnx')];
  const formats = ['--input_format=tfjs_layers_model', '--output_format=keras_saved_model'];
  runPython(python, ['-m', 'tensorflowjs.converters.converter', ...formats, join(folder, 'model.json'), saved]);
  runPython(python, ['-m', 'tf2onnx.convert', '--saved-model', saved, '--opset', '17', '--output', path]);
  return { name: 'tfjs -> SavedModel -> tf2onnx', onnx: await readFile(path), isChannelsLast: true };
}

function runPython(python: string, args: readonly string[]): void {
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', TF_USE_LEGACY_KERAS: '1' };
  const run = spawnSync(python, args, { encoding: 'utf8', env });
  if (run.status === 0) return;
  throw new CyclopsError('MACHINE_LACKS', `${args.slice(0, 2).join(' ')}: ${run.stderr.trim().split('\n').at(-1)}`);
}

interface Measured extends Contender {
  readonly nodes: number;
  readonly transposes: number;
  readonly difference: number;
  /** Processor milliseconds a run, one thread, one a round. */
  readonly times: readonly number[];
}

async function measure(
  contenders: readonly Contender[],
  image: Float32Array,
  expected: Float32Array,
): Promise<readonly Measured[]> {
  const { decodeOutline, openOnnx, summarizeGraph } = await import('../src/export/index.js');
  const { worstDifference } = await import('../test/support/parity/run-case.js');
  const planes = Float32Array.from(image, (_, index) => {
    const [channel, pixel] = [Math.floor(index / (height * width)), index % (height * width)];
    return image[pixel * 3 + channel]!;
  });
  const sessions: OnnxRun[] = [];
  try {
    for (const { onnx, name } of contenders) sessions.push(await openOnnx(onnx, name, { threads: 1 }));
    const once = (index: number): Promise<Float32Array> =>
      contenders[index]!.isChannelsLast
        ? sessions[index]!.run(image, [1, height, width, 3])
        : sessions[index]!.run(planes, [1, 3, height, width]);
    const differences: number[] = [];
    for (const index of contenders.keys()) differences.push(worstDifference(expected, await once(index)));
    const times = await processorTimes(
      [...contenders.keys()].map((index) => () => once(index)),
      rounds,
      runs,
    );
    return contenders.map((contender, index) => {
      const { nodes, operators } = summarizeGraph(decodeOutline(contender.onnx, contender.name));
      const transposes = operators.Transpose ?? 0;
      return { ...contender, nodes, transposes, difference: differences[index]!, times: times[index]! };
    });
  } finally {
    for (const session of sessions) await session.close();
  }
}

function report(measured: readonly Measured[]) {
  const [own] = measured;
  const rows = measured.map(({ name, nodes, transposes, onnx, times, difference }) => ({
    name,
    nodes,
    transposes,
    bytes: onnx.byteLength,
    cpuMs: rounded(median(times)),
    ratio: rounded(median(times.map((ms, round) => ms / own!.times[round]!)), 3),
    difference: difference.toExponential(1),
  }));
  printTable(
    ['route', 'nodes', 'Transpose', 'bytes', 'CPU ms', 'against ours', 'difference to tfjs'],
    rows.map((row) => Object.values(row)),
  );
  return {
    headline: 'CPU time of the faster Python route / ours, ONNX Runtime CPU, one thread',
    value: Math.min(...rows.slice(1).map(({ ratio }) => ratio)),
    unit: 'ratio',
    target: null,
    details: { rows, network: `mono-edge ${width}x${height}, untrained, first output`, rounds },
  };
}
