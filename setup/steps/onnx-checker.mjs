import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, fillFolder, findProgram, outputOf, pins, runLogged, sizeOf, textOf } from '../context.mjs';

const parent = join(cacheFolder, 'onnx-checker');
const wanted = `${pins.onnxChecker.requirements.join('\n')}\n`;

/**
 * The official ONNX checker, a Python package, for the tests alone. Nothing else needs it, so that a machine that cannot
 * fetch it is set up all the same: the tests that want it then say so and are skipped.
 */
export const onnxCheckerStep = {
  name: 'ONNX checker',
  does: 'fetch the official checker of ONNX files, for the tests',
  training: true,
  wayOut: 'Nothing to do: only two tests are skipped without it.',

  isDone() {
    return findProgram('python3') === undefined || isFetched(folderFor(pythonTag())) || hasJustFailed();
  },

  async run(_options, say) {
    const python = findProgram('python3');
    say(`downloading ${pins.onnxChecker.requirements[0]} and what it needs, ${pins.onnxChecker.megabytes} MB`);
    try {
      await fillFolder(folderFor(pythonTag()), async (temporary) => {
        await runLogged(python, pipArguments(temporary), onnxCheckerStep.wayOut);
        writeFileSync(join(temporary, 'requirements.txt'), wanted);
      });
      rmSync(failurePath, { force: true });
    } catch (error) {
      mkdirSync(parent, { recursive: true });
      writeFileSync(failurePath, `${Date.now()}\n`);
      say(`left out, the tests that use it will be skipped; tried again tomorrow: ${error.message.split('\n')[0]}`);
    }
  },
};

/** Compiled parts of one Python do not load in another. */
function folderFor(tag) {
  return join(parent, tag);
}

function pythonTag() {
  return outputOf('python3', ['-S', '-c', 'import sys; print(sys.implementation.cache_tag)']) ?? 'none';
}

function isFetched(folder) {
  return (
    textOf(join(folder, 'requirements.txt')) === wanted && sizeOf(join(folder, 'onnx', '__init__.py')) !== undefined
  );
}

const failurePath = join(parent, 'failed-at');

/** Without a network every set-up would wait for it again. */
function hasJustFailed() {
  return existsSync(failurePath) && Date.now() - Number(textOf(failurePath)) < 24 * 3600 * 1000;
}

/** A folder of its own: neither the system's Python nor the user's packages change. */
function pipArguments(folder) {
  const how = ['--no-cache-dir', '--disable-pip-version-check', '--progress-bar', 'off', '--retries', '1'];
  const what = ['--only-binary=:all:', '--no-deps', '--target', folder, ...pins.onnxChecker.requirements];
  return ['-m', 'pip', 'install', ...how, '--timeout', '15', ...what];
}
