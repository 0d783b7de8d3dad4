import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// What all steps share. Plain JavaScript on Node's own modules: it runs before any package is installed.

/** A step could not be done: what happened, and what the reader can do about it. */
export class SetupError extends Error {
  /** @param {string} message @param {string} wayOut */
  constructor(message, wayOut) {
    super(message);
    this.wayOut = wayOut;
  }
}

/** The repository's root. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Downloads and built artefacts, kept across clones: `$XDG_CACHE_HOME/cyclops`, else `~/.cache/cyclops`. */
export const cacheFolder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'cyclops');

/** Versions and hashes of everything that is fetched outside of npm and Debian, which check their own. */
export const pins = JSON.parse(readFileSync(join(root, 'setup', 'pins.json'), 'utf8'));

/** The output of every command that a step runs. */
export const logPath = join(cacheFolder, 'setup.log');

/**
 * Runs a command with its output in the log.
 * @throws {SetupError} with the last lines of the output if it fails.
 */
export async function runLogged(command, args, wayOut, { cwd = root, env = {} } = {}) {
  mkdirSync(cacheFolder, { recursive: true });
  const log = openSync(logPath, 'a');
  let tail = '';
  try {
    writeSync(log, `\n$ ${[command, ...args].join(' ')}\n`);
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk) => {
      writeSync(log, chunk);
      tail = (tail + chunk.toString('utf8')).slice(-4000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const result = await new Promise((resolve) => {
      child.on('error', (error) => resolve(error.message));
      child.on('close', (code, signal) =>
        resolve(code === 0 ? undefined : `ended with ${signal ?? `exit code ${code}`}`),
      );
    });
    if (result !== undefined) {
      const lines = tail.trimEnd().split('\n').slice(-12);
      throw new SetupError(
        `${basename(command)} ${args[0] ?? ''}: ${result}\n${lines.map((line) => `    ${line}`).join('\n')}`,
        wayOut,
      );
    }
  } finally {
    closeSync(log);
  }
  return tail;
}

/**
 * Says every ten seconds that a step goes on: most are a download or a compiler, whose output is in the log alone.
 * @param {(text: string) => void} say @param {() => Promise<void>} work
 */
export async function withSignOfLife(say, work, everyMs = 10_000) {
  const startedAt = Date.now();
  const timer = setInterval(() => {
    say(`... ${Math.round((Date.now() - startedAt) / 1000)} s so far; what it says goes into ${logPath}`);
  }, everyMs);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
}

/** The trimmed output of a quick command, or undefined where it is missing or fails. */
export function outputOf(command, args) {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

/** The first of some programs that is on the PATH, as a full path. */
export function findProgram(...names) {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      if (folder !== '' && existsSync(join(folder, name))) return join(folder, name);
    }
  }
  return undefined;
}

/**
 * Fills a folder under a temporary name and then puts it in place, so that a folder of this name is always whole, even
 * where two clones are set up at once or the machine goes down.
 */
export async function fillFolder(folder, fill) {
  mkdirSync(dirname(folder), { recursive: true });
  removeAbandoned(folder);
  const temporary = mkdtempSync(`${folder}.partial-`);
  try {
    await fill(temporary);
    moveInto(temporary, folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** What a set-up that was killed left half filled, up to a gigabyte; one that is still going on is younger than a day. */
function removeAbandoned(folder) {
  const dayAgo = Date.now() - 24 * 3600 * 1000;
  for (const name of readdirSync(dirname(folder))) {
    const path = join(dirname(folder), name);
    if (!name.startsWith(`${basename(folder)}.partial-`)) continue;
    if ((statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? dayAgo) < dayAgo) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}

/** Another set-up may put its own folder there between the two calls: then once more. */
function moveInto(temporary, folder) {
  for (let attempt = 1; ; attempt++) {
    rmSync(folder, { recursive: true, force: true });
    try {
      return renameSync(temporary, folder);
    } catch (error) {
      if (error.code !== 'ENOTEMPTY' || attempt === 5) throw error;
    }
  }
}

/** The text of a small file, or undefined where there is none. */
export function textOf(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** The size of a file in bytes, or undefined where there is none. */
export function sizeOf(path) {
  try {
    return statSync(path).size;
  } catch {
    return undefined;
  }
}

/** The operating system's name and version, such as `debian-12`: built artefacts of one are not used on another. */
export function systemName() {
  const text = textOf('/etc/os-release') ?? '';
  const field = (name) => new RegExp(`^${name}="?([^"\\n]*)`, 'm').exec(text)?.[1] ?? 'unknown';
  return `${field('ID')}-${field('VERSION_ID')}`;
}
