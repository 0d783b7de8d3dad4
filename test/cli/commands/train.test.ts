import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { cyclops } from '../../support/command.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { withoutTensorFlow } from '../../support/tensorflow.js';
import { writeTinyFolder } from '../../support/tiny-pairs.js';

test('mistakes of the command line and bad input: one line, the code, the exit code', {
  skip: withoutTensorFlow,
}, async (t) => {
  const root = await temporaryFolder(t);
  const [data, run, config] = [join(root, 'data'), join(root, 'run'), join(root, 'train.yaml')];
  await writeTinyFolder(data, 2);
  await writeFile(config, 'stage: teacher\nlearningRat: 1.0e-4\n');
  const teacher = ['--stage', 'teacher', '--data', data, '-o', run];
  const cases: readonly [args: string[], code: number, expected: RegExp][] = [
    [
      ['-o', run, '--network', 'foo'],
      2,
      /--network: expected one of dispnet-c, stereo-softarg, mono-vgg, mono-edge, found "foo" \[USAGE_INVALID\]/,
    ],
    [['--network', 'dispnet-c'], 2, /--output: expected a value/],
    [['-o', run, '--netwrk', 'foo'], 2, /unknown option --netwrk; did you mean "network"\?/],
    [[...teacher, '--steps', 'many'], 2, /--steps: expected number, found "many"/],
    [[...teacher, '--size', '100'], 2, /--size: expected WIDTHxHEIGHT/],
    [[...teacher, '--milestones', '0.5,x'], 2, /--milestones: expected numbers above 0/],
    [[...teacher, '--network', 'mono-vgg'], 2, /mono-vgg is a mono network, the stage teacher trains a stereo one/],
    [
      [...teacher, '--supervision', 'truth'],
      2,
      /--supervision: is no setting of the stage teacher, which has --occlusion/,
    ],
    [[...teacher, '--occlusion', 'x'], 2, /--occlusion: expected one of source, left-right, found "x"/],
    [['-o', run, '--config', config], 2, /train\.yaml:\d .*unknown key "learningRat" \[CONFIG_INVALID\]/],
    [['-o', run, '--stage', 'teacher', '--data', root], 3, /expected pairs in training\/image_2/],
    [[...teacher, '--init', join(root, 'gone')], 4, /gone: expected a checkpoint folder with run\.json, found none/],
    [['--resume', '-o', run], 4, /expected a checkpoint folder with run\.json, found none \[CHECKPOINT_INVALID\]/],
  ];
  for (const [args, code, expected] of cases) {
    const outcome = await cyclops(['train', ...args]);
    assert.equal(outcome.code, code, `${args.join(' ')}: ${outcome.stderr}`);
    assert.match(outcome.stderr, expected);
    assert.equal(outcome.stdout, '');
  }
});
