import { escapeHtml } from '../base/format.js';

/** A table of the report: the first column is text, the others are numbers. */
export interface ReportTable {
  readonly title: string;
  readonly header: readonly string[];
  readonly body: readonly (readonly string[])[];
  readonly note?: string;
}

/** An image of the report: one image's input, depth, truth and error. */
export interface ReportImage {
  readonly id: string;
  readonly caption: string;
  readonly jpeg: Uint8Array;
}

/** What an evaluation report shows. */
export interface EvaluationReport {
  readonly title: string;
  /** Name and value of what decided the metrics. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly tables: readonly ReportTable[];
  /** Worst first. */
  readonly images: readonly ReportImage[];
}

/** A whole evaluation as one HTML file that needs nothing beside it: no script, no font, images inside. */
export function evaluationReportHtml(report: EvaluationReport): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(report.title)}</title>
<style>${style}</style></head><body>
<h1>${escapeHtml(report.title)}</h1>
<dl>${report.facts.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`).join('')}</dl>
${report.tables.map(tableHtml).join('\n')}
${report.images.length === 0 ? '' : `<h2>Images, worst first</h2>\n${report.images.map(imageHtml).join('\n')}`}
</body></html>
`;
}

function tableHtml({ title, header, body, note }: ReportTable): string {
  const row = (cells: readonly string[], tag: 'td' | 'th'): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  const table = `<div class="wide"><table>${row(header, 'th')}${body.map((cells) => row(cells, 'td')).join('')}</table></div>`;
  return `<h2>${escapeHtml(title)}</h2>${table}${note === undefined ? '' : `<p>${escapeHtml(note)}</p>`}`;
}

function imageHtml({ id, caption, jpeg }: ReportImage): string {
  const data = Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.length).toString('base64');
  return `<figure><img loading="lazy" alt="${escapeHtml(id)}" src="data:image/jpeg;base64,${data}"><figcaption>${escapeHtml(id)}: ${escapeHtml(caption)}</figcaption></figure>`;
}

const style = `
:root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}
body{max-width:110rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem}dt{opacity:.7}dd{margin:0}
.wide{overflow-x:auto}table{border-collapse:collapse}
th,td{padding:.15rem .7rem;text-align:right;font-variant-numeric:tabular-nums;border-bottom:1px solid #8884}
th:first-child,td:first-child{text-align:left}
figure{margin:1rem 0}img{max-width:100%;height:auto}
`;
