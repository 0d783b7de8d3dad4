import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TableRow } from '../../src/eval/tables.js';
import { formatTable } from '../../src/eval/tables.js';

const row: TableRow = {
  name: 'street, seed 9',
  images: 16,
  depth: {
    absRel: 0.1234,
    sqRel: 1,
    rmse: 4.5,
    rmseLog: 0.2,
    silog: 17.125,
    sqErrorRel: 3,
    iRmse: 12,
    log10: 0.05,
    log10Rms: 0.1,
    delta1: 0.9,
    delta2: 0.95,
    delta3: 1,
  },
  disparity: {
    pixels: 100,
    epePx: 1.725,
    d1: 0.0801,
    d1Fg: Number.NaN,
    d1Bg: Number.NaN,
    bad1: 0.5,
    bad2: 0.25,
    bad3: 0.125,
  },
};

test('Markdown has a rule, columns to the right and every metric', () => {
  const [header, rule, line] = formatTable([row], 'markdown').split('\n');
  assert.match(header!, /^\| method +\| images \| Abs Rel \|/);
  assert.match(rule!, /^\| -+ \| -+: \|/);
  assert.match(
    line!,
    /^\| street, seed 9 \| +16 \| +0\.123 \| +1\.000 \| +4\.500 \|.* 8\.01 \| +1\.7[23] \| +50\.00 \|/,
  );
  assert.equal(header!.length, line!.length);
});

test('CSV quotes names with commas, absent metrics are a dash', () => {
  const [header, line] = formatTable([{ ...row, depth: undefined }], 'csv').split('\n');
  assert.equal(header!.split(',').length, 15);
  assert.match(line!, /^"street, seed 9",16,-,-,/);
});

test('text columns line up', () => {
  const lines = formatTable([row, { ...row, name: 'x' }], 'table').split('\n');
  assert.equal(new Set(lines.map((line) => line.length)).size, 1);
  assert.equal(lines.length, 3);
  assert.match(lines[2]!, /^x {14,}16 +0\.123 /);
});

test('CSV: a quote is doubled, a line break stays within its cell, other names are bare', () => {
  const cellOf = (name: string) =>
    formatTable([{ ...row, name }], 'csv')
      .split('\n')
      .slice(1)
      .join('\n')
      .split(',16,')[0];
  assert.equal(cellOf('the "near" set'), '"the ""near"" set"');
  assert.equal(cellOf('two\nlines'), '"two\nlines"');
  assert.equal(cellOf('street'), 'street');
});
