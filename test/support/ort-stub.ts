import { execFileSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { packageRoot } from '../../src/base/paths.js';
import { goldenInput } from '../../src/model-package/golden.js';
import { type LoadedModelPackage, readModelPackage } from '../../src/model-package/read.js';
import { openOrtNode } from '../../src/runtime/engine/ort-node/ort-node.js';
import { temporaryFolder } from './temporary-folder.js';
import { type TinyPackageOptions, writeTinyPackage } from './tiny-package.js';

/** Why the stub library cannot be built here, or false where it can. */
export const withoutCompiler: string | false = (() => {
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'no C compiler (cc): sudo apt-get install gcc libc6-dev';
  }
})();

/** Compiles the recording ONNX Runtime. @returns the path of its library. */
export function buildStub(folder: string, version?: string): string {
  const path = join(folder, 'libonnxruntime.so');
  const source = join(packageRoot(), 'test/support/ort-stub/ort-stub.c');
  const defines = version === undefined ? [] : [`-DSTUB_VERSION="${version}"`];
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-Wall', ...defines, '-o', path, source]);
  return path;
}

/** A recording ONNX Runtime, with a small package whose depth it gives. */
export interface OrtStub {
  readonly library: string;
  readonly model: LoadedModelPackage;
  readonly folder: string;
  /** What was called since the last time this was asked. */
  calls(): Promise<readonly string[]>;
  /** Lets a call fail, or engines be wrong, from now on; `{}` takes it back. */
  behave(how: { readonly fail?: string; readonly engine?: 'bad' }): void;
}

/** Builds the stub and a package, and sets the stub's variables for the length of a test. */
export async function openStub(t: TestContext, options: TinyPackageOptions = {}): Promise<OrtStub> {
  const folder = await temporaryFolder(t);
  await writeTinyPackage(join(folder, 'package'), { width: 64, height: 32, ...options });
  return stubFor(folder, await readModelPackage(join(folder, 'package')));
}

/** Builds the stub into a folder, for a model whose depth it gives, and sets its variables. */
export async function stubFor(folder: string, model: LoadedModelPackage): Promise<OrtStub> {
  const { height, width, channels } = model.package.input;
  const engine = await openOrtNode(model, { provider: 'cpu', threads: 1 });
  const { depthM } = await engine.infer(Uint8Array.from(goldenInput(height, width, channels)));
  await engine.close();
  const log = join(folder, 'calls.txt');
  await writeFile(join(folder, 'depth.f32'), depthM);
  const variables = {
    ORT_STUB_LOG: log,
    ORT_STUB_DEPTH: join(folder, 'depth.f32'),
    ORT_STUB_INPUT: model.package.input.name,
    ORT_STUB_OUTPUT: model.package.output.name,
    ORT_STUB_SHAPE: `${height} ${width} ${channels === 'RGB' ? 3 : 4}`,
  };
  Object.assign(process.env, variables);
  const behave: OrtStub['behave'] = ({ fail = '', engine: kind = '' }) => {
    process.env.ORT_STUB_FAIL = fail;
    process.env.ORT_STUB_ENGINE = kind;
  };
  behave({});
  return {
    library: buildStub(folder),
    model,
    folder,
    behave,
    async calls() {
      const text = await readFile(log, 'utf8').catch(() => '');
      await rm(log, { force: true });
      return text.split('\n').filter((line) => line !== '');
    },
  };
}
