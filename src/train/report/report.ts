import { escapeHtml } from '../../base/format.js';
import type { RunRecord, StepRecord, ValidationRecord } from '../run/run-log.js';
import { type Chart, formatChart, smooth } from './report-chart.js';

/** One example: a row of images with captions. */
export interface ReportExample {
  readonly id: string;
  readonly images: readonly { readonly caption: string; readonly mime: string; readonly bytes: Uint8Array }[];
}

/** How a run is, as the report shows it. */
export type ReportStatus = 'running' | 'stopped' | 'finished' | 'diverged';

/** All that `report.html` shows. */
export interface Report {
  readonly title: string;
  readonly status: ReportStatus;
  readonly step: number;
  readonly steps: number;
  /** ISO 8601 time of writing. */
  readonly writtenAt: string;
  /** Facts about the run, in order. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly records: readonly RunRecord[];
  /** Step the examples were made at, and the examples. */
  readonly exampleStep: number;
  readonly examples: readonly ReportExample[];
}

/** The report as one HTML page: no script, no file or address outside it. While training runs it reloads itself. */
export function formatReport(report: Report): string {
  const steps = report.records.filter((record): record is StepRecord => record.kind === 'step');
  const validations = report.records.filter((record): record is ValidationRecord => record.kind === 'validation');
  const share = Math.min(1, report.step / Math.max(1, report.steps));
  const reload = report.status === 'running' ? '<meta http-equiv="refresh" content="30">' : '';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${reload}
<title>${escapeHtml(report.title)} - step ${report.step}</title>
<style>${pageStyle}</style>
</head>
<body>
<header>
<h1>${escapeHtml(report.title)}</h1>
<p class="status ${report.status}">${report.status} · step ${report.step} of ${report.steps} · written ${escapeHtml(report.writtenAt)}</p>
<div class="bar"><div style="width:${(share * 100).toFixed(1)}%"></div></div>
</header>
${tiles(steps, validations)}
<section class="charts">
${chartsOf(steps, validations, report.steps).map(formatChart).join('\n')}
</section>
${examplesSection(report)}
<section><h2>Run</h2><table>${report.facts.map(([name, value]) => `<tr><th>${escapeHtml(name)}</th><td>${factHtml(value)}</td></tr>`).join('')}</table></section>
${eventsSection(report.records)}
</body>
</html>
`;
}

/** A fact of several lines keeps them. */
function factHtml(value: string): string {
  const text = escapeHtml(value.trimEnd());
  return text.includes('\n') ? `<pre>${text}</pre>` : text;
}

function tiles(steps: readonly StepRecord[], validations: readonly ValidationRecord[]): string {
  const last = steps[steps.length - 1];
  if (last === undefined) return '';
  const recent = steps.slice(-10);
  const mean = (pick: (record: StepRecord) => number): number =>
    recent.reduce((sum, record) => sum + pick(record), 0) / recent.length;
  const values: (readonly [string, string])[] = [
    ['loss', mean((record) => record.loss).toPrecision(3)],
    ['images/s', mean((record) => record.imagesPerS).toPrecision(3)],
    ['waiting for data', `${(100 * mean((record) => record.waitShare)).toFixed(1)} %`],
    ['memory (RSS)', `${Math.round(last.rssMiB)} MiB`],
    ['learning rate', last.learningRate.toExponential(1)],
  ];
  const metrics = validations[validations.length - 1]?.metrics ?? {};
  for (const [name, value] of Object.entries(metrics)) values.push([metricLabel(name), value.toPrecision(3)]);
  return `<section class="tiles">${values.map(([name, value]) => `<div><b>${value}</b><span>${escapeHtml(name)}</span></div>`).join('')}</section>`;
}

function chartsOf(steps: readonly StepRecord[], validations: readonly ValidationRecord[], xMax: number): Chart[] {
  const memory = Math.max(5, steps.length / 50);
  const points = (pick: (record: StepRecord) => number | undefined): (readonly [number, number])[] =>
    steps.map((record) => [record.step, pick(record) ?? Number.NaN] as const);
  const total = points((record) => record.loss);
  const terms = [...new Set(steps.flatMap((record) => Object.keys(record.losses)))];
  const metricNames = [...new Set(validations.flatMap((record) => Object.keys(record.metrics)))];
  return [
    {
      title: 'Training loss',
      scale: 'log',
      xMax,
      lines: [
        { name: 'loss', points: total, faint: true },
        { name: 'loss', points: smooth(total, memory) },
      ],
    },
    {
      title: 'Loss terms (smoothed, weighted)',
      scale: 'log',
      xMax,
      lines: terms.map((term) => ({
        name: term,
        points: smooth(
          points((record) => record.losses[term]),
          memory,
        ),
      })),
    },
    ...metricNames.map(
      (name): Chart => ({
        title: `Validation: ${metricLabel(name)}`,
        scale: 'linear',
        xMax,
        lines: [
          {
            name: metricLabel(name),
            points: validations.map((record) => [record.step, record.metrics[name] ?? Number.NaN] as const),
          },
        ],
      }),
    ),
    {
      title: 'Learning rate',
      scale: 'linear',
      xMax,
      lines: [{ name: 'learning rate', points: points((record) => record.learningRate) }],
    },
    {
      title: 'Gradient norm',
      scale: 'log',
      xMax,
      lines: [
        { name: 'norm', points: points((record) => record.gradientNorm), faint: true },
        {
          name: 'norm',
          points: smooth(
            points((record) => record.gradientNorm),
            memory,
          ),
        },
      ],
    },
    {
      title: 'Images per second',
      scale: 'linear',
      xMax,
      lines: [{ name: 'images/s', points: points((record) => record.imagesPerS) }],
    },
    {
      title: 'Share of time waiting for data, %',
      scale: 'linear',
      xMax,
      yMaxAtLeast: 10,
      lines: [{ name: 'waiting', points: points((record) => 100 * record.waitShare) }],
    },
  ];
}

/** Names of the validation metrics as a reader knows them. */
function metricLabel(name: string): string {
  const labels: Readonly<Record<string, string>> = {
    valAbsRel: 'Abs Rel',
    valRmseM: 'RMSE, m',
    valDelta1: 'share within 1.25',
    valEpePx: 'EPE, px',
    valD1: 'D1, share of outliers',
  };
  return labels[name] ?? name;
}

function examplesSection(report: Report): string {
  if (report.examples.length === 0) return '';
  const rows = report.examples.map((example) => {
    const images = example.images.map(({ caption, mime, bytes }) => {
      const data = Buffer.from(bytes).toString('base64');
      return `<figure><img alt="${escapeHtml(`${example.id}: ${caption}`)}" src="data:${mime};base64,${data}"><figcaption>${escapeHtml(caption)}</figcaption></figure>`;
    });
    return `<h3>${escapeHtml(example.id)}</h3><div class="images">${images.join('')}</div>`;
  });
  return `<section><h2>Examples at step ${report.exampleStep}</h2>${rows.join('')}</section>`;
}

function eventsSection(records: readonly RunRecord[]): string {
  const rows = records.flatMap((record) =>
    record.kind === 'event'
      ? [`<tr><th>${record.step}</th><td>${escapeHtml(`${record.time} ${record.event}: ${record.text}`)}</td></tr>`]
      : [],
  );
  return rows.length === 0 ? '' : `<section><h2>Events</h2><table>${rows.join('')}</table></section>`;
}

/** The style sheet of our pages: charts, tables and images, in light and dark. */
export const pageStyle = `
:root{color-scheme:light dark;--ink:#1b1f24;--pale:#667;--paper:#fff;--card:#f5f6f8;--rule:#dde1e6;--accent:#0072b2}
@media(prefers-color-scheme:dark){:root{--ink:#e7e9ec;--pale:#9aa3ad;--paper:#14171a;--card:#1d2226;--rule:#333a41;--accent:#56b4e9}}
*{box-sizing:border-box}
body{font:15px/1.45 system-ui,sans-serif;color:var(--ink);background:var(--paper);margin:0 auto;padding:1.2rem 1.5rem 4rem;max-width:1240px}
h1{font-size:1.4rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .6rem}h3{font-size:.85rem;font-weight:600;color:var(--pale);margin:.9rem 0 .3rem}
.status{color:var(--pale);margin:.2rem 0 .5rem}.status.diverged{color:#c2410c;font-weight:600}
.bar{height:6px;border-radius:3px;background:var(--rule);overflow:hidden}.bar div{height:100%;background:var(--accent)}
.tiles{display:flex;flex-wrap:wrap;gap:.6rem;margin:1rem 0}
.tiles div{background:var(--card);border-radius:8px;padding:.5rem .9rem;min-width:7.5rem}
.tiles b{display:block;font-size:1.2rem;font-variant-numeric:tabular-nums}.tiles span{color:var(--pale);font-size:.82rem}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,340px),1fr));gap:1rem}
figure{margin:0}.charts figure{background:var(--card);border-radius:8px;padding:.7rem .8rem .5rem}
figcaption{font-weight:600;font-size:.9rem}.images figcaption{font-weight:400;color:var(--pale);font-size:.82rem;margin-top:.15rem}
svg{width:100%;height:auto;display:block}svg text{font-size:12px;fill:var(--pale);font-variant-numeric:tabular-nums}
.grid{stroke:var(--rule)}.axis{stroke:var(--pale)}.none{color:var(--pale)}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.1rem .9rem;margin:.3rem 0 0;padding:0;font-size:.82rem;color:var(--pale)}
.legend i{display:inline-block;width:.8rem;height:.2rem;border-radius:1px;margin-right:.35rem;vertical-align:.25em}.legend b{color:var(--ink);font-variant-numeric:tabular-nums}
.images{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,200px),1fr));gap:.5rem}
.images img{width:100%;height:auto;display:block;border-radius:4px}
table{border-collapse:collapse;font-size:.88rem;width:100%}th{font-weight:500;text-align:left;color:var(--pale);vertical-align:top;white-space:nowrap;padding:.15rem 1.2rem .15rem 0}
td{overflow-wrap:anywhere;padding:.15rem 0;width:100%}pre{margin:0;font-size:.82rem;white-space:pre-wrap;columns:17rem}
`;
