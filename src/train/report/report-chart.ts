import { escapeHtml } from '../../base/format.js';

/** One line of a chart. Points whose y is not finite are left out. */
export interface ChartLine {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Drawn thin and pale, as the noisy data behind a smoothed line; has no entry in the legend. */
  readonly faint?: boolean;
}

/** What a chart shows. */
export interface Chart {
  readonly title: string;
  readonly lines: readonly ChartLine[];
  /** End of the x axis, which starts at 0: the steps of the run. */
  readonly xMax: number;
  readonly scale: 'linear' | 'log';
  /** Smallest span from 0 that a linear axis shows. */
  readonly yMaxAtLeast?: number;
}

const width = 560;
const height = 240;
const plot = { left: 58, right: width - 14, top: 12, bottom: height - 28 };
/** Up to so many points of a line are drawn as dots, too: one alone is no line, and of a few each one counts. */
const fewPoints = 20;
/** Distinct in both light and dark, and for the common colour blindnesses (after Okabe and Ito). */
const colors = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8c6bb1', '#7f7f7f', '#a6761d'];

/** A chart as a figure with inline SVG; it follows the page's light or dark colours. */
export function formatChart(chart: Chart): string {
  const title = `<figcaption>${escapeHtml(chart.title)}</figcaption>`;
  const drawing = draw(chart);
  if (drawing === undefined) return `<figure>${title}<p class="none">nothing yet</p></figure>`;
  return `<figure>${title}<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(chart.title)}">${drawing.content}</svg>${legend(drawing.named)}</figure>`;
}

/** Height of a line of text in a chart of its own, px. */
const lineHeight = 18;

/** A chart as an SVG file of its own, with title and legend; undefined while there is nothing to draw. */
export function formatChartFile(chart: Chart): string | undefined {
  const drawing = draw(chart);
  if (drawing === undefined) return undefined;
  const entries = drawing.named.map((line, index) => {
    const y = height + 2 * lineHeight + index * lineHeight;
    const last = formatTick(line.points[line.points.length - 1]![1]);
    return `<line x1="20" x2="44" y1="${y - 4}" y2="${y - 4}" stroke="${colors[index % colors.length]}" stroke-width="3"/><text x="52" y="${y}">${escapeHtml(line.name)} ${last}</text>`;
  });
  const total = height + 2 * lineHeight + entries.length * lineHeight;
  const style = 'text{font:12px sans-serif;fill:#445}.title{font-weight:600}.grid{stroke:#dde1e6}.axis{stroke:#667}';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${total}" width="${width}" height="${total}"><title>${escapeHtml(chart.title)}</title><style>${style}</style><rect width="100%" height="100%" fill="#fff"/><text class="title" x="20" y="16">${escapeHtml(chart.title)}</text><g transform="translate(0 ${lineHeight})">${drawing.content}</g>${entries.join('')}</svg>\n`;
}

