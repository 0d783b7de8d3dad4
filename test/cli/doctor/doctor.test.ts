import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DoctorReport, hasGaps } from '../../../src/cli/doctor/report.js';
import { cyclops } from '../../support/command.js';

test('cyclops doctor --json examines this machine, on which set-up has run', async () => {
  const run = await cyclops(['doctor', '--json']);
  const report = JSON.parse(run.stdout) as DoctorReport;
  assert.equal(run.code, hasGaps(report) ? 5 : 0);
  const byName = new Map(report.parts.map((part) => [part.part, part]));
  for (const name of ['Node', 'ONNX Runtime', 'GStreamer', 'gstreamer-superficial', 'sharp']) {
    assert.equal(byName.get(name)?.state, 'ok', `${name}: ${JSON.stringify(byName.get(name))}`);
  }
  assert.notEqual(byName.get('TensorFlow')?.state, 'gap', JSON.stringify(byName.get('TensorFlow')));
  assert.match(byName.get('ONNX Runtime')?.found ?? '', /^\d+\.\d+\.\d+, execution providers cpu\b/);
  assert.deepEqual(
    report.elements.filter(({ isFound, isRequired }) => isRequired && !isFound),
    [],
  );
});

test('where GStreamer is not on the PATH, the report says so and the exit code tells', async () => {
  const run = await cyclops(['doctor'], { PATH: '/nowhere' });
  assert.equal(run.code, 5);
  assert.match(run.stdout, /^GStreamer\s+GAP\s/m);
  assert.match(run.stdout, /What to do:\n(.*\n)*.*apt-get install gstreamer1\.0-tools/);
});
