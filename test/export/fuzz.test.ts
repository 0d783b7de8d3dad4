import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzOnce } from '../../bench/fuzz/fuzz.js';
import { fuzzTargets } from '../../bench/fuzz/targets.js';
import { isCyclopsError } from '../../src/base/errors.js';
import { Random } from '../../src/base/random.js';
import { decodeOutline } from '../../src/export/graph/proto.js';
import { parseNetwork } from '../../src/export/read/network.js';

for (const target of fuzzTargets()) {
  test(`400 mutated copies of ${target.name} are read or refused in one sentence`, () => {
    target.read(target.bytes);
    let refused = 0;
    for (let seed = 0; seed < 400; seed++) {
      const outcome = fuzzOnce(target, Random.fromSeed(seed, `fuzz/${target.name}`));
      if (outcome.kind === 'fault') assert.fail(`seed ${seed}: ${outcome.text}`);
      if (outcome.kind === 'refused') refused++;
    }
    assert.ok(refused > 100 && refused < 400, `${refused} of 400 refused: the changes are too small or too large`);
  });
}

test('a graph of millions of empty nodes is refused before it is decoded', () => {
  // GraphProto.node, length 0: two bytes a node.
  const nodes = Buffer.alloc(10_000_000, Uint8Array.of(0x0a, 0x00));
  const length = Uint8Array.of(
    0x3a,
    0x80 | (nodes.length & 127),
    0x80 | ((nodes.length >> 7) & 127),
    0x80 | ((nodes.length >> 14) & 127),
    nodes.length >> 21,
  );
  assert.throws(
    () => decodeOutline(Buffer.concat([length, nodes]), 'empty.onnx'),
    (error) =>
      isCyclopsError(error, 'MODEL_INVALID') &&
      /empty\.onnx: expected at most 8388608 bytes beside the weights, found 10000000/.test(error.message),
  );
});

test('a broken model.json is refused in one line, even where the fault lies between two', () => {
  // JSON.parse repeats the text around a fault.
  for (const text of ['{"a":\n,"b":1}', '[\r\n,1]', '{"layers":[\n\n']) {
    assert.throws(
      () => parseNetwork(text, new Uint8Array(), 'model.json'),
      (error) => isCyclopsError(error, 'CHECKPOINT_INVALID') && /^model\.json: not JSON: [^\r\n]+$/.test(error.message),
    );
  }
});
