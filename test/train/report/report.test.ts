import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatReport, type Report } from '../../../src/train/report/report.js';
import { formatChart, smooth, thin } from '../../../src/train/report/report-chart.js';
import type { RunRecord } from '../../../src/train/run/run-log.js';

const records: RunRecord[] = [
  { kind: 'event', step: 0, event: 'start', time: '2026-01-01T00:00:00Z', text: 'cyclops train <b>' },
  ...Array.from(
    { length: 40 },
    (_, index): RunRecord => ({
      kind: 'step',
      step: (index + 1) * 10,
      loss: 2 / (index + 1),
      losses: { disparity: 1.5 / (index + 1), visibility: 0.5 / (index + 1) },
      learningRate: 1e-4,
      gradientNorm: 3,
      imagesPerS: 12,
      waitShare: 0.02,
      rssMiB: 700,
      tensors: 64,
    }),
  ),
  { kind: 'validation', step: 400, metrics: { valAbsRel: 0.12 } },
];

const report: Report = {
  title: 'mono-edge: mono student',
  status: 'running',
  step: 400,
  steps: 1000,
  writtenAt: '2026-01-01T01:00:00Z',
  facts: [['Data', 'a & b <c>']],
  records,
  exampleStep: 400,
  examples: [{ id: 'x-1', images: [{ caption: 'input', mime: 'image/jpeg', bytes: Uint8Array.of(1, 2, 3) }] }],
};

describe('formatReport', () => {
  const html = formatReport(report);

  it('is one file: no script, no address, images inline', () => {
    assert.doesNotMatch(html, /<script|https?:|src="(?!data:)|<link/);
    assert.match(html, /src="data:image\/jpeg;base64,AQID"/);
  });

  it('shows every loss term, the validation metric and the rate, and escapes text', () => {
    for (const text of ['disparity', 'visibility', 'Validation: Abs Rel', 'Learning rate', 'Examples at step 400']) {
      assert.ok(html.includes(text), text);
    }
    assert.ok(html.includes('a &amp; b &lt;c&gt;') && html.includes('cyclops train &lt;b&gt;'));
  });

  it('opens and closes every element', () => {
    const stack: string[] = [];
    const empty = new Set(['meta', 'img', 'line', 'path', 'circle', 'i']);
    for (const [, close, name, inner] of html
      .replace(/<style>.*<\/style>/s, '')
      .matchAll(/<(\/?)([a-z0-9]+)([^>]*)>/g)) {
      if (inner!.endsWith('/') || (empty.has(name!) && name !== 'i')) continue;
      if (close === '') stack.push(name!);
      else assert.equal(stack.pop(), name);
    }
    assert.deepEqual(stack, []);
  });

  it('keeps the lines of a fact that has several', () => {
    const text = formatReport({ ...report, facts: [['Configuration', 'steps: 3\nseed: <1>\n']] });
    assert.match(text, /<th>Configuration<\/th><td><pre>steps: 3\nseed: &lt;1&gt;<\/pre><\/td>/);
  });

  it('reloads itself only while training runs', () => {
    assert.match(html, /http-equiv="refresh"/);
    assert.doesNotMatch(formatReport({ ...report, status: 'finished' }), /refresh/);
  });

  it('works before anything was logged', () => {
    assert.match(formatReport({ ...report, step: 0, records: [], examples: [] }), /nothing yet/);
  });
});

describe('charts', () => {
  it('leave out values that cannot be drawn', () => {
    const chart = formatChart({
      title: 't',
      xMax: 3,
      scale: 'log',
      lines: [
        {
          name: 'a',
          points: [
            [1, Number.NaN],
            [2, -1],
            [3, 5],
          ],
        },
      ],
    });
    assert.match(chart, /<circle/);
    assert.doesNotMatch(chart, /NaN|Infinity/);
  });

  it('show the points of a short line as dots, and those of a long one as the line alone', () => {
    const dots = (count: number): number => {
      const points = Array.from({ length: count }, (_, index) => [index, 1 + index] as const);
      const lines = [
        { name: 'a', points },
        { name: 'a', points, faint: true },
      ];
      return formatChart({ title: 't', xMax: count, scale: 'linear', lines }).match(/<circle/g)?.length ?? 0;
    };
    assert.deepEqual([1, 3, 20, 21].map(dots), [1, 3, 20, 0]);
  });

  it('stay small for long runs, and keep the last point', () => {
    const points = Array.from({ length: 100_000 }, (_, index) => index);
    const kept = thin(points, 500);
    assert.equal(kept.length, 501);
    assert.equal(kept[500], 99_999);
  });

  it('smooth without a bias at the start', () => {
    const flat = smooth(
      [
        [1, 4],
        [2, 4],
        [3, 4],
      ],
      10,
    );
    assert.deepEqual(
      flat.map(([, y]) => Number(y.toFixed(9))),
      [4, 4, 4],
    );
  });
});
