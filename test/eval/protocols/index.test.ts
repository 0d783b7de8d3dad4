import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../../src/base/paths.js';
import type { StereoSource } from '../../../src/data/sample.js';
import { evaluateByRules } from '../../../src/eval/evaluate.js';
import { protocols } from '../../../src/eval/protocols/index.js';
import type { Protocol } from '../../../src/eval/protocols/protocol.js';
import { metricOf, rowOf } from '../../../src/eval/tables.js';
import { tableFindings } from '../../support/table-guard.js';
import { tinySample } from '../../support/tiny-pairs.js';

test('every protocol stands in the table, and every line of the table is a protocol of a file beside it', async () => {
  const findings = await tableFindings({
    folder: 'src/eval/protocols',
    entries: protocols,
    shared: ['protocol.ts'],
    isEntry: (_, value) => typeof value === 'object' && value !== null && 'variants' in value,
  });
  assert.deepEqual(findings, []);
});

/** One pair whose truth has everything a protocol may ask for. */
const sample = (() => {
  const pair = tinySample(2);
  const foregroundLeft = { ...pair.left, data: new Uint8Array(pair.left.width * pair.left.height) };
  foregroundLeft.data.fill(1, 0, foregroundLeft.data.length / 2);
  return { visibleLeft: { ...foregroundLeft, data: foregroundLeft.data.map(() => 1) }, foregroundLeft, ...pair };
})();
const source: StereoSource = {
  spec: { kind: 'kitti-2015', folder: 'in memory' },
  length: 1,
  fingerprint: 'test',
  imagesFingerprint: 'test',
  idAt: () => sample.id,
  read: async () => sample,
};

const docs = join(packageRoot(), 'docs');
const manual = readdirSync(docs, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.md'))
  .map((path) => readFileSync(join(docs, path), 'utf8'))
  .join('\n');

for (const [name, protocol] of Object.entries(protocols) as [string, Protocol][]) {
  test(`${name}: measures all that it reports, orders images by one of it, and is in the manual`, async () => {
    const { columns, variants, worstBy } = protocol;
    assert.ok(columns.includes(worstBy), `worstBy: expected one of ${columns.join(', ')}, found ${worstBy}`);
    assert.equal(new Set(variants.map(({ label }) => label)).size, variants.length, 'two variants of one label');
    assert.ok(new RegExp(`\\b${name}\\b`).test(manual), `docs: nothing about ${name}`);
    // Wrong by a tenth, so that no metric is undefined and none is perfect.
    const predict = async () => ({ ...sample.disparityLeft!, data: sample.disparityLeft!.data.map((d) => d * 1.1) });
    const rules = variants.map((variant) => variant.rules);
    for (const evaluation of await evaluateByRules(source, predict, rules)) {
      const row = rowOf(name, evaluation);
      for (const column of columns) assert.ok(Number.isFinite(metricOf(row, column)), `${column} is not measured`);
    }
  });
}
