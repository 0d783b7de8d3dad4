import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
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

test('elsewhere short work is silent, and long work has a line now and then', async () => {
  const stream = collector(false);
  const options = { stream, quietMs: 30, plainEveryMs: 60 };
  assert.equal(await withActivity('short', async () => 7, options), 7);
  assert.deepEqual(stream.written, []);
  await withActivity('long', () => sleep(200), options);
  assert.ok(stream.written.length >= 2 && stream.written.every((line) => line === 'long ...\n'), stream.written.join());
  const count = stream.written.length;
  await assert.rejects(
    withActivity('failing', () => Promise.reject(new Error('no')), options),
    /no/,
  );
  await sleep(80);
  assert.equal(stream.written.length, count);
});
