import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random.js';
import { godardLoss } from '../../../src/train/losses/godard.js';
import { tf } from '../../../src/train/tensorflow/tf.js';
import { randomTensor } from '../gradient-check.js';
import { assertClose } from './reference.js';

const [height, width] = [16, 32];

/** A view of smooth waves, seen from `shift` px further right. */
function view(shift: number): tf.Tensor4D {
  const values: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (const phase of [0, 2, 4]) values.push(0.5 + 0.4 * Math.sin(0.35 * (x + shift) + 0.2 * y + phase));
    }
  }
  return tf.tensor4d(values, [1, height, width, 3]);
}

const flat = (px: number): tf.Tensor4D => tf.fill([1, height, width, 1], px / 20);

function termsAt(leftPx: tf.Tensor4D, rightPx: tf.Tensor4D, left = view(0), right = view(4)) {
  return godardLoss({ leftHeads: [leftPx], rightHeads: [rightPx], outputFactorPx: 20, left, right }).terms;
}

test('the photometric error of both views is smallest at the true disparity', () => {
  const at = (px: number): number => termsAt(flat(px), flat(px)).photometric!.dataSync()[0]!;
  const truth = at(4);
  for (const px of [2, 3, 5, 6]) assert.ok(at(px) > truth, `${px} px: ${at(px)} against ${truth}`);
});

test('each view is compared with what the other one says at the match, in shares of the width', () => {
  // Left 4 px and right 6 px everywhere: 2 px where the match lies inside, the own disparity where it does not.
  const left = (2 * (width - 4) + 4 * 4) / width;
  const right = (2 * (width - 6) + 6 * 6) / width;
  assertClose(termsAt(flat(4), flat(6)).consistency!, (left + right) / width);
});

test('slopes count 0.1 in shares of the width, and less where the image has an edge', () => {
  const ramp = tf.tidy(() =>
    tf.range(0, width).div<tf.Tensor1D>(20).tile([height]).reshape<tf.Tensor4D>([1, height, width, 1]),
  );
  const grey = tf.fill<tf.Rank.R4>([1, height, width, 3], 0.5);
  const still = flat(4);
  assertClose(termsAt(ramp, still, grey, grey).smoothness!, 0.1 / width);
  // The image rises by 0.02 a column, so each slope counts e^-0.02 of that.
  const rising = tf.tidy(() =>
    tf.range(0, width).mul<tf.Tensor1D>(0.02).reshape([1, 1, width, 1]).tile<tf.Tensor4D>([1, height, 1, 3]),
  );
  assertClose(termsAt(ramp, still, rising, rising).smoothness!, (0.1 * Math.exp(-0.02)) / width);
});

test('both views learn: a step against the gradient lowers the loss by what the gradient promises', () => {
  const random = Random.fromSeed(4);
  const heads = [1, 2].map(() => randomTensor(random, [1, height, width, 1], [0.11, 0.19]));
  const loss = (left: tf.Tensor, right: tf.Tensor): tf.Scalar =>
    godardLoss({
      leftHeads: [left as tf.Tensor4D],
      rightHeads: [right as tf.Tensor4D],
      outputFactorPx: 20,
      left: view(0),
      right: view(4),
    }).total;
  const gradients = tf.grads((left, right) => loss(left!, right!))(heads);
  const before = loss(heads[0]!, heads[1]!).dataSync()[0]!;
  for (const [index, gradient] of gradients.entries()) {
    const steepness = gradient.square().sum().dataSync()[0]!;
    const length = 1e-3 / Math.sqrt(steepness);
    const moved = heads.map((head, i) => (i === index ? head.sub(gradient.mul(length)) : head)) as tf.Tensor4D[];
    const lowered = before - loss(moved[0]!, moved[1]!).dataSync()[0]!;
    assert.ok(Math.abs(lowered / (length * steepness) - 1) < 0.1, `view ${index}: ${lowered} / ${length * steepness}`);
  }
});
