import { formatTable } from '../src/base/format.js';
import { median } from '../src/base/statistics.js';

export { median, percentile, summarise } from '../src/base/statistics.js';

/** What the headline is compared with: `{ op: '>=', value: 0.95 }`. */
export interface Target {
  readonly op: '>=' | '<=';
  readonly value: number;
}

/** Anything JSON can hold. NaN and Infinity are not among it: write null. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What one benchmark found. */
export interface BenchResult {
  /** What `value` is, in words: `streaming / bare frames per second`. */
  readonly headline: string;
  readonly value: number;
  /** Unit of `value`; `ratio` for a plain number. */
  readonly unit: string;
  /** Null where the number is only reported. */
  readonly target: Target | null;
  readonly details: Json;
}

/** One question about speed or memory, answered by measuring. Heavy modules are loaded inside `run`, never on import. */
export interface Bench {
  readonly name: string;
  /** One sentence that ends in a question mark. */
  readonly question: string;
  /** Measures, prints tables for people on standard output, and returns the headline. */
  run(): Promise<BenchResult>;
}

/** Median and extremes of repeated measurements of one contender. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly values: readonly number[];
}

/** Subject against baseline, measured in turn. */
export interface Comparison {
  readonly subject: Spread;
  readonly baseline: Spread;
  /** Median over the rounds of subject / baseline of the same round: drift of the machine cancels. */
  readonly ratio: number;
  /** Smallest and largest ratio of a round: how far to trust the median. */
  readonly ratioMin: number;
  readonly ratioMax: number;
}

/**
 * Measures subject and baseline in turn, `rounds` times each. Which of them goes first changes from round to round, so
 * neither always gets the warmer machine.
 * @param subject, baseline run once and return the measurement (a rate, a time, bytes: the same unit for both).
 */
export async function alternate(
  subject: () => number | Promise<number>,
  baseline: () => number | Promise<number>,
  rounds: number,
): Promise<Comparison> {
  const subjectValues: number[] = [];
  const baselineValues: number[] = [];
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) baselineValues.push(await baseline());
    subjectValues.push(await subject());
    if (round % 2 === 1) baselineValues.push(await baseline());
  }
  const ratios = subjectValues.map((value, index) => value / baselineValues[index]!);
  return {
    subject: spreadOf(subjectValues),
    baseline: spreadOf(baselineValues),
    ratio: median(ratios),
    ratioMin: Math.min(...ratios),
    ratioMax: Math.max(...ratios),
  };
}

/**
 * Milliseconds of CPU time a run of each contender, in turn, another one first in each round: what a busy machine
 * disturbs least. @returns one list a contender, one number a round.
 */
export async function processorTimes(
  contenders: readonly (() => Promise<unknown>)[],
  rounds: number,
  runs: number,
): Promise<readonly (readonly number[])[]> {
  const times = contenders.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const index = (turn + round) % contenders.length;
      const start = process.cpuUsage();
      for (let run = 0; run < runs; run++) await contenders[index]!();
      const { user, system } = process.cpuUsage(start);
      times[index]!.push((user + system) / 1000 / runs);
    }
  }
  return times;
}

/** Median and extremes of repeated measurements. */
export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values), values };
}

/** Whether a result meets its target; one without a target always does, NaN never. */
export function meetsTarget({ value, target }: Pick<BenchResult, 'value' | 'target'>): boolean {
  if (target === null) return true;
  return target.op === '>=' ? value >= target.value : value <= target.value;
}

/** The one JSON line a benchmark ends with; its keys are stable. `target` is written as `">= 0.95"` or null. */
export function resultLine(bench: string, result: BenchResult): string {
  const { headline, value, unit, target, details } = result;
  const targetText = target === null ? null : `${target.op} ${target.value}`;
  return JSON.stringify({ bench, headline, value, unit, target: targetText, ok: meetsTarget(result), details });
}

/** Prints a table on standard output, columns aligned, numbers to the right. */
export function printTable(header: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  process.stdout.write(`${formatTable(header, rows)}\n`);
}

/** A ratio, time or rate with four significant digits, for tables and JSON that people read. */
export function rounded(value: number, digits = 4): number {
  return Number.isFinite(value) ? Number(value.toPrecision(digits)) : value;
}
