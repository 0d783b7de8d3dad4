import { execFile, execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { exportOnnx } from '../../src/export/export.js';
import type { Graph } from '../../src/export/graph.js';
import { toHalf } from '../../src/export/precision/half.js';
import { reducePrecision } from '../../src/export/precision/reduce.js';
import { encodeModel } from '../../src/export/proto.js';
import { writeHandWrittenCheckpoint } from '../support/hand-written-checkpoint.js';
import { quantizableFrames, quantizableGraph } from '../support/quantizable-graph.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { withoutTensorFlow } from '../support/tensorflow.js';
import { writeTinyPackage } from '../support/tiny-package.js';

/** A Python with the `onnx` package: CYCLOPS_TEST_PYTHON, else python3. */
const python = process.env.CYCLOPS_TEST_PYTHON ?? 'python3';

function reasonToSkip(): string | false {
  try {
    execFileSync(python, ['-c', 'import onnx'], { stdio: 'ignore' });
    return false;
  } catch {
    return `${python} cannot import onnx (pip install onnx, CYCLOPS_TEST_PYTHON names another Python)`;
  }
}

const script = `
import onnx, sys
for path in sys.argv[1:]:
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
`;

test('the official checker accepts our files and agrees with every shape in them', {
  skip: reasonToSkip(),
}, async (context) => {
  const folder = await temporaryFolder(context);
  const paths = [(await writeTinyPackage(join(folder, 'tiny'))).onnxPath];
  const checkpoint = await writeHandWrittenCheckpoint(folder);
  for (const channels of ['RGB', 'RGBA', 'BGRx'] as const) {
    const options = { channels, parity: false, version: '0.1.0' };
    paths.push((await exportOnnx(checkpoint, join(folder, channels), options)).onnxPath);
  }
  for (const activations of ['uint8', 'int8'] as const) {
    const calibration = { frames: quantizableFrames(1, 1), source: 'test' };
    const { graph } = await reducePrecision(quantizableGraph(), { kind: 'int8', calibration, activations });
    paths.push(await written(join(folder, `${activations}.onnx`), graph));
  }
  paths.push(await written(join(folder, 'fp16.onnx'), toHalf(quantizableGraph())));
  await promisify(execFile)(python, ['-c', script, ...paths]);
});

async function written(path: string, graph: Graph): Promise<string> {
  await writeFile(path, encodeModel(graph, { producerVersion: '0.1.0', metadata: {} }));
  return path;
}
test('the official checker accepts every layer class in every setting', {
  skip: reasonToSkip() || withoutTensorFlow,
}, async (context) => {
  const { tf } = await import('../../src/train/tf.js');
  const { layerCases } = await import('../../bench/export/layer-cases.js');
  const { runLayerCase } = await import('../../bench/export/run-case.js');
  const folder = await temporaryFolder(context);
  const paths: string[] = [];
  for (const [index, layerCase] of layerCases.entries()) {
    for (let round = 0; round < (layerCase.rounds ?? 1); round++) {
      const path = join(folder, `${index}-${round}.onnx`);
      await writeFile(path, (await runLayerCase(tf, layerCase, round)).onnx);
      paths.push(path);
    }
  }
  await promisify(execFile)(python, ['-c', script, ...paths]);
});
