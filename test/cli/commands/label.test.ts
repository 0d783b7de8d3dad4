import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cyclops } from '../../support/command.js';

for (const [options, message] of [
  [['--worker'], /--worker: expected --queue URL beside it \[USAGE_INVALID\]/],
  [['--worker', '--refine', '--queue', 'redis://localhost'], /--refine: goes with the order; .* \[USAGE_INVALID\]/],
] as const) {
  test(`label ${options.join(' ')} is refused`, async () => {
    const { code, stderr } = await cyclops(['label', ...options]);
    assert.equal(code, 2);
    assert.match(stderr, message);
  });
}
