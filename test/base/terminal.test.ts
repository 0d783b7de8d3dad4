import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEta, createLiveLine, progressBar, progressText } from '../../src/base/terminal.js';

function collector(
  isTTY: boolean,
  columns = 80,
): { isTTY: boolean; columns: number; text: string; write(t: string): void } {
  return {
    isTTY,
    columns,
    text: '',
    write(text) {
      this.text += text;
    },
  };
}

test('on a terminal the line is rewritten in place and cut off at the width', () => {
  const stream = collector(true, 11);
  let nowMs = 0;
  const line = createLiveLine({ stream, now: () => nowMs });
  line.update('frame 1');
  nowMs += 50;
  line.update('frame 2: too soon');
  nowMs += 50;
  line.update('frame 3 is far too long');
  line.close();
  line.update('after the end');
  assert.equal(stream.text, '\r\x1b[Kframe 1\r\x1b[Kframe 3 is\n');
});

test('the last text is shown on closing although it came too soon', () => {
  const stream = collector(true);
  const line = createLiveLine({ stream, now: () => 0 });
  line.update('1 of 2');
  line.update('2 of 2');
  line.close();
  assert.ok(stream.text.endsWith('\r\x1b[K2 of 2\n'));
});

test('without a terminal there are plain lines, one every few seconds', () => {
  const stream = collector(false);
  let nowMs = 0;
  const line = createLiveLine({ stream, now: () => nowMs });
  for (; nowMs < 12_000; nowMs += 100) line.update(`at ${nowMs} ms`);
  line.log('warning');
  line.close();
  assert.equal(stream.text, 'at 0 ms\nat 5000 ms\nat 10000 ms\nwarning\nat 11900 ms\n');
});

test('a permanent line goes above the live one', () => {
  const stream = collector(true);
  const line = createLiveLine({ stream, now: () => 0 });
  line.update('50 %');
  line.log('saved');
  assert.equal(stream.text, '\r\x1b[K50 %\r\x1b[Ksaved\n\r\x1b[K50 %');
});

test('the time left follows the rate, also after resuming', () => {
  let nowMs = 1000;
  const eta = createEta(100, { startAt: 20, now: () => nowMs });
  assert.ok(Number.isNaN(eta.remainingMs(20)));
  nowMs += 4000;
  assert.equal(eta.perSecond(40), 5);
  assert.equal(eta.remainingMs(40), 12_000);
  assert.equal(
    progressText('train', 40, 100, eta, 'steps'),
    'train ████████              40 %  40/100  5.00 steps/s  12.0 s left',
  );
});

test('the bar grows by eighths of a cell and never leaves its width', () => {
  assert.equal(progressBar(0, 4), '    ');
  assert.equal(progressBar(0.5, 4), '██  ');
  assert.equal(progressBar(1 / 32, 4), '▏   ');
  assert.equal(progressBar(7 / 32, 4), '▉   ');
  assert.equal(progressBar(2, 4), '████');
});
