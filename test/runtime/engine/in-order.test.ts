import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { InOrder } from '../../../src/runtime/engine/in-order.js';

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
  await nextTurn(); // weak references hold until the turn ends
  collect();
  const held = results.filter((result) => result.deref() !== undefined).length;
  assert.ok(held <= 1, `${held} of ${results.length}`);
});
