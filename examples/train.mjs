// Training from code: a small mono network on rendered street pairs, exported to a model package. A few steps learn next to
// nothing: give some thousands, the network's own size, and labels of a teacher in place of rendered truth.
//
//   node examples/train.mjs runs/example 20
import { join } from 'node:path';
import { exportOnnx } from 'cyclops/export';
import { openPredictor, openSource, parseSourceSpec, resolveTrainingConfig, train } from 'cyclops/train';

const [folder = 'runs/example', steps = '20'] = process.argv.slice(2);

// The step in progress ends and a checkpoint is saved; with `resume: true` the run goes on from there.
const abort = new AbortController();
process.once('SIGINT', () => abort.abort());

const config = resolveTrainingConfig({
  stage: 'student',
  settings: { supervision: 'truth' },
  network: 'mono-edge',
  widthMultiplier: 0.5,
  width: 128,
  height: 64,
  data: 'street:1:64',
  validationData: 'street:2:4',
  validationCount: 4,
  batch: 2,
  steps: Number(steps),
});
const { status, step, checkpoint } = await train({
  config,
  folder,
  resume: false,
  command: 'node examples/train.mjs',
  signal: abort.signal,
  onProgress: ({ step, steps, loss }) => console.log(`step ${step}/${steps}: loss ${loss.toFixed(3)}`),
  onMessage: (text) => console.log(text),
});
console.log(`${status} at step ${step}: ${folder}/report.html`);

// What it says of a pair that it has not seen, beside the truth.
const source = await openSource(parseSourceSpec('street:3:1', { width: 256, height: 128, framesPerScene: 1 }));
const sample = await source.read(0);
const predictor = await openPredictor(checkpoint);
const disparity = await predictor.predict(sample);
predictor.close();
const below = 100 * 256 + 128;
console.log(
  `disparity: ${disparity.data[below]?.toFixed(1)} px, true ${sample.disparityLeft?.data[below]?.toFixed(1)} px`,
);

const { onnxPath } = await exportOnnx(checkpoint, join(folder, 'model'));
console.log(`${onnxPath}: cyclops run ${folder}/model --source ...`);
