import assert from 'node:assert/strict';
import { test } from 'node:test';
import { koffi } from '../../src/base/koffi.js';
import { returnFreedMemory } from '../../src/runtime/memory.js';

const blocks = 4096;
const blockBytes = 16_384;

test('memory that was freed between pieces in use goes back to the system', () => {
  const libc = koffi.load(null);
  const allocate = libc.func('void *malloc(size_t length)');
  const free = libc.func('void free(void *place)');
  const fill = libc.func('void *memset(void *place, int value, size_t length)');
  const places = Array.from({ length: blocks }, () => {
    const place: unknown = allocate(blockBytes);
    fill(place, 1, blockBytes);
    return place;
  });
  // Every 256th stays, as what a session keeps stays between what opening it has left.
  for (const [index, place] of places.entries()) if (index % 256 !== 255) free(place);
  const before = process.memoryUsage.rss();
  returnFreedMemory();
  const returned = before - process.memoryUsage.rss();
  for (const [index, place] of places.entries()) if (index % 256 === 255) free(place);
  assert.ok(returned > 0.8 * blocks * blockBytes, `${returned} of ${blocks * blockBytes} bytes`);
});
