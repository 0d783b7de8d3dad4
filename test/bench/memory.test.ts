import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mappedBytes, memoryOf } from '../../bench/stream/memory.js';

const smaps = `00400000-00c00000 r-xp 00000000 fe:00 1234                       /usr/bin/a program
Size:               8192 kB
Rss:                4096 kB
Pss:                2048 kB
Anonymous:             0 kB
00e00000-00e10000 rw-p 00a00000 fe:00 1234                       /usr/bin/a program
Rss:                  64 kB
Anonymous:            60 kB
7f0000000000-7f0000100000 rw-p 00000000 00:00 0 
Rss:                 512 kB
Anonymous:           512 kB
`;

test('what changed or belongs to no file is its own, the rest is the file it shows', () => {
  const { own, files } = mappedBytes(smaps);
  assert.equal(own, 572 * 1024);
  assert.equal(files.get('/usr/bin/a program'), 4100 * 1024);
  assert.equal(files.get(''), 0);
});

test('memory of a process that lives, and of one that has ended', () => {
  assert.ok(memoryOf(process.pid) > 30e6);
  assert.equal(memoryOf(2 ** 30), 0);
});
