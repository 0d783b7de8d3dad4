import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DoctorReport, formatReport, hasGaps } from '../../../src/cli/doctor/report.js';

const whole: DoctorReport = {
  parts: [
    { part: 'Node', state: 'ok', found: '22.1.0' },
    { part: 'TensorFlow', state: 'absent', found: 'not installed, only needed for training', todo: 'npm run setup' },
  ],
  elements: [
    { element: 'gdppay', isFound: true, isRequired: true, use: 'capture', debianPackage: 'gstreamer1.0-plugins-bad' },
    { element: 'x264enc', isFound: false, isRequired: false, use: 'video', debianPackage: 'gstreamer1.0-plugins-ugly' },
  ],
};

test('an absent part and an optional element are no gaps', () => {
  assert.equal(hasGaps(whole), false);
  assert.match(formatReport(whole), /What to do:\n {2}- TensorFlow: npm run setup\n$/);
});

test('a part that does not work is a gap, and the report says what to do', () => {
  const broken: DoctorReport = { ...whole, parts: [{ part: 'sharp', state: 'gap', found: 'no', todo: 'install it' }] };
  assert.equal(hasGaps(broken), true);
  assert.match(formatReport(broken), /^sharp\s+GAP\s+no$/m);
  assert.match(formatReport(broken), /- sharp: install it/);
});

test('missing elements that streams need are one line to install, each package once', () => {
  const lack = { isFound: false, isRequired: true, use: 'capture', debianPackage: 'gstreamer1.0-plugins-good' };
  const broken: DoctorReport = {
    ...whole,
    elements: [
      { element: 'v4l2src', ...lack },
      { element: 'jpegdec', ...lack },
    ],
  };
  assert.equal(hasGaps(broken), true);
  assert.match(formatReport(broken), /elements v4l2src, jpegdec: sudo apt-get install gstreamer1\.0-plugins-good\n/);
});
