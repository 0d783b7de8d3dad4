import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, root, runLogged, SetupError, textOf } from '../context.mjs';

/** npm packages, exactly as package-lock.json has them. */
export const npmStep = {
  name: 'npm packages',
  does: 'npm ci, without install scripts',
  wayOut: 'Check that `npm ping` works (registry, proxy, certificates), then set up again.',

  isDone({ runtimeOnly }) {
    return firstDifference(runtimeOnly) === undefined;
  },

  async run({ runtimeOnly }, say) {
    const npm = findProgram('npm');
    if (npm === undefined) throw new SetupError('npm is not on the PATH', 'Install npm; it comes with Node.');
    const folder = join(root, 'node_modules');
    // npm ci begins by emptying the folder, and would follow the link to somebody else's.
    if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) {
      throw new SetupError(
        `node_modules is a link to ${readlinkSync(folder)}, which lacks something: ${firstDifference(runtimeOnly)}`,
        'Set up the clone that it belongs to, or remove the link to get packages of its own.',
      );
    }
    if (existsSync(folder)) say(firstDifference(runtimeOnly));
    // Install scripts stay off: those of tfjs-node-gpu and onnxruntime-node download from hosts that are often blocked,
    // and the later steps build what has to be built. NODE_ENV=production must not leave the tests' packages out.
    const which = runtimeOnly ? '--omit=dev' : '--include=dev';
    await runLogged(npm, ['ci', which, '--ignore-scripts', '--no-audit', '--no-fund'], npmStep.wayOut);
  },
};

/**
 * What node_modules lacks against package-lock.json, in words; undefined if nothing. npm records what it has installed in
 * node_modules/.package-lock.json; packages of other platforms are optional, and a full installation also serves for
 * the runtime.
 */
function firstDifference(runtimeOnly) {
  const wanted = JSON.parse(textOf(join(root, 'package-lock.json')) ?? '{}').packages ?? {};
  const recorded = textOf(join(root, 'node_modules', '.package-lock.json'));
  if (recorded === undefined) return 'nothing is installed yet';
  const installed = JSON.parse(recorded).packages ?? {};
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || (runtimeOnly && entry.dev)) continue;
    const found = installed[path];
    if (found === undefined) {
      if (entry.optional || entry.peer) continue;
      return `${path} is missing`;
    }
    if (found.version !== entry.version) return `${path}: expected ${entry.version}, found ${found.version}`;
    if (!existsSync(join(root, path, 'package.json'))) return `${path} is damaged`;
  }
  return undefined;
}