/** Axes and lines of a chart, and the lines that have a name in the legend; undefined if there is no point. */
function draw(chart: Chart): { readonly content: string; readonly named: readonly ChartLine[] } | undefined {
  const drawn = chart.lines
    .map((line) => ({
      ...line,
      points: thin(
        line.points.filter(([, y]) => isDrawable(y, chart.scale)),
        700,
      ),
    }))
    .filter((line) => line.points.length > 0);
  if (drawn.length === 0) return undefined;
  const values = drawn.flatMap((line) => line.points.map(([, y]) => y));
  const axis = chart.scale === 'log' ? logAxis(values) : linearAxis(values, chart.yMaxAtLeast ?? 0);
  const xTicks = linearTicks(0, Math.max(1, chart.xMax), 6);
  const xOf = (x: number): number => plot.left + (x / Math.max(1, chart.xMax)) * (plot.right - plot.left);
  const yOf = (y: number): number => plot.bottom - axis.position(y) * (plot.bottom - plot.top);
  const parts = [
    ...axis.ticks.map(
      (tick) =>
        `<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${fixed(yOf(tick))}" y2="${fixed(yOf(tick))}"/>` +
        `<text x="${plot.left - 7}" y="${fixed(yOf(tick) + 4)}" text-anchor="end">${formatTick(tick)}</text>`,
    ),
    ...xTicks.map(
      (tick) => `<text x="${fixed(xOf(tick))}" y="${height - 8}" text-anchor="middle">${formatTick(tick)}</text>`,
    ),
    `<line class="axis" x1="${plot.left}" x2="${plot.right}" y1="${plot.bottom}" y2="${plot.bottom}"/>`,
  ];
  const named = drawn.filter((line) => line.faint !== true);
  for (const line of drawn) {
    const index = Math.max(
      0,
      named.findIndex((candidate) => candidate.name === line.name),
    );
    const path = line.points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${fixed(xOf(x))} ${fixed(yOf(y))}`).join('');
    const style = line.faint === true ? 'stroke-width="1" stroke-opacity="0.28"' : 'stroke-width="1.8"';
    parts.push(`<path d="${path}" fill="none" stroke="${colors[index % colors.length]}" ${style}/>`);
    if (line.points.length > fewPoints || line.faint === true) continue;
    for (const [x, y] of line.points) {
      parts.push(
        `<circle cx="${fixed(xOf(x))}" cy="${fixed(yOf(y))}" r="3.5" fill="${colors[index % colors.length]}"/>`,
      );
    }
  }
  return { content: parts.join(''), named };
}

/** Exponential moving average with its start-up bias removed; `memory` is the number of points it looks back. */
export function smooth(points: readonly (readonly [number, number])[], memory: number): (readonly [number, number])[] {
  const keep = 1 - 1 / Math.max(1, memory);
  let sum = 0;
  let weight = 0;
  return points
    .filter(([, y]) => Number.isFinite(y))
    .map(([x, y]) => {
      sum = sum * keep + y;
      weight = weight * keep + 1;
      return [x, sum / weight] as const;
    });
}

/** At most about `limit` points: of each run of points the one in the middle, and always the last. */
export function thin<T>(points: readonly T[], limit: number): T[] {
  if (points.length <= limit) return [...points];
  const stride = points.length / limit;
  const kept = Array.from({ length: limit }, (_, index) => points[Math.floor((index + 0.5) * stride)]!);
  kept.push(points[points.length - 1]!);
  return kept;
}

interface Axis {
  readonly ticks: readonly number[];
  /** 0 = bottom, 1 = top. */
  position(y: number): number;
}

function linearAxis(values: readonly number[], maxAtLeast: number): Axis {
  const low = Math.min(0, ...values);
  const high = Math.max(maxAtLeast, ...values, low + 1e-12);
  return { ticks: linearTicks(low, high, 5), position: (y) => (y - low) / ((high - low) * 1.04) };
}

function logAxis(values: readonly number[]): Axis {
  const low = Math.log10(Math.min(...values)) - 0.03;
  const high = Math.max(Math.log10(Math.max(...values)) + 0.03, low + 0.3);
  // Over a wide range powers of ten are enough; over a narrow one 2 and 5 help, then each digit.
  const digits = high - low > 2.5 ? [1] : high - low > 0.9 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9];
  const ticks: number[] = [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power++) {
    for (const digit of digits) {
      const place = power + Math.log10(digit);
      if (place >= low && place <= high) ticks.push(10 ** power * digit);
    }
  }
  return { ticks, position: (y) => (Math.log10(y) - low) / (high - low) };
}

function linearTicks(low: number, high: number, about: number): number[] {
  const rough = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((digit) => digit * power).find((candidate) => candidate >= rough) ?? rough;
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, index) => (first + index) * step);
}

function formatTick(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  if (size !== 0 && size < 1e-3) return value.toExponential(Number.isInteger(Math.log10(size)) ? 0 : 1);
  return String(Number(value.toPrecision(3)));
}

function legend(lines: readonly ChartLine[]): string {
  const entries = lines.map((line, index) => {
    const last = line.points[line.points.length - 1]![1];
    const color = colors[index % colors.length];
    return `<li><i style="background:${color}"></i>${escapeHtml(line.name)} <b>${formatTick(last)}</b></li>`;
  });
  return `<ul class="legend">${entries.join('')}</ul>`;
}

function isDrawable(y: number, scale: 'linear' | 'log'): boolean {
  return Number.isFinite(y) && (scale === 'linear' || y > 0);
}

function fixed(value: number): string {
  return value.toFixed(1);
}
