import type { Evaluation } from './evaluate.js';
import type { DepthMetrics, DisparityMetrics } from './metrics.js';
import { disparityMetrics } from './metrics.js';

/** One line of a table: a method and what was measured of it. */
export interface TableRow {
  readonly name: string;
  readonly images: number;
  readonly depth: DepthMetrics | undefined;
  readonly disparity: DisparityMetrics;
}

/** How tables are written. */
export type TableFormat = 'table' | 'markdown' | 'csv' | 'json';

const columns: readonly (readonly [title: string, read: (row: TableRow) => number | undefined, digits: number])[] = [
  ['images', (row) => row.images, 0],
  ['Abs Rel', (row) => row.depth?.absRel, 3],
  ['Sq Rel', (row) => row.depth?.sqRel, 3],
  ['RMSE m', (row) => row.depth?.rmse, 3],
  ['RMSE log', (row) => row.depth?.rmseLog, 3],
  ['SILog', (row) => row.depth?.silog, 2],
  ['d1', (row) => row.depth?.delta1, 3],
  ['d2', (row) => row.depth?.delta2, 3],
  ['d3', (row) => row.depth?.delta3, 3],
  ['D1 %', (row) => row.disparity.d1 * 100, 2],
  ['EPE px', (row) => row.disparity.epePx, 2],
  ['bad-1 %', (row) => row.disparity.bad1 * 100, 2],
  ['bad-2 %', (row) => row.disparity.bad2 * 100, 2],
  ['bad-3 %', (row) => row.disparity.bad3 * 100, 2],
];

/** The row of a whole evaluation. */
export function rowOf(name: string, evaluation: Evaluation): TableRow {
  return {
    name,
    images: evaluation.images.length,
    depth: evaluation.depth,
    disparity: evaluation.disparity,
  };
}

/** A row for each image of an evaluation. */
export function imageRows(evaluation: Evaluation): TableRow[] {
  return evaluation.images.map(({ id, depth, disparity }) => ({
    name: id,
    images: 1,
    depth,
    disparity: disparityMetrics(disparity),
  }));
}

/** Rows as text columns, Markdown or CSV; d1, d2, d3 are the shares within 1.25, 1.25^2, 1.25^3. */
export function formatTable(rows: readonly TableRow[], format: Exclude<TableFormat, 'json'>): string {
  const header = ['method', ...columns.map(([title]) => title)];
  const body = rows.map((row) => [row.name, ...columns.map(([, read, digits]) => formatCell(read(row), digits))]);
  return formatCells(header, body, format);
}

/** Abs Rel by true depth, one line a method. */
export function formatRanges(
  rows: readonly { readonly name: string; readonly evaluation: Evaluation }[],
  format: Exclude<TableFormat, 'json'>,
): string {
  const slices = rows[0]?.evaluation.ranges ?? [];
  const header = ['Abs Rel by depth', ...slices.map(({ fromM, toM }) => `${fromM}-${toM} m`)];
  const body = rows.map(({ name, evaluation }) => [
    name,
    ...evaluation.ranges.map(({ absRel }) => formatCell(absRel, 3)),
  ]);
  return formatCells(header, body, format);
}

function formatCell(value: number | undefined, digits: number): string {
  return value === undefined || Number.isNaN(value) ? '-' : value.toFixed(digits);
}

function formatCells(
  header: readonly string[],
  body: readonly (readonly string[])[],
  format: 'table' | 'markdown' | 'csv',
): string {
  const lines = [header, ...body];
  if (format === 'csv') return lines.map((cells) => cells.map(quoteCsv).join(',')).join('\n');
  const widths = header.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)));
  const text = lines.map((cells) =>
    cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))),
  );
  if (format === 'table') return text.map((cells) => cells.join('  ').trimEnd()).join('\n');
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [text[0]!, rule, ...text.slice(1)].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function quoteCsv(cell: string): string {
  return /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
