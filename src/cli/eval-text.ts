import { CyclopsError } from '../base/errors.js';
import type { DepthTruth } from '../data/sample.js';
import type { Evaluation } from '../eval/evaluate.js';
import type { ProtocolName } from '../eval/protocols/index.js';
import { protocols } from '../eval/protocols/index.js';
import type { ReferenceRow } from '../eval/reference-rows.js';
import { referenceRowsFor } from '../eval/reference-rows.js';
import type { EvaluationReport, ReportImage, ReportTable } from '../eval/report.js';
import type { ColumnName, TableFormat, TableRow } from '../eval/tables.js';
import {
  columns,
  formatRanges,
  formatTable,
  generalColumns,
  imageRows,
  metricOf,
  rangeCells,
  rowOf,
  tableCells,
} from '../eval/tables.js';

/** One method measured by one or more sets of rules. */
export interface Measured {
  readonly name: string;
  readonly data: string;
  /** Absent where metrics follow no published protocol. */
  readonly protocol: ProtocolName | undefined;
  readonly truth: DepthTruth | undefined;
  readonly variants: readonly { readonly label: string; readonly evaluation: Evaluation }[];
  readonly isFlipTta: boolean;
}

const truthText: Readonly<Record<DepthTruth, string>> = {
  'lidar-z': 'true depth: scans along the camera axis',
  'lidar-forward': "true depth: scans along the lidar's forward axis",
  annotated: 'true depth: improved ground truth',
  none: '',
};

/** The metric by which images are put in order, and whether large is bad: it is, for all of them. */
function worstBy({ protocol, variants }: Measured): ColumnName {
  if (protocol !== undefined) return protocols[protocol].worstBy;
  const depth = variants[0]?.evaluation.depth;
  return depth === undefined || Number.isNaN(depth.absRel) ? 'd1' : 'absRel';
}

/** The result as it is printed: table, Abs Rel by depth and the rules; with `isPerImage`, a line an image, worst first. */
export function formatMeasured(measured: Measured, format: TableFormat, isPerImage: boolean): string {
  if (format === 'json') return JSON.stringify(jsonOf(measured, isPerImage), null, 2);
  const names = columnsOf(measured);
  const published = publishedRows(measured);
  const rows = [...(isPerImage ? worstFirst(measured) : []), ...rowsOf(measured)];
  const table = formatTable(rows, format, { columns: names, published: published.map(named) });
  if (format === 'csv') return table;
  const parts = [table];
  if (hasDepth(names)) {
    parts.push(
      formatRanges(
        measured.variants.map((variant) => ({ ...variant, name: nameOf(measured, variant.label) })),
        format,
      ),
    );
  }
  return [...parts, notesOf(measured).join('\n')].join('\n\n');
}

/** The result as a page: tables, every image worst first, sheets. */
export function reportOf(measured: Measured, images: readonly ReportImage[]): EvaluationReport {
  const names = columnsOf(measured);
  const main = tableCells(rowsOf(measured), { columns: names, published: publishedRows(measured).map(named) });
  const tables: ReportTable[] = [{ title: 'Metrics', ...main }];
  if (hasDepth(names)) {
    const cells = rangeCells(
      measured.variants.map((variant) => ({ ...variant, name: nameOf(measured, variant.label) })),
    );
    tables.push({ title: 'Abs Rel by true depth', ...cells });
  }
  tables.push({
    title: `Every image, worst ${columns[worstBy(measured)].title} first`,
    ...tableCells(worstFirst(measured), { columns: names }),
  });
  return {
    title: `${measured.name} on ${measured.data}`,
    facts: [
      ['protocol', measured.protocol === undefined ? 'none' : protocols[measured.protocol].title],
      ...notesOf(measured).map((note, i): [string, string] => [i === 0 ? 'rules' : 'note', note]),
      ['data fingerprint', measured.variants[0]?.evaluation.fingerprint.slice(0, 16) ?? ''],
    ],
    tables,
    images,
  };
}

