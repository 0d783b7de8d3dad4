import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../../src/base/paths.js';
import { evaluateDisparity } from '../../../src/eval/evaluate.js';
import { protocols } from '../../../src/eval/protocols/index.js';
import type { Protocol } from '../../../src/eval/protocols/protocol.js';
import { columns, metricOf } from '../../../src/eval/tables.js';
import { tableFindings } from '../../support/table-guard.js';
import { tinySource } from '../../support/tiny-pairs.js';

test('every protocol stands in the table, and every line of the table is a protocol of a file beside it', async () => {
  const findings = await tableFindings({
    folder: 'src/eval/protocols',
    entries: protocols,
    shared: ['protocol.ts'],
    isEntry: (_, value) => typeof value === 'object' && value !== null && 'variants' in value,
  });
  assert.deepEqual(findings, []);
});

const manual = readFileSync(join(packageRoot(), 'docs', 'evaluation.md'), 'utf8');

for (const [name, protocol] of Object.entries(protocols) as [string, Protocol][]) {
  test(`${name}: measures what it reports, orders images by one of its metrics, and is in the manual`, async () => {
    assert.ok(protocol.columns.includes(protocol.worstBy), 'worstBy is one of the columns');
    assert.equal(new Set(protocol.variants.map(({ label }) => label)).size, protocol.variants.length);
    assert.ok(manual.includes(`\`${name}\``), `docs/evaluation.md does not name ${name}`);
    for (const column of protocol.columns) assert.ok(Object.hasOwn(columns, column), column);
  });
}
