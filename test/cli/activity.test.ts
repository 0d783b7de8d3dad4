import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startActivity, withActivity } from '../../src/cli/activity.js';

function collector(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, columns: 20, written, write: (text: string) => void written.push(text) };
}

test('on a terminal what is done is shown at once and taken away at the end', async () => {
  const stream = collector(true);
  const activity = startActivity('reading', { stream });
  activity.show('writing a long name of a file');
  activity.close();
  activity.show('never');
  assert.deepEqual(stream.written, ['\r\x1b[Kreading ...', '\r\x1b[Kwriting a long name', '\r\x1b[K']);
});

test('elsewhere short work is silent, and long work has a line now and then', async (t) => {
  const stream = collector(false);
  const options = { stream, quietMs: 30, plainEveryMs: 60 };
  assert.equal(await withActivity('short', async () => 7, options), 7);
  assert.deepEqual(stream.written, []);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  await withActivity(
    'long',
    async () => {
      // Lines after 30, 90 and 150 ms.
      for (const [ms, lines] of [
        [29, 0],
        [1, 1],
        [59, 1],
        [1, 2],
        [60, 3],
        [49, 3],
      ] as const) {
        t.mock.timers.tick(ms);
        assert.deepEqual(stream.written, new Array(lines).fill('long ...\n'));
      }
    },
    options,
  );
  await assert.rejects(
    withActivity('failing', () => Promise.reject(new Error('no')), options),
    /no/,
  );
  t.mock.timers.tick(1000);
  assert.equal(stream.written.length, 3);
});
