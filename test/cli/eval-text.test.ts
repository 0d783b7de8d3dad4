import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skippedLines } from '../../src/cli/eval-text.js';

test('equal reasons to skip a pair are one line with their number', () => {
  const skipped = [1, 2, 3, 4, 5].map((n) => ({ id: `pair-${n}`, reason: n === 3 ? 'no truth' : 'nothing predicted' }));
  assert.deepEqual(skippedLines(skipped), [
    'skipped 4 pairs: nothing predicted (pair-1, pair-2, pair-4, ...)',
    'skipped 1 pair: no truth (pair-3)',
  ]);
  assert.deepEqual(skippedLines([]), []);
});
