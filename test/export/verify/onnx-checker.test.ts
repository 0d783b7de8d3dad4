import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { exportOnnx } from '../../../src/export/export.js';
import type { Graph } from '../../../src/export/graph/graph.js';
import { encodeModel } from '../../../src/export/graph/proto.js';
import { toHalf } from '../../../src/export/precision/half.js';
import { reducePrecision } from '../../../src/export/precision/reduce.js';
import { writeHandWrittenCheckpoint } from '../../support/hand-written-checkpoint.js';
import { checkOnnxFiles, withoutOnnxChecker } from '../../support/onnx-checker.js';
import { quantizableFrames, quantizableGraph } from '../../support/quantizable-graph.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { withoutTensorFlow } from '../../support/tensorflow.js';
import { writeTinyPackage } from '../../support/tiny-package.js';

test('the official checker accepts our files and agrees with every shape in them', {
  skip: withoutOnnxChecker,
}, async (context) => {
  const folder = await temporaryFolder(context);
  const paths = [(await writeTinyPackage(join(folder, 'tiny'))).onnxPath];
  const checkpoint = await writeHandWrittenCheckpoint(folder);
  for (const channels of ['RGB', 'RGBA', 'BGRx'] as const) {
    const options = { channels, parity: false, version: '0.1.0' };
    paths.push((await exportOnnx(checkpoint, join(folder, channels), options)).onnxPath);
  }
  const around = {
    image: { width: 100, height: 30, fxPx: 50, fyPx: 50, cxPx: 49.5, cyPx: 14.5 },
    flipTta: true,
    confidence: 'flip',
    parity: false,
    version: '0.1.0',
  };
  paths.push((await exportOnnx(checkpoint, join(folder, 'around'), around)).onnxPath);
  for (const activations of ['uint8', 'int8'] as const) {
    const calibration = { frames: quantizableFrames(1, 1), source: 'test' };
    const { graph } = await reducePrecision(quantizableGraph(), { kind: 'int8', calibration, activations });
    paths.push(await written(join(folder, `${activations}.onnx`), graph));
  }
  paths.push(await written(join(folder, 'fp16.onnx'), toHalf(quantizableGraph())));
  await checkOnnxFiles(paths);
});

async function written(path: string, graph: Graph): Promise<string> {
  await writeFile(path, encodeModel(graph, { producerVersion: '0.1.0', metadata: {} }));
  return path;
}
test('the official checker accepts every layer class in every setting', {
  skip: withoutOnnxChecker || withoutTensorFlow,
}, async (context) => {
  const { tf } = await import('../../../src/train/tf.js');
  const { layerCases } = await import('../../support/parity/layer-cases.js');
  const { runLayerCase } = await import('../../support/parity/run-case.js');
  const folder = await temporaryFolder(context);
  const paths: string[] = [];
  for (const [index, layerCase] of layerCases.entries()) {
    for (let round = 0; round < (layerCase.rounds ?? 1); round++) {
      const path = join(folder, `${index}-${round}.onnx`);
      await writeFile(path, (await runLayerCase(tf, layerCase, round)).onnx);
      paths.push(path);
    }
  }
  await checkOnnxFiles(paths);
});
