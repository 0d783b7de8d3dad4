import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Graph, GraphBuilder, type Value } from '../../../src/export/graph/graph.js';
import { toFloat, unary, withConstant } from '../../../src/export/graph/ops.js';
import { assertDifference, measureDifference } from '../../../src/export/precision/difference.js';

/** What a graph of four pixels computes from the image in float32. */
function graphOf(compute: (graph: GraphBuilder, image: Value) => Value): Graph {
  const graph = new GraphBuilder('four', ['y']);
  const image = toFloat(graph, 'float', graph.input('image', 'uint8', [1, 1, 2, 2]));
  graph.output(compute(graph, image), 'y');
  return graph.build();
}

const plus = (value: number) => (graph: GraphBuilder, image: Value) => withConstant(graph, 'plus', 'Add', image, value);
const root: Parameters<typeof graphOf>[0] = (graph, image) => unary(graph, 'root', 'Sqrt', plus(-1)(graph, image));

test('the difference is relative to the fp32 graph, its mean over all pixels of all frames, its largest over them', async () => {
  const frames = [Uint8Array.of(1, 3, 7, 9), Uint8Array.of(1, 1, 1, 19)];
  const found = await measureDifference(graphOf(plus(1)), graphOf(plus(2)), frames);
  const expected = [2, 4, 8, 10, 2, 2, 2, 20].map((depth) => 1 / depth);
  assert.equal(found.frames, 2);
  assert.ok(Math.abs(found.meanRelative - expected.reduce((sum, value) => sum + value, 0) / 8) < 1e-6);
  assert.equal(found.maxRelative, 0.5);
});

test('a pixel that only one of the graphs cannot give is an infinite difference; one that neither gives is none', async () => {
  const frame = Uint8Array.of(0, 2, 5, 10);
  const lost = await measureDifference(graphOf(plus(1)), graphOf(root), [frame]);
  assert.equal(lost.maxRelative, Number.POSITIVE_INFINITY);
  assert.equal(lost.meanRelative, Number.POSITIVE_INFINITY);
  const gained = await measureDifference(graphOf(root), graphOf(plus(1)), [frame]);
  assert.equal(gained.maxRelative, Number.POSITIVE_INFINITY);
  const same = await measureDifference(graphOf(root), graphOf(root), [frame]);
  assert.deepEqual(same, { frames: 1, meanRelative: 0, maxRelative: 0 });
  for (const precision of ['fp16', 'int8'] as const) {
    assert.throws(() => assertDifference(lost, precision, 'four'), { code: 'PRECISION_UNFIT', message: /Infinity/ });
    assertDifference(same, precision, 'four');
  }
});

test('fp16 is bounded by its largest difference, int8 by its mean and its largest; the bound itself passes', () => {
  const difference = { frames: 3, meanRelative: 0.05, maxRelative: 0.05 };
  assertDifference(difference, 'fp16', 'four');
  assertDifference(difference, 'int8', 'four');
  assertDifference({ ...difference, maxRelative: 0.5 }, 'int8', 'four');
  assert.throws(
    () => assertDifference({ ...difference, maxRelative: 0.501 }, 'int8', 'four'),
    /largest relative .* 0.501/,
  );
  assert.throws(() => assertDifference({ ...difference, maxRelative: 0.0501 }, 'fp16', 'four'), {
    code: 'PRECISION_UNFIT',
    message:
      'four: largest relative difference of fp16 to fp32 over 3 frames: expected at most 0.05, found 0.0501; nothing was written',
  });
  assert.throws(() => assertDifference({ ...difference, meanRelative: 0.06 }, 'int8', 'four'), /mean relative .* 0.06/);
});
