import { Random } from '../../src/base/random.js';
import { correlate1d } from '../../src/train/layers/correlation-1d.js';
import { halveByMean, pyramid } from '../../src/train/layers/pyramid.js';
import { warpHorizontal } from '../../src/train/layers/warp-horizontal.js';
import { supervisedLoss } from '../../src/train/losses/supervised.js';
import { createDispNetC, maxDisplacement } from '../../src/train/networks/dispnet-c.js';
import { trainableVariables } from '../../src/train/networks/network.js';
import { createAdam } from '../../src/train/run/adam.js';
import { tf } from '../../src/train/tensorflow/tf.js';
import { type BenchResult, printTable, rounded, spreadOf } from '../measure.js';
import { plainCorrelation, plainWarp } from './plain.js';

const width = 0.375;
const batch = 4;
const [widthPx, height] = [512, 256];
const rounds = 7;

/**
 * Times, in turn within each round: a whole supervised step of the teacher (forward, loss, backward, Adam); its
 * correlation; the warps an unsupervised step adds (right image, four scales); and the plain forms of both.
 */
export function measureOperators(): BenchResult {
  const random = Random.fromSeed(1);
  const uniform = (shape: [number, number, number, number], low: number, high: number): tf.Tensor4D =>
    tf.tensor4d(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.uniform(low, high)),
      shape,
    );
  const left = uniform([batch, height, widthPx, 3], 0, 1);
  const right = uniform([batch, height, widthPx, 3], 0, 1);
  const truth = uniform([batch, height, widthPx, 1], 1, 60);

  const step = teacherStep(left, right, truth);
  const features: [number, number, number, number] = [
    batch,
    height / 4,
    widthPx / 4,
    8 * Math.round((128 * width) / 8),
  ];
  const [leftFeatures, rightFeatures] = [uniform(features, -1, 1), uniform(features, -1, 1)];
  const views = pyramid(right, 4, halveByMean);
  const disparities = pyramid(truth, 4, halveByMean);
  const detached = disparities.map((disparity) => disparity.clone());

  const correlation = (f: typeof correlate1d) => ({
    forward: () => f(leftFeatures, rightFeatures, maxDisplacement),
    both: () =>
      tf.grads((a, b) => f(a as tf.Tensor4D, b as tf.Tensor4D, maxDisplacement))([leftFeatures, rightFeatures]),
  });
  const warp = (f: typeof plainWarp) => ({
    forward: () => views.map((view, scale) => f(view, disparities[scale]!, detached[scale]!)),
    both: () =>
      views.map((view, scale) => tf.grad((d) => f(view, d as tf.Tensor4D, detached[scale]!))(disparities[scale]!)),
  });
  const operators = {
    correlation: { own: correlation(correlate1d), plain: correlation(plainCorrelation) },
    warp: { own: warp((view, d) => warpHorizontal(view, d, { sourceGradient: false })), plain: warp(plainWarp) },
  };

  const times = new Map<string, number[]>();
  const note = (key: string, work: () => tf.Tensor | tf.Tensor[]): void => {
    const ms = timeMs(work);
    times.set(key, [...(times.get(key) ?? []), ms]);
  };
  for (let round = -1; round < rounds; round++) {
    if (round === 0) times.clear(); // The first round warmed up.
    note('step', step);
    for (const [name, { own, plain }] of Object.entries(operators)) {
      for (const [kind, form] of Object.entries({ own, plain })) {
        note(`${name} ${kind} forward`, form.forward);
        note(`${name} ${kind} both`, form.both);
      }
    }
  }

  const values = (key: string): readonly number[] => times.get(key) ?? [];
  const ratio = (above: readonly number[], below: readonly number[]) => spreadOf(above.map((ms, i) => ms / below[i]!));
  const steps = values('step');
  const own = values('correlation own both').map((ms, i) => ms + values('warp own both')[i]!);
  const withWarp = steps.map((ms, i) => ms + values('warp own both')[i]!);
  const share = ratio(own, withWarp);
  const speedUp = (name: string) => ratio(values(`${name} plain both`), values(`${name} own both`)).median;
  const median = (key: string): number => rounded(spreadOf(values(key)).median);

  process.stdout.write(`DispNet-C width ${width}, batch ${batch}, ${widthPx}x${height}, ${rounds} rounds, medians\n`);
  printTable(
    ['operator', 'forward ms', 'with gradient ms', 'plain form ms', 'plain / own', 'share of a step'],
    Object.keys(operators).map((name) => [
      name,
      median(`${name} own forward`),
      median(`${name} own both`),
      median(`${name} plain both`),
      rounded(speedUp(name), 3),
      rounded(ratio(values(`${name} own both`), withWarp).median, 3),
    ]),
  );
  process.stdout.write(`whole step without warp: ${median('step')} ms\n`);

  return {
    headline: 'share of an unsupervised teacher step spent in correlation and warp, with gradients',
    value: rounded(share.median),
    unit: 'ratio',
    target: { op: '<=', value: 0.1 },
    details: {
      width,
      batch,
      widthPx,
      height,
      rounds,
      shareMin: rounded(share.min),
      shareMax: rounded(share.max),
      stepMs: median('step'),
      correlationMs: median('correlation own both'),
      warpMs: median('warp own both'),
      correlationSpeedUp: rounded(speedUp('correlation'), 3),
      warpSpeedUp: rounded(speedUp('warp'), 3),
    },
  };
}

/** One supervised optimizer step, repeated on the same batch. */
function teacherStep(left: tf.Tensor4D, right: tf.Tensor4D, truth: tf.Tensor4D): () => tf.Tensor {
  const model = createDispNetC({ width, height, widthPx, seed: 1 });
  const variables = trainableVariables(model);
  const adam = createAdam(variables);
  const visible = tf.onesLike(truth);
  let count = 0;
  return () =>
    tf.tidy(() => {
      const { grads } = tf.variableGrads(() => {
        const outputs = model.apply([left, right], { training: true }) as tf.Tensor4D[];
        return supervisedLoss({
          disparityHeads: outputs.slice(0, 4),
          visibilityLogits: outputs.slice(4),
          disparityPx: truth,
          visible,
          outputFactorPx: 20,
        }).total;
      }, variables);
      const gradients = variables.map((variable) => grads[variable.name]!);
      return adam.apply(gradients, ++count, 1e-4, 0);
    });
}

/** Milliseconds until the results exist: one element of each is read, so that a GPU too has finished. */
function timeMs(work: () => tf.Tensor | tf.Tensor[]): number {
  const from = performance.now();
  tf.tidy(() => {
    const results = work();
    for (const tensor of Array.isArray(results) ? results : [results]) tensor.flatten().slice(0, 1).dataSync();
  });
  return performance.now() - from;
}
