import { CyclopsError } from '../src/base/errors.js';
import { formatTable } from '../src/base/format.js';
import { Random } from '../src/base/random.js';
import type { Bench } from './measure.js';

const defaultFiles = 100_000;

/** Mutated ONNX and model.json files: every one is read or refused in one sentence, within bounded time and memory. */
export const bench: Bench = {
  name: 'fuzz-model',
  question: 'Does any of 100000 mutated ONNX and model.json files do more than be read or refused?',
  async run() {
    const files = Number(process.env.CYCLOPS_FUZZ_FILES ?? defaultFiles);
    if (!Number.isInteger(files) || files < 1) {
      throw new CyclopsError('USAGE_INVALID', `CYCLOPS_FUZZ_FILES: expected a number of files, found ${files}`);
    }
    const { fuzzOnce } = await import('./fuzz/fuzz.js');
    const { fuzzTargets } = await import('./fuzz/targets.js');
    const targets = fuzzTargets();
    const rows: string[][] = [];
    let faults = 0;
    let slowestMs = 0;
    let largestBytes = 0;
    for (const target of targets) {
      const counts = { read: 0, refused: 0, fault: 0 };
      for (let seed = 0; seed < Math.ceil(files / targets.length); seed++) {
        const before = process.cpuUsage();
        const outcome = fuzzOnce(target, Random.fromSeed(seed, `fuzz/${target.name}`));
        const { user, system } = process.cpuUsage(before);
        slowestMs = Math.max(slowestMs, (user + system) / 1000);
        counts[outcome.kind]++;
        if (outcome.kind === 'fault') process.stdout.write(`${target.name} seed ${seed}: ${outcome.text}\n`);
        if (seed % 1000 === 0) largestBytes = Math.max(largestBytes, process.memoryUsage().rss);
      }
      faults += counts.fault;
      rows.push([target.name, String(target.bytes.length), ...Object.values(counts).map(String)]);
    }
    process.stdout.write(`${formatTable(['file', 'bytes', 'read', 'refused', 'faults'], rows)}\n`);
    return {
      headline: `faults over ${files} mutated files`,
      value: faults,
      unit: 'files',
      target: { op: '<=', value: 0 },
      details: { files, slowestMs, residentMiB: Math.round(largestBytes / 2 ** 20) },
    };
  },
};
