import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { cacheFolder, fillFolder, findProgram, root, runLogged, SetupError, systemName, textOf } from './context.mjs';
import { cxxStandard, nodeHeaders } from './node-headers.mjs';

/**
 * @typedef {object} NativeAddon A native part of an npm package, with the exact way to build it.
 * @property {string} key names what it is built from (versions); the machine is added
 * @property {string} folder of its npm package
 * @property {string} installedPath where the package loads it from
 * @property {string[]} sources C++ files in that folder
 * @property {string[]} flags of the compiler
 * @property {string[]} libraries flags of the linker
 * @property {string} check JavaScript that loads it and prints something
 */

/** Whether the package holds the addon that belongs to this Node and these versions. @param {NativeAddon} addon */
export function isAddonInstalled(addon) {
  return existsSync(addon.installedPath) && textOf(keyPath(addon)) === fullKey(addon);
}

/**
 * Puts the addon into its package: the one in the user's cache if it loads, else one built now (and then kept there).
 * @param {NativeAddon} addon
 * @returns {Promise<string>} what its check printed.
 */
export async function installAddon(addon, say) {
  const kept = join(cacheFolder, 'native', fullKey(addon));
  const isKept = existsSync(join(kept, basename(addon.installedPath)));
  if (isKept) {
    const { output } = installAndLoad(addon, kept);
    if (output !== undefined) return output;
    say('the one in the cache does not load here; building it anew');
  }
  await fillFolder(kept, (folder) => build(addon, folder, say));
  const { output, error } = installAndLoad(addon, kept);
  if (output === undefined) {
    throw new SetupError(
      `${addon.installedPath} was built but does not load:\n${error}`,
      'Look at the message above; it usually names a missing library.',
    );
  }
  return output;
}

/** One compiler call: no build system is needed for a handful of files, and none has to be installed. */
async function build(addon, folder, say) {
  const compiler = process.env.CXX || findProgram('c++', 'g++', 'clang++');
  if (compiler === undefined) throw new SetupError('there is no C++ compiler', 'Install g++ or set CXX.');
  const headers = await nodeHeaders(say);
  // The language flags of Node's own build: V8 is built without RTTI, so an addon must be too.
  const flags = ['-shared', '-fPIC', '-O2', `-std=${cxxStandard(headers)}`, '-fno-rtti', '-fno-exceptions', '-w'];
  const defines = ['-DBUILDING_NODE_EXTENSION', '-DUSING_UV_SHARED=1', '-DUSING_V8_SHARED=1'];
  const output = ['-o', join(folder, basename(addon.installedPath))];
  say(`compiling ${basename(addon.installedPath)}`);
  await runLogged(
    compiler,
    [...flags, ...defines, `-I${headers}`, ...addon.flags, ...addon.sources, ...output, ...addon.libraries],
    'Look at the first error of the compiler in the log: a missing header names the package to install.',
    { cwd: addon.folder },
  );
}

/** The key is written last: an addon that is interrupted or does not load is not taken for done. */
function installAndLoad(addon, kept) {
  rmSync(keyPath(addon), { force: true });
  mkdirSync(dirname(addon.installedPath), { recursive: true });
  // Renamed into place: a process that runs on the old file keeps it.
  copyFileSync(join(kept, basename(addon.installedPath)), `${addon.installedPath}.new`);
  renameSync(`${addon.installedPath}.new`, addon.installedPath);
  const result = load(addon);
  if (result.output !== undefined) writeFileSync(keyPath(addon), fullKey(addon));
  return result;
}

/** Loads the addon in a process of its own, where even a crash is only an answer. */
function load(addon) {
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3' };
  const child = spawnSync(process.execPath, ['-e', addon.check], {
    cwd: root,
    encoding: 'utf8',
    env,
    timeout: 120_000,
  });
  if (child.status === 0) return { output: child.stdout.trim().split('\n').at(-1) ?? '' };
  return {
    error: `${child.stderr ?? ''}`.trim() || `ended with ${child.signal ?? child.error?.message ?? child.status}`,
  };
}

function fullKey(addon) {
  return `${addon.key}-${process.arch}-${systemName()}`;
}

function keyPath(addon) {
  return `${addon.installedPath}.key`;
}
