import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeAtomic } from '../base/files.js';
import { escapeHtml, formatDuration } from '../base/format.js';
import { formatRanges, formatTable, rowOf } from '../eval/tables.js';
import { pageStyle } from '../train/report/report.js';
import { type Chart, type ChartLine, formatChart, formatChartFile, smooth } from '../train/report/report-chart.js';
import type { RunRecord } from '../train/run/run-log.js';
import { isTraining, type Plan, stageOfStep } from './plan.js';
import { type ClaimResult, checkClaims, readResults, rowName, type StepResult } from './results.js';

/**
 * Writes what an experiment's steps have found so far: a Markdown page with its curves (SVG) and images in a folder of the
 * same name beside it, and the same as one HTML page.
 * @param path the Markdown page, ending in `.md`.
 * @param command how it was made, as the page tells.
 * @returns the paths of both pages.
 * @throws CyclopsError `DISK_FULL`, `WRITE_FAILED`, and for damaged results.
 */
export async function writeReport(
  plan: Plan,
  path: string,
  command: string,
): Promise<{ readonly markdown: string; readonly html: string }> {
  const stem = path.replace(/\.md$/, '');
  const html = `${stem}.html`;
  const results = await readResults(plan);
  const claims = checkClaims(plan.claims, results);
  const charts = chartsOf(results);
  const about = plan.about === undefined ? [] : [plan.about, ''];
  const head = [`# ${plan.title}`, '', `Made by \`${command}\`.`, '', ...about];
  const lines = [...head, ...tables(results), ...claimLines(claims)];
  const curves: string[] = [];
  for (const { name, chart } of charts) {
    const svg = formatChartFile(chart);
    if (svg === undefined) continue;
    await writeAtomic(join(stem, `${name}.svg`), svg);
    curves.push(`![${chart.title}](${basename(stem)}/${name}.svg)`, '');
  }
  if (curves.length > 0) lines.push('## Curves', '', ...curves);
  const images: string[] = [];
  const shown: { caption: string; bytes: Uint8Array }[] = [];
  for (const { step, images: sheets } of results) {
    for (const sheet of sheets) {
      const bytes = await readFile(sheet);
      const name = `${step.name}-${basename(sheet)}`;
      await writeAtomic(join(stem, name), bytes);
      const caption = `${rowName(step)}: ${basename(sheet, '.jpg')}`;
      images.push(`${caption}`, '', `![${caption}](${basename(stem)}/${name})`, '');
      shown.push({ caption, bytes });
    }
  }
  if (images.length > 0) lines.push('## Images', '', ...images);
  lines.push(...stepLines(results));
  await writeAtomic(path, `${lines.join('\n').trimEnd()}\n`);
  await writeAtomic(
    html,
    page(
      plan,
      command,
      results,
      claims,
      charts.map(({ chart }) => chart),
      shown,
    ),
  );
  return { markdown: join(dirname(path), basename(path)), html };
}

/** Evaluate steps by table, in the order of the file. */
function byTable(results: readonly StepResult[]): Map<string, StepResult[]> {
  const found = new Map<string, StepResult[]>();
  for (const result of results) {
    if (result.step.kind !== 'evaluate') continue;
    const { table } = result.step.settings;
    found.set(table, [...(found.get(table) ?? []), result]);
  }
  return found;
}

function tables(results: readonly StepResult[]): string[] {
  const lines: string[] = [];
  for (const [title, all] of byTable(results)) {
    lines.push(`## ${title}`, '');
    const done = measured(all);
    if (done.length > 0) {
      const rows = done.map(({ name, evaluation }) => rowOf(name, evaluation));
      lines.push(formatTable(rows, 'markdown'), '', formatRanges(done, 'markdown'), '');
    }
    const missing = all.filter(({ evaluation }) => evaluation === undefined).map(({ step }) => rowName(step));
    if (missing.length > 0) lines.push(`Not measured yet: ${missing.join(', ')}.`, '');
    lines.push(`${rules(all)}.`, '');
  }
  return lines;
}

function measured(results: readonly StepResult[]) {
  return results.flatMap(({ step, evaluation }) =>
    evaluation === undefined ? [] : [{ name: rowName(step), evaluation }],
  );
}

/** On what the rows of a table were measured, where they agree, and how. */
function rules(results: readonly StepResult[]): string {
  const facts = results.map(({ step }) => {
    if (step.kind !== 'evaluate') return '';
    const { data, pixels = 'all', maxDepthM = 80, crop = 'none' } = step.settings;
    const counted = pixels === 'noc' ? 'pixels seen by both views' : 'all pixels with truth';
    return `Measured on ${data}, ${counted}, depth to ${maxDepthM} m, ${crop === 'none' ? 'no crop' : `${crop} crop`}`;
  });
  return [...new Set(facts)].join('; ');
}

function claimLines(claims: readonly ClaimResult[]): string[] {
  if (claims.length === 0) return [];
  const lines = claims.map(
    ({ claim, text, ...result }) => `- **${verdict(result)}**: ${claim.say} (${text})${remarkOf(claim)}`,
  );
  return ['## What was expected', '', ...lines, ''];
}

