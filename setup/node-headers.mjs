import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder, fillFolder, findProgram, runLogged, SetupError, textOf } from './context.mjs';

/**
 * The folder with Node's headers (node.h, v8.h, node_api.h). They stand beside most installations of Node; where they
 * do not, npm has them, in its package of Node itself.
 */
export async function nodeHeaders(say) {
  const prefix = dirname(dirname(process.execPath));
  const version = process.versions.node;
  const kept = join(cacheFolder, 'node-headers', `${version}-${process.arch}`);
  const folders = [prefix, process.env.npm_config_nodedir, '/usr', '/usr/local', kept];
  for (const folder of folders) {
    if (folder !== undefined && isHeaderFolder(join(folder, 'include', 'node'))) return join(folder, 'include', 'node');
  }
  say(`fetching the headers of Node ${version} from npm`);
  await fillFolder(kept, (temporary) => fetchHeaders(temporary, version));
  const headers = join(kept, 'include', 'node');
  if (!isHeaderFolder(headers)) throw new SetupError(`npm has no headers of Node ${version}`, wayOut);
  return headers;
}

const wayOut =
  "Install Node's headers (the official archives have them in include/node) and name their folder's parent: npm_config_nodedir=/path npm run setup";

/** Any release of one major version has the same binary interface, so the newest will do where this one is not there. */
async function fetchHeaders(folder, version) {
  const npm = findProgram('npm') ?? 'npm';
  const name = `node-linux-${process.arch}`;
  const pack = (wanted) =>
    runLogged(npm, ['pack', `${name}@${wanted}`, '--pack-destination', folder], wayOut, { cwd: folder });
  await pack(version).catch(() => pack(version.split('.')[0]));
  const archive = readdirSync(folder).find((file) => file.endsWith('.tgz'));
  if (archive === undefined) throw new SetupError(`npm has packed nothing for ${name}`, wayOut);
  await runLogged('tar', ['-xzf', archive, '--strip-components=1', 'package/include'], wayOut, { cwd: folder });
  await runLogged('rm', [archive], wayOut, { cwd: folder });
}

function isHeaderFolder(folder) {
  const major = /#define NODE_MAJOR_VERSION (\d+)/.exec(textOf(join(folder, 'node_version.h')) ?? '')?.[1];
  return major === process.versions.node.split('.')[0] && existsSync(join(folder, 'v8.h'));
}

/** The C++ standard that these headers are written for. */
export function cxxStandard(headers) {
  return /-std=(gnu\+\+\d+)/.exec(textOf(join(headers, 'common.gypi')) ?? '')?.[1] ?? 'gnu++17';
}