/** Why pairs do not count: a line a reason, with how many it holds for and the first of them. */
export function skippedLines(skipped: Evaluation['skipped']): string[] {
  const byReason = new Map<string, string[]>();
  for (const { id, reason } of skipped) byReason.set(reason, [...(byReason.get(reason) ?? []), id]);
  return [...byReason].map(([reason, ids]) => {
    const names = ids.slice(0, 3).join(', ');
    return `skipped ${ids.length} ${ids.length === 1 ? 'pair' : 'pairs'}: ${reason} (${names}${ids.length > 3 ? ', ...' : ''})`;
  });
}

function columnsOf({ protocol }: Measured): readonly ColumnName[] {
  return protocol === undefined ? generalColumns : protocols[protocol].columns;
}

function hasDepth(names: readonly ColumnName[]): boolean {
  return names.includes('absRel');
}

function nameOf({ name, variants, protocol }: Measured, label: string): string {
  return variants.length > 1 || protocol !== undefined ? `${name} (${label})` : name;
}

function rowsOf(measured: Measured): TableRow[] {
  return measured.variants.map(({ label, evaluation }) => rowOf(nameOf(measured, label), evaluation));
}

/** The images of the first set of rules that has any. */
function worstFirst(measured: Measured): TableRow[] {
  const metric = worstBy(measured);
  const counted = measured.variants.find(({ evaluation }) => evaluation.images.length > 0);
  if (counted === undefined) return [];
  return imageRows(counted.evaluation).sort(
    (a, b) => (metricOf(b, metric) ?? Number.NEGATIVE_INFINITY) - (metricOf(a, metric) ?? Number.NEGATIVE_INFINITY),
  );
}

function publishedRows({ protocol, truth, variants }: Measured): readonly ReferenceRow[] {
  if (protocol === undefined) return [];
  return variants.flatMap(({ label }) => referenceRowsFor(protocol, label, truth));
}

function named(row: ReferenceRow): ReferenceRow {
  return { ...row, name: `${row.name} (${row.variant}) [${row.source}]` };
}

function notesOf({ variants, protocol, truth, isFlipTta }: Measured): string[] {
  const first = variants[0]!.evaluation;
  const crop = first.crop === 'none' ? 'no crop' : `${first.crop} crop`;
  const caps = [...new Set(variants.map(({ evaluation }) => evaluation.maxDepthM))].join(' and ');
  const pixels =
    protocol !== undefined && variants.length > 1 && first.pixels === 'noc'
      ? 'pixels as named'
      : first.pixels === 'noc'
        ? 'pixels seen by both views'
        : 'all pixels with truth';
  const notes = [
    `${pixels}, depth to ${caps} m, ${crop}; ${(first.density * 100).toFixed(1)} % predicted, the rest filled`,
  ];
  if (truth !== undefined && truth !== 'none') notes.push(truthText[truth]);
  if (isFlipTta) notes.push('flip test-time augmentation: each prediction averaged with that of the mirrored image');
  const unpredicted = first.skipped.filter(({ reason }) => reason.startsWith('nothing was predicted')).length;
  if (unpredicted > 0)
    notes.push(
      `${unpredicted} of ${first.images.length + unpredicted} images do not count: nothing was predicted in them`,
    );
  for (const { label, evaluation } of variants) {
    if (evaluation.scale === undefined) continue;
    const { median, spread } = evaluation.scale;
    notes.push(
      `${label}: each image scaled by the median; factors' middle ${median.toFixed(3)}, spread ${spread.toFixed(3)}`,
    );
  }
  return notes;
}

function jsonOf(measured: Measured, isPerImage: boolean): unknown {
  const [only, ...more] = measured.variants;
  const totals = ({ images, ...rest }: Evaluation): object => ({
    count: images.length,
    ...rest,
    ...(isPerImage ? { images } : {}),
  });
  if (only === undefined) throw new CyclopsError('DATA_INVALID', 'nothing was measured');
  if (measured.protocol === undefined && more.length === 0) return { name: measured.name, ...totals(only.evaluation) };
  return {
    name: measured.name,
    protocol: measured.protocol ?? null,
    truth: measured.truth ?? null,
    flipTta: measured.isFlipTta,
    variants: measured.variants.map(({ label, evaluation }) => ({ label, ...totals(evaluation) })),
    published: publishedRows(measured),
  };
}
