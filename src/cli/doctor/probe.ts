import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** No probe is near this; one that hangs (a driver, a dead network mount) must not hang the doctor. */
const timeoutMs = 60_000;

/** What a probe process has told, or why it could not. */
export type ProbeAnswer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/** The trimmed output of a command, or undefined where it is missing or fails. */
export async function commandOutput(command: string, args: readonly string[]): Promise<string | undefined> {
  return promisify(execFile)(command, [...args], { timeout: timeoutMs, maxBuffer: 16 * 1024 * 1024 }).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
}

/**
 * The package.json of an npm package, as this program would find it: beside it in a clone, above it where it is a package
 * itself. Undefined where it is not installed.
 */
export function packageManifest(name: string): string | undefined {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  return folders.map((folder) => join(folder, name, 'package.json')).find(existsSync);
}

/**
 * Runs a probe file in a process of its own, because a native library that does not fit this
 * machine may end the process that loads it: here that is an answer. The probe prints one JSON value as its last line.
 */
export async function runProbe<T>(file: URL): Promise<ProbeAnswer<T>> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(file)], { timeout: timeoutMs });
    return { ok: true, value: JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T };
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  const { signal, killed, stderr, message } = error as {
    readonly signal?: string | null;
    readonly killed?: boolean;
    readonly stderr?: string;
    readonly message?: string;
  };
  if (killed === true) return `gave no answer in ${timeoutMs / 1000} s`;
  if (signal !== undefined && signal !== null) return `crashed (${signal})`;
  const lines = (stderr ?? '').split('\n');
  const line =
    lines.find((text) => /^\s*(?:\w*Error|\[?cause)\b.*:/.test(text)) ?? lines.find((text) => text.trim() !== '');
  return (line ?? message ?? 'failed').trim().slice(0, 300);
}
