// Sets cyclops up on a bare Linux machine that has Node >= 20.9, Python 3 with pip and a C++ compiler:
//
//   npm run setup                      everything (training, tests, streaming)
//   npm run setup -- --runtime-only    only what `cyclops run` needs (a Jetson)
//
// Every step is skipped when it is already done, so this costs about a second when nothing changed.
import { logPath, SetupError, withSignOfLife } from './context.mjs';
import { buildStep } from './steps/build.mjs';
import { debianStep } from './steps/debian.mjs';
import { gstreamerBindingStep } from './steps/gstreamer-binding.mjs';
import { libtensorflowStep } from './steps/libtensorflow.mjs';
import { npmStep } from './steps/npm.mjs';
import { onnxCheckerStep } from './steps/onnx-checker.mjs';
import { tfjsBindingStep } from './steps/tfjs-binding.mjs';

/** In the order they need each other; a step without `training` is also done with --runtime-only. */
const steps = [
  debianStep,
  npmStep,
  gstreamerBindingStep,
  libtensorflowStep,
  tfjsBindingStep,
  onnxCheckerStep,
  buildStep,
];

const help = `Sets up everything cyclops needs; what is there already is skipped.

Usage: node setup/main.mjs [options]      (npm run setup -- [options])

Options:
  --runtime-only   leave out everything of training: no TensorFlow, no development packages
  --quiet          print only what has to be done, and errors
  -h, --help       this text

Steps:
${steps.map((step) => `  ${step.name.padEnd(20)}${step.does}${step.training ? ' (not with --runtime-only)' : ''}`).join('\n')}

Environment:
  CYCLOPS_TENSORFLOW=gpu   TensorFlow with CUDA instead of the CPU build (x86-64 with an NVIDIA driver); =cpu goes back
  XDG_CACHE_HOME           where downloads and built artefacts are kept (default ~/.cache), in the folder cyclops
`;

/** @returns {Promise<number>} the exit code. */
async function main(argv) {
  const unknown = argv.find((argument) => !['--runtime-only', '--quiet', '--help', '-h'].includes(argument));
  if (unknown !== undefined) {
    process.stderr.write(`cyclops set-up: unknown option "${unknown}"; see node setup/main.mjs --help\n`);
    return 2;
  }
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(help);
    return 0;
  }
  const options = { runtimeOnly: argv.includes('--runtime-only') };
  const say = (text) => process.stdout.write(text);
  const sayIfLoud = argv.includes('--quiet') ? () => undefined : say;
  const todo = steps.filter((step) => !(options.runtimeOnly && step.training));
  const startedAt = Date.now();

  sayIfLoud(`Setting up cyclops${options.runtimeOnly ? ' (runtime only)' : ''} with Node ${process.versions.node}\n`);
  const fault = machineFault();
  if (fault !== undefined) {
    process.stderr.write(`\ncyclops set-up: ${fault}\n`);
    return 1;
  }
  for (const [index, step] of todo.entries()) {
    const title = `[${index + 1}/${todo.length}] ${step.name}: `;
    try {
      if (await step.isDone(options)) {
        sayIfLoud(`${title}already there\n`);
        continue;
      }
      say(`${title}${step.does} ...\n`);
      const stepStartedAt = Date.now();
      const sayLine = (text) => say(`      ${text}\n`);
      await withSignOfLife(sayLine, () => step.run(options, sayLine));
      say(`      done in ${seconds(stepStartedAt)}\n`);
    } catch (error) {
      process.stderr.write(failureText(step, error));
      return 1;
    }
  }
  sayIfLoud(`Set up in ${seconds(startedAt)}\n`);
  return 0;
}

/** Why set-up cannot even begin here, and the way out; undefined if it can. */
function machineFault() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (process.platform !== 'linux') return `cyclops runs on Linux (a container will do), this is ${process.platform}`;
  if (major > 20 || (major === 20 && minor >= 9)) return undefined;
  return `Node >= 20.9 is needed, this is ${process.versions.node}; install a current one (20 and 22 are tried)`;
}

function seconds(startedAt) {
  return `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
}

function failureText(step, error) {
  if (error instanceof SetupError) {
    return `\ncyclops set-up: ${step.name}: ${error.message}\n\n  What to do: ${error.wayOut}\n  Whole log: ${logPath}\n`;
  }
  const text = error instanceof Error ? error.message : String(error);
  return `\ncyclops set-up: ${step.name}: ${text}\n\n  What to do: ${step.wayOut}\n  Whole log: ${logPath}\n`;
}

process.exitCode = await main(process.argv.slice(2));
