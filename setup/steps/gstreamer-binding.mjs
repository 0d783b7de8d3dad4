import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { outputOf, root, SetupError } from '../context.mjs';
import { installAddon, isAddonInstalled } from '../native-addon.mjs';

const libraries = ['gstreamer-1.0', 'gstreamer-app-1.0', 'gstreamer-video-1.0'];

/** The native half of gstreamer-superficial, which the capture process runs on. */
export const gstreamerBindingStep = {
  name: 'GStreamer binding',
  does: 'build gstreamer-superficial',
  wayOut:
    'Check that `pkg-config --modversion gstreamer-app-1.0` prints a version: the headers of GStreamer must be there.',

  isDone() {
    return isAddonInstalled(gstreamerAddon());
  },

  async run(_options, say) {
    await installAddon(gstreamerAddon(), say);
  },
};

function gstreamerAddon() {
  const folder = join(root, 'node_modules', 'gstreamer-superficial');
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const gstreamerVersion = outputOf('pkg-config', ['--modversion', 'gstreamer-1.0']);
  if (gstreamerVersion === undefined) {
    throw new SetupError('pkg-config knows no gstreamer-1.0', gstreamerBindingStep.wayOut);
  }
  return {
    // Unlike Node-API, nan binds to one ABI of Node.
    key: `gstreamer-superficial-${version}-gstreamer-${gstreamerVersion}-node-abi${process.versions.modules}`,
    folder,
    installedPath: join(folder, 'build', 'Release', 'gstreamer-superficial.node'),
    sources: readdirSync(folder)
      .filter((name) => name.endsWith('.cpp'))
      .sort(),
    flags: [
      '-DNODE_GYP_MODULE_NAME=gstreamer_superficial',
      '-Wno-cast-function-type',
      `-I${join(dirname(folder), 'nan')}`,
      ...pkgConfig('--cflags'),
    ],
    libraries: pkgConfig('--libs'),
    check: "console.log(typeof new (require('gstreamer-superficial').Pipeline)('fakesrc ! fakesink').play)",
  };
}

function pkgConfig(what) {
  return outputOf('pkg-config', [what, ...libraries])?.split(/\s+/) ?? [];
}
