import { availableParallelism } from 'node:os';
import { loadNow } from '../../src/latency-bench/head.js';
import { readModelPackage } from '../../src/runtime/index.js';
import type { Json } from '../measure.js';

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
