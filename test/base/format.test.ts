import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBytes, formatDuration, formatTable } from '../../src/base/format.js';

test('tables align numbers to the right and words to the left', () => {
  const table = formatTable(
    ['stage', 'p50 ms', 'note'],
    [
      ['infer', 12.5, 'worker'],
      ['publish', 3, ''],
    ],
  );
  assert.equal(
    table,
    ['stage    p50 ms  note', '-------  ------  ------', 'infer      12.5  worker', 'publish       3'].join('\n'),
  );
});

test('durations for people', () => {
  const cases: [number, string][] = [
    [0, '0 ms'],
    [999, '999 ms'],
    [4249, '4.2 s'],
    [59_990, '1 min 00 s'],
    [200_000, '3 min 20 s'],
    [5 * 3_600_000 + 4 * 60_000, '5 h 04 min'],
    [51 * 3_600_000, '2 d 03 h'],
    [Number.NaN, '?'],
    [Number.POSITIVE_INFINITY, '?'],
  ];
  for (const [ms, text] of cases) assert.equal(formatDuration(ms), text);
});

test('bytes for people', () => {
  assert.equal(formatBytes(512), '512 B');
  assert.equal(formatBytes(1536), '1.5 KiB');
  assert.equal(formatBytes(15 * 1024 * 1024), '15.0 MiB');
});
