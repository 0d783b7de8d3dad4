import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type EngineAccess, EngineScheduler, exclusiveAccess, InOrder } from '../../../src/runtime/engine/scheduler.js';

/** A stream that always has a frame, and writes its name down for each that it hands over. */
function greedy(scheduler: EngineScheduler, name: string, log: string[]): { access: EngineAccess; feed: () => void } {
  const feed = () => {
    if (access.acquire()) log.push(name);
  };
  const access = scheduler.join(feed);
  return { access, feed };
}

test('streams that always have a frame get one each in a round, whoever asks how often', () => {
  const log: string[] = [];
  const scheduler = new EngineScheduler(1);
  const streams = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, greedy(scheduler, name, log)]));
  for (const { feed } of Object.values(streams)) feed();
  for (let run = 0; run < 9; run++) {
    // The first camera is faster than the others: it asks at every moment.
    for (let i = 0; i < 5; i++) streams.a!.feed();
    const last = streams[log.at(-1)!]!;
    last.access.release();
    last.feed();
  }
  assert.equal(log.join(''), 'abcabcabca');
});

test('one that has nothing when a place is free is passed over, and costs the others nothing', () => {
  const log: string[] = [];
  const scheduler = new EngineScheduler(1);
  const a = greedy(scheduler, 'a', log);
  const b = greedy(scheduler, 'b', log);
  let asked = 0;
  const silent = scheduler.join(() => {
    asked++;
  });
  a.feed();
  assert.equal(silent.acquire(), false);
  b.feed();
  a.access.release();
  assert.deepEqual([log.join(''), asked], ['ab', 1]);
  b.access.release();
  assert.equal(silent.acquire(), true);
});

test('an engine that works on two frames at once has two places', () => {
  const log: string[] = [];
  const scheduler = new EngineScheduler(2);
  const [a, b, c] = ['a', 'b', 'c'].map((name) => greedy(scheduler, name, log));
  for (const { feed } of [a!, b!, c!]) feed();
  assert.equal(log.join(''), 'ab');
  b!.access.release();
  assert.equal(log.join(''), 'abc');
  assert.equal(exclusiveAccess.acquire(), true);
});

test('results come in the order of the work, and work that fails holds nobody up', async () => {
  const inOrder = new InOrder();
  let finishSlow = (_: string): void => undefined;
  const slow = new Promise<string>((resolve) => {
    finishSlow = resolve;
  });
  const order: string[] = [];
  const first = inOrder.put(slow).then((value) => order.push(value));
  const second = inOrder.put(Promise.reject(new Error('failed'))).catch(() => order.push('failed'));
  const third = inOrder.put(Promise.resolve('third')).then((value) => order.push(value));
  await nextTurn();
  assert.deepEqual(order, []);
  finishSlow('first');
  await inOrder.settled;
  await Promise.all([first, second, third]);
  assert.deepEqual(order, ['first', 'failed', 'third']);
});

test('results that were handed out are not held on to', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const inOrder = new InOrder();
  const results: WeakRef<object>[] = [];
  for (let i = 0; i < 50; i++) results.push(new WeakRef(await inOrder.put(Promise.resolve({ i }))));
  await nextTurn(); // weak references hold until the access ends
  collect();
  const held = results.filter((result) => result.deref() !== undefined).length;
  assert.ok(held <= 1, `${held} of ${results.length}`);
});
