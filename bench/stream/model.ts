import { readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { CyclopsError } from '../../src/base/errors.js';
import { packageRoot } from '../../src/base/paths.js';
import { loadNow } from '../../src/latency-bench/head.js';
import { readModelPackage } from '../../src/runtime/index.js';
import type { Json } from '../measure.js';

/**
 * The package that the streaming benchmarks run: the one in `CYCLOPS_BENCH_MODEL`, else the shipped one.
 * @throws CyclopsError `FILE_MISSING` where neither is there.
 */
export async function benchModel(): Promise<string> {
  const named = process.env.CYCLOPS_BENCH_MODEL;
  if (named !== undefined && named !== '') return named;
  const folder = join(packageRoot(), 'models');
  const names = await readdir(folder).catch(() => []);
  const name = names.sort().find((candidate) => candidate.startsWith('edge')) ?? names[0];
  if (name !== undefined) return join(folder, name);
  throw new CyclopsError(
    'FILE_MISSING',
    `${folder}: no shipped model; name a model package in CYCLOPS_BENCH_MODEL, or use cyclops bench MODEL`,
  );
}

/** What a result's details say of model and machine. Ask before anything is measured. */
export async function benchHead(model: string): Promise<Readonly<Record<string, Json>>> {
  const { package: facts } = await readModelPackage(model);
  const { width, height } = facts.input;
  return {
    model: `${facts.name} ${width}x${height} ${facts.onnx.sha256.slice(0, 12)}`,
    cores: availableParallelism(),
    loadBefore: loadNow(),
  };
}
