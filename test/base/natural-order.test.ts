import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareNatural } from '../../src/base/natural-order.js';

test('names come in the order in which people count them', () => {
  const ordered = [
    '',
    '2',
    '10',
    '0000000011',
    '99999999999999999999998',
    '99999999999999999999999',
    'a',
    'a1',
    'a1b',
    'a02',
    'a2',
    'a2.png',
    'a10.png',
    'b',
  ];
  const mixed = [...ordered].reverse();
  assert.deepEqual(mixed.sort(compareNatural), ordered);
  assert.equal(compareNatural('a', 'a'), 0);
});
