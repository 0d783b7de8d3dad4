import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { exportOnnx } from '../../src/export/export.js';
import { writeHandWrittenCheckpoint } from '../support/hand-written-checkpoint.js';
import { temporaryFolder } from '../support/temporary-folder.js';
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
  await promisify(execFile)(python, ['-c', script, ...paths]);
});
