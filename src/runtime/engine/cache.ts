import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { readText, recoverFolder, writeFolderAtomic, writeJsonAtomic, writeSynced } from '../../base/files.js';
import { cacheFolder } from '../../base/paths.js';
import { type EngineInfo, engineCacheKey } from '../../model-package/tensorrt/engine-key.js';

/** Engines that are kept, the one used last included; each has some ten megabytes. */
const keptEngines = 8;

const text = z.record(z.string(), z.string());
const factsSchema = z.strictObject({
  modelSha256: z.string(),
  options: text,
  machine: z.strictObject({
    onnxruntime: z.string(),
    tensorrt: z.string(),
    cuda: z.string(),
    l4t: z.string(),
    gpu: z.string(),
    computeCapability: z.string(),
  }),
});
const manifestSchema = z.strictObject({
  format: z.literal('cyclops-engine'),
  facts: factsSchema,
  /** Every file of the entry but this one, with its SHA-256. */
  files: text,
  builtAt: z.string(),
});

/** A built engine that lies in the cache, whole. */
export interface CachedEngine {
  /** Folder that TensorRT reads it from. */
  readonly folder: string;
  readonly facts: EngineInfo;
}

/**
 * Engines by key: one folder each, with a manifest that lists every file and its digest. An entry gets its name only when
 * it is complete and its engine has given the right depth; a build that was interrupted leaves nothing that counts.
 */
export class EngineCache {
  readonly folder: string;

  constructor(folder: string = cacheFolder('engines')) {
    this.folder = folder;
  }

  /** The engine for these facts, or undefined where there is none, or a damaged one. */
  async find(facts: EngineInfo): Promise<CachedEngine | undefined> {
    return this.#read(engineCacheKey(facts));
  }

  /**
   * Fills the entry for these facts: `build` gets a folder to let TensorRT write into. The entry replaces an older one
   * only when `build` resolves.
   * @throws what `build` throws, and CyclopsError `DISK_FULL`, `WRITE_FAILED`.
   */
  async build<T>(facts: EngineInfo, build: (folder: string) => Promise<T>): Promise<T> {
    const results: T[] = [];
    const failures: unknown[] = [];
    const folder = join(this.folder, engineCacheKey(facts));
    await writeFolderAtomic(folder, async (temporary) => {
      try {
        results.push(await build(temporary));
      } catch (error) {
        failures.push(error);
        throw error;
      }
      const manifest: z.input<typeof manifestSchema> = {
        format: 'cyclops-engine',
        facts: { ...facts, options: { ...facts.options }, machine: { ...facts.machine } },
        files: await digests(temporary),
        builtAt: new Date().toISOString(),
      };
      await writeSynced(join(temporary, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    }).catch((error: unknown) => {
      // Its own error, not one of writing.
      if (failures.length > 0) throw failures[0];
      throw error;
    });
    await this.#prune(engineCacheKey(facts));
    return results[0]!;
  }

  /** Remembers that this engine gave the right depth: what a later build may be rolled back to. */
  async markGood(facts: EngineInfo): Promise<void> {
    await writeJsonAtomic(this.#goodPath(facts), { key: engineCacheKey(facts) });
  }

  /**
   * The engine that last gave the right depth for the same model on the same machine, but was built with other settings;
   * undefined where there is none.
   */
  async lastGood(facts: EngineInfo): Promise<CachedEngine | undefined> {
    const key = await this.#goodKey(facts);
    if (key === undefined || key === engineCacheKey(facts)) return undefined;
    const found = await this.#read(key);
    const fits =
      found !== undefined &&
      engineCacheKey({ ...found.facts, options: facts.options }) === engineCacheKey({ ...facts });
    return fits ? found : undefined;
  }

  async #read(key: string): Promise<CachedEngine | undefined> {
    const folder = join(this.folder, key);
    await recoverFolder(folder);
    try {
      const manifest = manifestSchema.parse(JSON.parse(await readText(join(folder, 'manifest.json'), 1024 * 1024)));
      if (engineCacheKey(manifest.facts) !== key) return undefined;
      const found = await digests(folder);
      const isWhole = Object.entries(manifest.files).every(([name, sha256]) => found[name] === sha256);
      return isWhole ? { folder, facts: manifest.facts } : undefined;
    } catch {
      // What cannot be read is built again.
      return undefined;
    }
  }

  #goodPath({ modelSha256 }: EngineInfo): string {
    return join(this.folder, `last-good-${modelSha256}.json`);
  }

  async #goodKey(facts: EngineInfo): Promise<string | undefined> {
    try {
      const { key } = z
        .strictObject({ key: z.string() })
        .parse(JSON.parse(await readText(this.#goodPath(facts), 4096)));
      return key;
    } catch {
      return undefined;
    }
  }

  /** Removes the oldest entries beyond the bound, never `current` nor one that is the last good of a model. */
  async #prune(current: string): Promise<void> {
    const names = await readdir(this.folder);
    const good = await Promise.all(
      names
        .filter((name) => name.startsWith('last-good-'))
        .map((name) => readText(join(this.folder, name), 4096).catch(() => '')),
    );
    const entries = await Promise.all(
      names
        .filter((name) => /^[0-9a-f]{64}$/.test(name))
        .map(async (name) => ({ name, time: (await stat(join(this.folder, name))).mtimeMs })),
    );
    const old = entries
      .filter(({ name }) => name !== current && !good.some((record) => record.includes(name)))
      .sort((a, b) => b.time - a.time)
      .slice(keptEngines - 1);
    for (const { name } of old) await rm(join(this.folder, name), { recursive: true, force: true });
  }
}

async function digests(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).filter((name) => name !== 'manifest.json').sort();
  const found: Record<string, string> = {};
  for (const name of names) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(folder, name)), hash);
    found[name] = hash.digest('hex');
  }
  return found;
}
