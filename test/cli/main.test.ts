import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packageVersion } from '../../src/base/paths.js';
import { cyclops } from '../support/command.js';

test('--version prints the version alone', async () => {
  const { code, stdout } = await cyclops(['--version']);
  assert.deepEqual([code, stdout], [0, `${packageVersion()}\n`]);
});

test('what a command line lacks is named, with the usage line', async () => {
  const cases: readonly [args: readonly string[], expected: RegExp][] = [
    [['train'], /^cyclops: train: --output: expected a value; usage: cyclops train \[--method/],
    [['data', 'check'], /^cyclops: data: DIR is missing; usage: cyclops data check DIR/],
    [['data'], /^cyclops: data: check DIR is missing; usage: cyclops data check DIR/],
    [['export-onnx'], /^cyclops: export-onnx: CHECKPOINT\|MODEL\.json is missing; usage: cyclops export-onnx /],
    [['run', 'models/edge-street'], /^cyclops: run: SOURCE: expected a path, .*; usage: cyclops run MODEL SOURCE/],
    [['doctor', 'now'], /^cyclops: doctor: unexpected argument "now"; usage: cyclops doctor/],
  ];
  for (const [args, expected] of cases) {
    const { code, stderr } = await cyclops(args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, expected);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
  }
});
