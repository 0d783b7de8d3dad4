import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { readCheckpointHead } from '../../../src/train/checkpoint/checkpoint-files.js';
import { readRunLog } from '../../../src/train/run/run-log.js';
import { cyclops } from '../../support/command.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { writeTinyFolder } from '../../support/tiny-pairs.js';

const quiet =
  '--batch 2 --learning-rate 1e-3 --workers 0 --report-every 0 --log-every 1 --milestones 4 --validation-count 1';

for (const [name, own, terms] of [
  ['its own network', '--width-multiplier 0.0625 --size 128x128', ['photometric', 'smoothness', 'consistency']],
  [
    'mono-edge',
    '--network mono-edge --width-multiplier 0.25 --size 192x192',
    ['photometric', 'smoothness', 'consistency'],
  ],
  [
    'one image',
    '--network mono-edge --width-multiplier 0.25 --size 192x192 --images left',
    ['photometric', 'smoothness'],
  ],
] as const) {
  test(`lsim-cvprw19 with ${name}: learns without truth or labels, resumes exactly, exports`, async (t) => {
    const root = await temporaryFolder(t);
    const [data, whole, parted] = ['data', 'whole', 'parted'].map((folder) => join(root, folder)) as [
      string,
      string,
      string,
    ];
    await writeTinyFolder(data, 3);
    const run = (options: string) => cyclops(options.split(' '));
    const common = `train --method lsim-cvprw19 --stage student ${own} ${quiet} --data ${data} --validation-data ${data}`;
    for (const command of [
      `${common} --steps 8 -o ${whole}`,
      `${common} --steps 5 -o ${parted}`,
      `train --resume --steps 8 -o ${parted}`,
    ]) {
      const result = await run(command);
      assert.equal(result.code, 0, result.stderr);
    }
    const [expected, found] = await Promise.all([whole, parted].map((folder) => readCheckpointHead(folder)));
    assert.deepEqual(found!.head.files, expected!.head.files, 'every weight is that of an uninterrupted run');
    assert.equal(found!.head.method, 'lsim-cvprw19');
    assert.ok(found!.head.metrics.valAbsRel! > 0, 'truth is for measuring only');
    const steps = (await readRunLog(join(parted, 'run.jsonl'))).filter((record) => record.kind === 'step');
    assert.deepEqual(Object.keys(steps[0]!.losses), terms);
    assert.ok(steps.at(-1)!.loss < steps[0]!.loss);
    const exported = await run(`export-onnx ${parted} -o ${join(root, 'model')} --json`);
    assert.equal(exported.code, 0, exported.stderr);
  });
}

test('lsim-cvprw19 refuses labels and a stereo network', async (t) => {
  const root = await temporaryFolder(t);
  const common = ['train', '--method', 'lsim-cvprw19', '--stage', 'student', '--data', root, '-o', join(root, 'run')];
  const labels = await cyclops([...common, '--labels', root]);
  assert.match(labels.stderr, /labels: student as it is set learns without disparity; expected nothing, found/);
  const small = await cyclops([...common, '--network', 'mono-edge', '--size', '192x96']);
  assert.match(small.stderr, /height: the window of SSIM needs 176 for the four scales of mono-edge, found 96/);
  const stereo = await cyclops([...common, '--network', 'dispnet-c']);
  assert.match(stereo.stderr, /network: dispnet-c is a stereo network, the stage student trains a mono one/);
});
