import { lstatSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from '../context.mjs';
import { installAddon, isAddonInstalled } from '../native-addon.mjs';
import { chosenLibtensorflow, keepChoice, tfjsFolder } from './libtensorflow.mjs';

/** The native half of tfjs-node-gpu, built against that libtensorflow. */
export const tfjsBindingStep = {
  name: 'TensorFlow binding',
  does: 'link libtensorflow into tfjs-node-gpu and build its native part',
  training: true,
  wayOut: 'Remove node_modules and the folder cyclops in your cache folder, then set up again.',

  isDone() {
    return linkTarget() === chosenLibtensorflow().folder && isAddonInstalled(tfjsAddon());
  },

  async run(_options, say) {
    const { folder } = chosenLibtensorflow();
    if (linkTarget() !== folder) {
      rmSync(join(tfjsFolder, 'deps'), { recursive: true, force: true });
      symlinkSync(folder, join(tfjsFolder, 'deps'));
    }
    const version = await installAddon(tfjsAddon(), say);
    keepChoice();
    say(`TensorFlow ${version} loads`);
  },
};

function linkTarget() {
  const deps = join(tfjsFolder, 'deps');
  return lstatSync(deps, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(deps) : undefined;
}

function tfjsAddon() {
  const { folder, variant } = chosenLibtensorflow();
  const { version, binary } = JSON.parse(readFileSync(join(tfjsFolder, 'package.json'), 'utf8'));
  // tfjs looks for the newest Node-API version that both it and this Node know.
  const napi = Math.max(...binary.napi_versions.filter((candidate) => candidate <= Number(process.versions.napi)));
  if (!Number.isFinite(napi)) throw new SetupError('this Node knows no Node-API version of tfjs', 'Use Node 20 or 22.');
  return {
    key: `tfjs-${version}-libtensorflow-${variant}-napi${napi}`,
    folder: tfjsFolder,
    installedPath: join(tfjsFolder, 'lib', `napi-v${napi}`, 'tfjs_binding.node'),
    sources: ['binding/tfjs_backend.cc', 'binding/tfjs_binding.cc'],
    flags: [`-DNAPI_VERSION=${napi}`, '-DNODE_GYP_MODULE_NAME=tfjs_binding', `-I${join(folder, 'include')}`],
    libraries: [
      `-L${join(folder, 'lib')}`,
      '-ltensorflow',
      '-ltensorflow_framework',
      '-Wl,-rpath,$ORIGIN/../../deps/lib',
    ],
    check: "console.log(require('@tensorflow/tfjs-node-gpu').backend().binding.TF_Version)",
  };
}
