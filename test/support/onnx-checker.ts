import { execFile, execFileSync } from 'node:child_process';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** CYCLOPS_TEST_PYTHON, a Python with the `onnx` package of its own; else python3 with what set-up has fetched. */
const python = process.env.CYCLOPS_TEST_PYTHON ?? 'python3';

/** Why the official checker cannot be asked here, or false. */
export const withoutOnnxChecker: string | false = reason();

function reason(): string | false {
  try {
    execFileSync(python, ['-c', 'import onnx'], { stdio: 'ignore', env: environment() });
    return false;
  } catch {
    return `${python} cannot import onnx, which npm run setup fetches (CYCLOPS_TEST_PYTHON names another Python)`;
  }
}

function environment(): NodeJS.ProcessEnv {
  if (process.env.CYCLOPS_TEST_PYTHON !== undefined) return process.env;
  const tag = execFileSync(python, ['-S', '-c', 'import sys; print(sys.implementation.cache_tag)'], {
    encoding: 'utf8',
  }).trim();
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const paths = [join(cache, 'cyclops', 'onnx-checker', tag), process.env.PYTHONPATH ?? ''];
  return { ...process.env, PYTHONPATH: paths.filter((path) => path !== '').join(delimiter) };
}

const script = `
import onnx, sys
for path in sys.argv[1:]:
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
`;

/** Hands ONNX files to the official checker, with strict shape inference. Rejects with what it says. */
export async function checkOnnxFiles(paths: readonly string[]): Promise<void> {
  await promisify(execFile)(python, ['-c', script, ...paths], { env: environment() });
}
