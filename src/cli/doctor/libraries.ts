import { fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { commandOutput, packageManifest, runProbe } from './probe.js';
import type { Finding } from './report.js';

const setUpAgain = 'set up again with npm run setup (docs/setup.md tells what else may help)';
const setUpAnew = 'remove node_modules and set up again with npm run setup';

/** TensorFlow, which only training needs. */
export async function examineTensorflow(): Promise<Finding> {
  const part = 'TensorFlow';
  if (packageManifest('@tensorflow/tfjs-node-gpu') === undefined) {
    return {
      part,
      state: 'absent',
      found: 'not installed, only needed for training',
      todo: 'to train on this machine: npm run setup',
    };
  }
  const answer = await runProbe<{ version: string; tfjs: string; isUsingGpu: boolean; isRight: boolean }>(
    new URL('./probe-tensorflow.js', import.meta.url),
  );
  if (!answer.ok) {
    return { part, state: 'gap', found: 'does not load', todo: `${answer.reason}; ${setUpAgain}` };
  }
  const { version, tfjs, isUsingGpu, isRight } = answer.value;
  const found = `${version} (tfjs ${tfjs}), device ${isUsingGpu ? 'GPU' : 'CPU'}`;
  if (!isRight) {
    return {
      part,
      state: 'gap',
      found: `${found}: computes wrong gradients`,
      todo: setUpAnew,
    };
  }
  const hasIdleGpu = !isUsingGpu && (await commandOutput('nvidia-smi', ['-L'])) !== undefined;
  const todo = 'training could use the NVIDIA GPU: CYCLOPS_TENSORFLOW=gpu npm run setup (see docs/setup.md)';
  return { part, state: 'ok', found, details: { ...answer.value }, ...(hasIdleGpu ? { todo } : {}) };
}

/** ONNX Runtime and its execution providers, which every stream needs. */
export async function examineOnnxRuntime(): Promise<Finding> {
  const part = 'ONNX Runtime';
  const answer = await runProbe<{ version: string; providers: readonly { name: string; isBundled: boolean }[] }>(
    new URL('./probe-onnxruntime.js', import.meta.url),
  );
  if (!answer.ok) return { part, state: 'gap', found: 'does not load', todo: `${answer.reason}; ${setUpAgain}` };
  const { version, providers } = answer.value;
  const names = (isBundled: boolean) =>
    providers.filter((provider) => provider.isBundled === isBundled).map(({ name }) => name);
  const others = names(false);
  const found = `${version}, execution providers ${names(true).join(', ')}`;
  return {
    part,
    state: 'ok',
    found: others.length === 0 ? found : `${found} (not in this build: ${others.join(', ')})`,
    details: { version, providers },
  };
}

/** sharp, which reads and writes images. */
export async function examineSharp(): Promise<Finding> {
  const part = 'sharp';
  const answer = await runProbe<{ isRight: boolean }>(new URL('./probe-sharp.js', import.meta.url));
  if (!answer.ok) return { part, state: 'gap', found: 'does not work', todo: `${answer.reason}; ${setUpAgain}` };
  if (!answer.value.isRight) return { part, state: 'gap', found: 'changes images', todo: setUpAnew };
  return { part, state: 'ok', found: await versionOf('sharp') };
}

/** gstreamer-superficial: the capture process itself is started, and says when the binding is loaded. */
export async function examineGstreamerBinding(): Promise<Finding> {
  const part = 'gstreamer-superficial';
  const reason = await captureProcessFault();
  if (reason === undefined) return { part, state: 'ok', found: await versionOf('gstreamer-superficial') };
  return { part, state: 'gap', found: 'the capture process does not start', todo: `${reason}; ${setUpAgain}` };
}

async function captureProcessFault(): Promise<string | undefined> {
  const child = fork(fileURLToPath(new URL('../../runtime/capture/child.js', import.meta.url)), {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let words = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-2000);
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
  try {
    return await new Promise<string | undefined>((resolve) => {
      child.once('message', () => resolve(undefined));
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, signal) => {
        const line = words.split('\n').find((text) => /Error\b.*:/.test(text));
        resolve(line?.trim() ?? `ended with ${signal ?? `exit code ${code}`}`);
      });
    });
  } finally {
    clearTimeout(timer);
    if (child.connected) child.disconnect();
  }
}

async function versionOf(packageName: string): Promise<string> {
  const path = packageManifest(packageName);
  if (path === undefined) return 'unknown version';
  const { version } = JSON.parse(await readFile(path, 'utf8')) as { version?: string };
  return version ?? 'unknown version';
}