function remarkOf({ remark }: ClaimResult['claim']): string {
  return remark === undefined ? '' : `. ${remark}`;
}

function verdict({ holds }: Pick<ClaimResult, 'holds'>): string {
  return holds === undefined ? 'open' : holds ? 'holds' : 'does not hold';
}

/** Loss and validation of all training steps of a stage in one chart each. */
function chartsOf(results: readonly StepResult[]): { readonly name: string; readonly chart: Chart }[] {
  const stages = new Map<string, StepResult[]>();
  for (const result of results) {
    if (!isTraining(result.step) || result.records.length === 0) continue;
    const { stage } = result.step.settings;
    stages.set(stage, [...(stages.get(stage) ?? []), result]);
  }
  return [...stages].flatMap(([stage, own]) => {
    const { step: first } = own[0]!;
    const title = isTraining(first) ? stageOfStep(first).title : stage;
    const xMax = Math.max(...own.flatMap(({ records }) => records.map(({ step }) => step)));
    const lines = (pick: (record: RunRecord) => number | undefined, memory: number): ChartLine[] =>
      own.map(({ step, records }) => {
        const points = records.flatMap((record) => {
          const value = pick(record);
          return value === undefined ? [] : [[record.step, value] as const];
        });
        return { name: step.name, points: smooth(points, memory) };
      });
    const lossOf = (record: RunRecord) => (record.kind === 'step' ? record.loss : undefined);
    const absRelOf = (record: RunRecord) => (record.kind === 'validation' ? record.metrics.valAbsRel : undefined);
    const memory = Math.max(5, Math.max(...own.map(({ records }) => records.length)) / 50);
    return [
      { name: `${stage}-loss`, chart: { title: `${title}: loss`, scale: 'log', xMax, lines: lines(lossOf, memory) } },
      {
        name: `${stage}-validation`,
        chart: { title: `${title}: validation Abs Rel`, scale: 'linear', xMax, lines: lines(absRelOf, 1) },
      },
    ] as const;
  });
}

const stepHeader = ['step', 'kind', 'state', 'time', 'settings'] as const;

function stepRows(results: readonly StepResult[]): string[][] {
  return results.map(({ step, state }) => [
    step.name,
    step.kind,
    state.kind,
    state.kind === 'done' ? formatDuration(state.record.seconds * 1000) : '',
    Object.entries(step.settings)
      .map(([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join(', '),
  ]);
}

function stepLines(results: readonly StepResult[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return ['## Steps', '', line(stepHeader), line(stepHeader.map(() => '---')), ...stepRows(results).map(line)];
}

function page(
  plan: Plan,
  command: string,
  results: readonly StepResult[],
  claims: readonly ClaimResult[],
  charts: readonly Chart[],
  images: readonly { readonly caption: string; readonly bytes: Uint8Array }[],
): string {
  const sections = [...byTable(results)].map(([title, all]) => {
    const done = measured(all);
    const csv = formatTable(
      done.map(({ name, evaluation }) => rowOf(name, evaluation)),
      'table',
    );
    const ranges = done.length > 0 ? formatRanges(done, 'table') : 'nothing yet';
    return `<section><h2>${escapeHtml(title)}</h2><pre>${escapeHtml(csv)}</pre><pre>${escapeHtml(ranges)}</pre><p class="status">${escapeHtml(rules(all))}</p></section>`;
  });
  const found = claims.map(
    ({ claim, text, ...result }) =>
      `<li><b>${verdict(result)}</b>: ${escapeHtml(claim.say)} <span class="status">(${escapeHtml(text)})</span>${escapeHtml(remarkOf(claim))}</li>`,
  );
  const shownImages = images.map(
    ({ caption, bytes }) =>
      `<figure><img alt="${escapeHtml(caption)}" src="data:image/jpeg;base64,${Buffer.from(bytes).toString('base64')}"><figcaption>${escapeHtml(caption)}</figcaption></figure>`,
  );
  const cells = (tag: 'th' | 'td', row: readonly string[]): string =>
    `<tr>${row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(plan.title)}</title>
<style>${pageStyle}
pre{overflow-x:auto;font-size:.82rem}section td{width:auto;padding-right:1rem}
</style>
</head>
<body>
<header><h1>${escapeHtml(plan.title)}</h1><p class="status">${escapeHtml(command)}</p>${plan.about === undefined ? '' : `<p>${escapeHtml(plan.about)}</p>`}</header>
${sections.join('\n')}
${found.length > 0 ? `<section><h2>What was expected</h2><ul>${found.join('')}</ul></section>` : ''}
<h2>Curves</h2><section class="charts">${charts.map(formatChart).join('\n')}</section>
${shownImages.length > 0 ? `<h2>Images</h2><section class="images">${shownImages.join('\n')}</section>` : ''}
<section><h2>Steps</h2><table>${cells('th', stepHeader)}${stepRows(results)
    .map((row) => cells('td', row))
    .join('')}</table></section>
</body>
</html>
`;
}
