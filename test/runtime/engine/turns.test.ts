import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineTurns, ownTurn, type Turn } from '../../../src/runtime/engine/turns.js';

/** A stream that always has a frame, and writes its name down for each that it hands over. */
function greedy(turns: EngineTurns, name: string, log: string[]): { turn: Turn; feed: () => void } {
  const feed = () => {
    if (turn.take()) log.push(name);
  };
  const turn = turns.join(feed);
  return { turn, feed };
}

test('streams that always have a frame take turns, one each, whoever asks how often', () => {
  const log: string[] = [];
  const turns = new EngineTurns(1);
  const streams = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, greedy(turns, name, log)]));
  for (const { feed } of Object.values(streams)) feed();
  for (let run = 0; run < 9; run++) {
    // The first camera is faster than the others: it asks at every moment.
    for (let i = 0; i < 5; i++) streams.a!.feed();
    const last = streams[log.at(-1)!]!;
    last.turn.giveBack();
    last.feed();
  }
  assert.equal(log.join(''), 'abcabcabca');
});

test('one that has nothing when its turn comes is passed over, and costs the others nothing', () => {
  const log: string[] = [];
  const turns = new EngineTurns(1);
  const a = greedy(turns, 'a', log);
  const b = greedy(turns, 'b', log);
  let asked = 0;
  const silent = turns.join(() => {
    asked++;
  });
  a.feed();
  assert.equal(silent.take(), false);
  b.feed();
  a.turn.giveBack();
  assert.deepEqual([log.join(''), asked], ['ab', 1]);
  b.turn.giveBack();
  assert.equal(silent.take(), true);
});

test('an engine that works on two frames at once has two places', () => {
  const log: string[] = [];
  const turns = new EngineTurns(2);
  const [a, b, c] = ['a', 'b', 'c'].map((name) => greedy(turns, name, log));
  for (const { feed } of [a!, b!, c!]) feed();
  assert.equal(log.join(''), 'ab');
  b!.turn.giveBack();
  assert.equal(log.join(''), 'abc');
  assert.equal(ownTurn.take(), true);
});
