import type { Evaluation } from './evaluate.js';
import type { DepthMetrics, DisparityMetrics } from './metrics.js';
import { disparityMetrics } from './metrics.js';

/** One line of a table: a method and what was measured of it. */
export interface TableRow {
  readonly name: string;
  readonly images: number;
  readonly depth: DepthMetrics | undefined;
  readonly disparity: DisparityMetrics | undefined;
}

/** How tables are written. */
export type TableFormat = 'table' | 'markdown' | 'csv' | 'json';

/** A metric of the tables: its heading, where it is found, and how it is written. */
interface Column {
  readonly title: string;
  readonly read: (row: TableRow) => number | undefined;
  readonly digits: number;
}

/** All metrics by name; lower is better unless the name begins with `delta`. */
export const columns = {
  absRel: { title: 'Abs Rel', read: (row) => row.depth?.absRel, digits: 3 },
  sqRel: { title: 'Sq Rel', read: (row) => row.depth?.sqRel, digits: 3 },
  rmse: { title: 'RMSE m', read: (row) => row.depth?.rmse, digits: 3 },
  rmseLog: { title: 'RMSE log', read: (row) => row.depth?.rmseLog, digits: 3 },
  silog: { title: 'SILog', read: (row) => row.depth?.silog, digits: 2 },
  sqErrorRel: { title: 'sqErrorRel %', read: (row) => row.depth?.sqErrorRel, digits: 2 },
  absErrorRel: { title: 'absErrorRel %', read: (row) => percent(row.depth?.absRel), digits: 2 },
  iRmse: { title: 'iRMSE 1/km', read: (row) => row.depth?.iRmse, digits: 2 },
  log10: { title: 'log10', read: (row) => row.depth?.log10, digits: 3 },
  log10Rms: { title: 'log10 rms', read: (row) => row.depth?.log10Rms, digits: 3 },
  delta1: { title: 'd1', read: (row) => row.depth?.delta1, digits: 3 },
  delta2: { title: 'd2', read: (row) => row.depth?.delta2, digits: 3 },
  delta3: { title: 'd3', read: (row) => row.depth?.delta3, digits: 3 },
  d1Bg: { title: 'D1-bg %', read: (row) => percent(row.disparity?.d1Bg), digits: 2 },
  d1Fg: { title: 'D1-fg %', read: (row) => percent(row.disparity?.d1Fg), digits: 2 },
  d1: { title: 'D1 %', read: (row) => percent(row.disparity?.d1), digits: 2 },
  epe: { title: 'EPE px', read: (row) => row.disparity?.epePx, digits: 2 },
  bad1: { title: 'bad-1 %', read: (row) => percent(row.disparity?.bad1), digits: 2 },
  bad2: { title: 'bad-2 %', read: (row) => percent(row.disparity?.bad2), digits: 2 },
  bad3: { title: 'bad-3 %', read: (row) => percent(row.disparity?.bad3), digits: 2 },
} as const satisfies Readonly<Record<string, Column>>;

/** The name of a metric. */
export type ColumnName = keyof typeof columns;

/** The columns of a table that follows no protocol: all that any data have. */
export const generalColumns: readonly ColumnName[] = [
  ...(['absRel', 'sqRel', 'rmse', 'rmseLog', 'silog', 'delta1', 'delta2', 'delta3'] as const),
  ...(['d1', 'epe', 'bad1', 'bad2', 'bad3'] as const),
];

/** A row of metrics from elsewhere, in the units of `columns`. */
export interface MetricRow {
  readonly name: string;
  readonly metrics: Readonly<Partial<Record<ColumnName, number>>>;
}

function percent(share: number | undefined): number | undefined {
  return share === undefined ? undefined : share * 100;
}

/** One metric of a row, in the unit of its heading. */
export function metricOf(row: TableRow, name: ColumnName): number | undefined {
  const value = columns[name].read(row);
  return value === undefined || Number.isNaN(value) ? undefined : value;
}

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
export function imageRows(evaluation: Pick<Evaluation, 'images'>): TableRow[] {
  return evaluation.images.map(({ id, depth, disparity }) => ({
    name: id,
    images: 1,
    depth,
    disparity: disparityMetrics(disparity),
  }));
}

/** How the body of a table is put together. */
export interface TableOptions {
  /** Which metrics; `generalColumns` unless given. */
  readonly columns?: readonly ColumnName[];
  /** Published rows to stand below ours. */
  readonly published?: readonly MetricRow[];
}

/** Rows as text columns, Markdown or CSV; d1, d2, d3 are the shares within 1.25, 1.25^2, 1.25^3. */
export function formatTable(
  rows: readonly TableRow[],
  format: Exclude<TableFormat, 'json'>,
  options: TableOptions = {},
): string {
  const { header, body } = tableCells(rows, options);
  return formatCells(header, body, format);
}

/** The cells of a table as text: what `formatTable` lays out. */
export function tableCells(
  rows: readonly TableRow[],
  { columns: names = generalColumns, published = [] }: TableOptions = {},
): { readonly header: readonly string[]; readonly body: readonly (readonly string[])[] } {
  return {
    header: ['method', 'images', ...names.map((name) => columns[name].title)],
    body: [
      ...rows.map((row) => [
        row.name,
        String(row.images),
        ...names.map((name) => formatCell(columns[name].read(row), columns[name].digits)),
      ]),
      ...published.map((row) => [
        row.name,
        '-',
        ...names.map((name) => formatCell(row.metrics[name], columns[name].digits)),
      ]),
    ],
  };
}

/** Abs Rel by true depth, one line a method. */
export function formatRanges(rows: readonly RangeRow[], format: Exclude<TableFormat, 'json'>): string {
  const { header, body } = rangeCells(rows);
  return formatCells(header, body, format);
}

/** A method whose Abs Rel is reported by depth. */
export interface RangeRow {
  readonly name: string;
  readonly evaluation: Pick<Evaluation, 'ranges'>;
}

/** The cells of the table of Abs Rel by true depth. */
export function rangeCells(rows: readonly RangeRow[]): {
  readonly header: readonly string[];
  readonly body: readonly (readonly string[])[];
} {
  const slices = rows[0]?.evaluation.ranges ?? [];
  return {
    header: ['Abs Rel by depth', ...slices.map(({ fromM, toM }) => `${fromM}-${toM} m`)],
    body: rows.map(({ name, evaluation }) => [name, ...evaluation.ranges.map(({ absRel }) => formatCell(absRel, 3))]),
  };
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
