import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random.js';
import { lsimLoss } from '../../../src/train/losses/lsim.js';
import { tf } from '../../../src/train/tensorflow/tf.js';
import { grid, mirrored, type Pixels, type ReferencePair, referenceLoss } from './lsim-reference.js';
import { assertClose } from './reference.js';

/** A pair of smooth images with some noise, and disparities that lead outside here and there. */
function drawPair(
  random: Random,
  [height, width]: readonly [number, number],
  levels: readonly number[],
): ReferencePair {
  const phases = [random.uniform(0, 6), random.uniform(0, 6), random.uniform(0, 6)];
  const image = (shift: number): Pixels =>
    grid(height, width, (y, x) =>
      phases.map((phase) => 0.5 + 0.3 * Math.sin(0.4 * (x + shift) + 0.2 * y + phase) + random.uniform(-0.1, 0.1)),
    );
  const norms = (): Pixels[] =>
    levels.map((level) => grid(height / 2 ** level, width / 2 ** level, () => [random.uniform(0.02, 0.28)]));
  return { left: image(0), right: image(4), leftNorms: norms(), rightNorms: norms() };
}

const tensorOf = (images: readonly Pixels[]): tf.Tensor4D => tf.tensor(images as number[][][][]) as tf.Tensor4D;

/** The tensors of a batch of pairs, right heads mirrored as the network gives them; a head is a fifth of a fraction. */
function tensorsOf(pairs: readonly ReferencePair[]) {
  const width = pairs[0]!.left[0]!.length;
  const heads = (norms: (pair: ReferencePair) => readonly Pixels[]): tf.Tensor4D[] =>
    norms(pairs[0]!).map((_, s) => tensorOf(pairs.map((pair) => norms(pair)[s]!)).mul(5));
  return {
    left: tensorOf(pairs.map((pair) => pair.left)),
    right: tensorOf(pairs.map((pair) => pair.right)),
    leftHeads: heads((pair) => pair.leftNorms),
    mirroredRightHeads: heads((pair) => pair.rightNorms.map(mirrored)),
    outputFactorPx: width / 5,
  };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

for (const [title, size, levels] of [
  ['four scales', [96, 128], [0, 1, 2, 3]],
  ['scales that begin at half the size', [48, 64], [1, 2]],
] as const) {
  test(`${title}: every term of both views is what loops over the paper's definition give`, () => {
    const random = Random.fromSeed(levels.length);
    const pairs = [drawPair(random, size, levels), drawPair(random, size, levels)];
    const references = pairs.map(referenceLoss);
    const { total, terms } = lsimLoss(tensorsOf(pairs));
    const names = ['photometric', 'smoothness', 'consistency'] as const;
    assert.deepEqual(Object.keys(terms), [...names]);
    const expected = names.map((name) => mean(references.map((reference) => reference[name][0] + reference[name][1])));
    for (const [i, name] of names.entries()) assertClose(terms[name]!, expected[i]!, 1e-5);
    assertClose(total, expected[0]! + expected[1]! + expected[2]!, 1e-5);
  });
}

test('one image: the left terms alone, and no consistency', () => {
  const pair = drawPair(Random.fromSeed(3), [48, 64], [0, 1]);
  const { mirroredRightHeads: _, ...leftAlone } = tensorsOf([pair]);
  const { terms } = lsimLoss(leftAlone);
  const { photometric, smoothness } = referenceLoss(pair);
  assert.deepEqual(Object.keys(terms), ['photometric', 'smoothness']);
  assertClose(terms.photometric!, photometric[0], 1e-5);
  assertClose(terms.smoothness!, smoothness[0], 1e-5);
});

test('both views count alike: the mirrored and exchanged pair has the same loss', () => {
  const { left, right, leftHeads, mirroredRightHeads, outputFactorPx } = tensorsOf([
    drawPair(Random.fromSeed(4), [48, 64], [0, 1]),
  ]);
  const own = lsimLoss({ left, right, leftHeads, mirroredRightHeads, outputFactorPx });
  const exchanged = lsimLoss({
    left: right.reverse(2),
    right: left.reverse(2),
    leftHeads: mirroredRightHeads,
    mirroredRightHeads: leftHeads,
    outputFactorPx,
  });
  for (const name of Object.keys(own.terms)) assertClose(exchanged.terms[name]!, own.terms[name]!.dataSync()[0]!, 1e-5);
});

test('the smoothness counts vertical differences as it does horizontal ones, and image edges change nothing', () => {
  const random = Random.fromSeed(5);
  const { left, right } = drawPair(random, [16, 16], [0]);
  const ramp = grid(16, 16, (y, x) => [0.1 + 0.002 * x + 0.005 * y]);
  const flat = grid(16, 16, () => [0.1]);
  const { terms } = lsimLoss(tensorsOf([{ left, right, leftNorms: [ramp], rightNorms: [flat] }]));
  assertClose(terms.smoothness!, 0.1 * (0.002 + 0.005), 1e-4);
});

test('gradients of both views are those of finite differences of the loops', () => {
  const random = Random.fromSeed(6);
  const pair = drawPair(random, [24, 32], [0, 1]);
  const { leftHeads, mirroredRightHeads, ...rest } = tensorsOf([pair]);
  const gradients = tf.grads(
    (...heads) =>
      lsimLoss({
        ...rest,
        leftHeads: heads.slice(0, 2) as tf.Tensor4D[],
        mirroredRightHeads: heads.slice(2) as tf.Tensor4D[],
      }).total,
  )([...leftHeads, ...mirroredRightHeads]);
  const found = gradients.map((gradient) => gradient.arraySync() as number[][][][]);

  const totalAt = (moved: ReferencePair): number => {
    const { photometric, smoothness, consistency } = referenceLoss(moved);
    return [...photometric, ...smoothness, ...consistency].reduce((sum, value) => sum + value, 0);
  };
  const step = 1e-6;
  for (const view of ['leftNorms', 'rightNorms'] as const) {
    for (const scale of [0, 1]) {
      const norms = pair[view];
      const [height, width] = [norms[scale]!.length, norms[scale]![0]!.length];
      const scaleOf = Math.max(...found[scale + (view === 'leftNorms' ? 0 : 2)]!.flat(3).map(Math.abs));
      for (let sample = 0; sample < 12; sample++) {
        const [y, x] = [random.integer(height), random.integer(width)];
        const at = (delta: number): number => {
          const changed = norms.map((norm, s) =>
            s === scale ? grid(height, width, (j, i) => [norm[j]![i]![0]! + (j === y && i === x ? delta : 0)]) : norm,
          );
          return totalAt({ ...pair, [view]: changed });
        };
        // A head is five times the fraction, and the right one lies mirrored.
        const expected = (at(step) - at(-step)) / (2 * step) / 5;
        const value =
          view === 'leftNorms' ? found[scale]![0]![y]![x]![0]! : found[scale + 2]![0]![y]![width - 1 - x]![0]!;
        assert.ok(
          Math.abs(value - expected) < 1e-3 * scaleOf,
          `${view} ${scale} at ${y}, ${x}: found ${value}, finite differences give ${expected}`,
        );
      }
    }
  }
});

test('a head whose size is not the image halved some times is refused', () => {
  const { leftHeads, ...rest } = tensorsOf([drawPair(Random.fromSeed(8), [24, 32], [0])]);
  const narrow = leftHeads.map((head) => head.slice([0, 0, 0, 0], [1, 24, 30, 1]));
  assert.throws(() => lsimLoss({ ...rest, leftHeads: narrow }), /a head of 1,24,30,1 for 1,24,32,3/);
});
