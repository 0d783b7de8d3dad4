import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cacheFolder, fillFolder, findProgram, pins, root, runLogged, SetupError, textOf } from '../context.mjs';

/** Where tfjs-node-gpu looks for libtensorflow: a link to the folder that this step fills. */
export const tfjsFolder = join(root, 'node_modules', '@tensorflow', 'tfjs-node-gpu');

/**
 * TensorFlow's C library. The installer of tfjs-node-gpu would download version 2.9.1, which knows no current GPU, from a
 * host that is often blocked. The Python wheel carries the same library and headers and comes from PyPI.
 */
export const libtensorflowStep = {
  name: 'libtensorflow',
  does: "take TensorFlow's C library out of its Python wheel",
  training: true,
  wayOut: 'Check that `python3 -m pip download --no-deps pip` works (index, proxy, certificates), then set up again.',

  isDone() {
    return isLibtensorflowFetched();
  },

  async run(_options, say) {
    const { folder, wheel, variant } = chosenLibtensorflow();
    const python = findProgram('python3');
    if (python === undefined) throw new SetupError('python3 is not on the PATH', 'Install Python 3 with pip.');
    if (variant.startsWith('cpu') && existsSync('/proc/driver/nvidia/version')) {
      say('an NVIDIA GPU is here: CYCLOPS_TENSORFLOW=gpu npm run setup fetches the build that can use it');
    }
    await fillFolder(folder, async (temporary) => {
      say(`downloading ${wheel.package} ${pins.libtensorflow.version}, ${wheel.megabytes} MB`);
      await runLogged(python, pipArguments(wheel, temporary), libtensorflowStep.wayOut);
      const file = readdirSync(temporary).find((name) => name.endsWith('.whl'));
      if (file === undefined) throw new SetupError('pip has downloaded no wheel', libtensorflowStep.wayOut);
      await checkHash(join(temporary, file), wheel.sha256);
      say('unpacking');
      const unpack = join(root, 'setup', 'steps', 'unpack-wheel.py');
      await runLogged(python, [unpack, join(temporary, file), temporary], 'Check that the disk has 1.2 GB free.');
      symlinkSync('libtensorflow_cc.so.2', join(temporary, 'lib', 'libtensorflow.so'));
      symlinkSync('libtensorflow_framework.so.2', join(temporary, 'lib', 'libtensorflow_framework.so'));
    });
  },
};

/** Whether the library is in the user's cache folder. */
export function isLibtensorflowFetched() {
  return ['libtensorflow.so', 'libtensorflow_framework.so'].every((name) =>
    existsSync(join(chosenLibtensorflow().folder, 'lib', name)),
  );
}

/**
 * The build for this machine: as CYCLOPS_TENSORFLOW says or last said, else the CPU's.
 * @returns {{ folder: string, variant: string, wheel: { package: string, platform: string, megabytes: number, sha256: string } }}
 * @throws {SetupError} where there is none.
 */
export function chosenLibtensorflow() {
  const { version, wheels } = pins.libtensorflow;
  const kind = process.env.CYCLOPS_TENSORFLOW || textOf(choicePath)?.trim() || 'cpu';
  const variant = `${kind}-${process.arch}`;
  const wheel = wheels[variant];
  if (wheel === undefined) {
    throw new SetupError(
      `there is no TensorFlow build "${variant}"; known are ${Object.keys(wheels).join(', ')}`,
      'Set CYCLOPS_TENSORFLOW to cpu or gpu, or leave training out: npm run setup -- --runtime-only',
    );
  }
  return { folder: join(cacheFolder, 'libtensorflow', `${version}-${variant}`), variant, wheel };
}

/** The choice between CPU and GPU holds for all clones of this user, until it is made anew. */
const choicePath = join(cacheFolder, 'libtensorflow', 'choice');

/** Keeps what CYCLOPS_TENSORFLOW says for later runs. */
export function keepChoice() {
  const kind = process.env.CYCLOPS_TENSORFLOW;
  if (kind) writeFileSync(choicePath, `${kind}\n`);
}

/** The same file whatever Python this is: the C library in the wheels does not differ, their hashes do. */
function pipArguments(wheel, folder) {
  const { version, python } = pins.libtensorflow;
  const tag = ['--implementation', 'cp', '--python-version', python, '--abi', `cp${python.replace('.', '')}`];
  const what = ['--no-deps', '--only-binary=:all:', '--platform', wheel.platform, ...tag];
  const how = ['--no-cache-dir', '--disable-pip-version-check', '--progress-bar', 'off', '--dest', folder];
  return ['-m', 'pip', 'download', ...what, ...how, `${wheel.package}==${version}`];
}

async function checkHash(path, expected) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  const found = hash.digest('hex');
  if (found !== expected) {
    throw new SetupError(
      `${basename(path)}: expected sha256 ${expected}, found ${found}`,
      'The package index does not serve the file that setup/pins.json names. Do not use it before you know why.',
    );
  }
}
