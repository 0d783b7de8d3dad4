import { percentile } from '../base/statistics.js';
import type { RgbImage } from '../geometry/raster.js';
import { createRgbImage } from '../geometry/raster.js';
import type { Rgb } from './font.js';
import { characterHeight, drawText, fillRect, textWidth } from './font.js';

/** One distribution: a panel of its own, below the one before, on the same axis. */
export interface HistogramSeries {
  readonly name: string;
  readonly values: readonly number[];
}

/** What the plot shows. */
export interface HistogramPlotOptions {
  readonly title: string;
  /** Unit of the values, written at the axis. */
  readonly unit: string;
  readonly series: readonly HistogramSeries[];
  readonly width?: number;
}

const background: Rgb = [255, 255, 255];
const ink: Rgb = [40, 40, 48];
const faint: Rgb = [222, 222, 228];
const barColors: readonly Rgb[] = [
  [62, 110, 190],
  [210, 120, 60],
  [70, 150, 110],
  [150, 90, 160],
];
const markColor: Rgb = [190, 30, 45];
const margin = 24;
const panelHeight = 150;
const panelGap = 66;
const textScale = 2;
const lineHeight = (characterHeight + 2) * textScale;

/**
 * Histograms one above the other on one axis, with lines at p50, p90 and p99. The axis goes from the smallest value to
 * a little beyond the largest p99; what lies beyond is counted in the last bar, and said so.
 */
export function plotHistograms(options: HistogramPlotOptions): RgbImage {
  const { title, unit, width = 1000 } = options;
  const series = options.series.filter(({ values }) => values.length > 0);
  const top = margin + 2 * lineHeight;
  const image = createRgbImage(width, top + series.length * (panelHeight + panelGap) + margin);
  fillRect(image, 0, 0, image.width, image.height, background);
  drawText(image, margin, margin, title, ink, textScale);
  const axis = axisFor(series, width - 2 * margin);
  for (const [index, one] of series.entries()) {
    const y = top + index * (panelHeight + panelGap);
    drawPanel(image, y, one, axis, unit, barColors[index % barColors.length]!);
  }
  return image;
}

interface Axis {
  readonly low: number;
  readonly high: number;
  readonly pixels: number;
  readonly step: number;
}

function axisFor(series: readonly HistogramSeries[], pixels: number): Axis {
  const lowest = Math.min(...series.map(({ values }) => percentile(values, 0)));
  const largest = Math.max(...series.map(({ values }) => percentile(values, 100)));
  const highest = Math.min(
    largest,
    lowest + 1.4 * (Math.max(...series.map(({ values }) => percentile(values, 99))) - lowest),
  );
  const step = niceStep(Math.max(highest - lowest, 1e-3) / 8);
  return { low: Math.floor(lowest / step) * step, high: Math.ceil(highest / step + 1e-9) * step, pixels, step };
}

function drawPanel(image: RgbImage, y: number, series: HistogramSeries, axis: Axis, unit: string, color: Rgb): void {
  const { name, values } = series;
  const barWidth = 4;
  const counts = binCounts(values, axis, Math.floor(axis.pixels / barWidth));
  const most = Math.max(...counts);
  const bottom = y + lineHeight + panelHeight;
  const place = (value: number): number =>
    margin + Math.round(((Math.min(value, axis.high) - axis.low) / (axis.high - axis.low)) * axis.pixels);
  drawText(image, margin, y, `${name} (${values.length})`, ink, textScale);
  for (let tick = axis.low; tick <= axis.high + axis.step / 2; tick += axis.step) {
    fillRect(image, place(tick), y + lineHeight, 1, panelHeight, faint);
    const label = `${Number(tick.toPrecision(6))}${tick + axis.step / 2 > axis.high ? ` ${unit}` : ''}`;
    const x = Math.min(
      image.width - textWidth(label, textScale),
      place(tick) - Math.floor(textWidth(label, textScale) / 2),
    );
    drawText(image, Math.max(2, x), bottom + 6, label, ink, textScale);
  }
  for (const [bin, count] of counts.entries()) {
    // A single frame must be seen beside thousands: at least two pixels.
    const height = count === 0 ? 0 : Math.max(2, Math.round((count / most) * (panelHeight - 8)));
    fillRect(image, margin + bin * barWidth, bottom - height, barWidth - 1, height, color);
  }
  fillRect(image, margin, bottom, axis.pixels, 1, ink);
  drawMarks(image, y, values, place, unit);
  const beyond = values.filter((value) => value > axis.high).length;
  if (beyond > 0) {
    const note = `${beyond} beyond, up to ${percentile(values, 100).toFixed(1)} ${unit}`;
    drawText(image, image.width - margin - textWidth(note), y + lineHeight + 2, note, ink);
  }
}

/** Lines at the percentiles; their words stand in the row of the name, each to the right of the one before. */
function drawMarks(
  image: RgbImage,
  y: number,
  values: readonly number[],
  place: (value: number) => number,
  unit: string,
): void {
  const marks = [50, 90, 99].map((percent) => ({ percent, value: percentile(values, percent) }));
  const label = marks.map(({ percent, value }) => `p${percent} ${value.toFixed(1)}`).join('  ');
  const text = `${label} ${unit}`;
  drawText(image, image.width - margin - textWidth(text, textScale), y, text, markColor, textScale);
  for (const { value } of marks) fillRect(image, place(value), y + lineHeight, 2, panelHeight, markColor);
}

/** How many values fall into each of `bins` equal parts of the axis; those beyond its end into the last one. */
function binCounts(values: readonly number[], { low, high }: Axis, bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    const bin = Math.floor(((value - low) / (high - low)) * bins);
    counts[Math.min(bins - 1, Math.max(0, bin))]!++;
  }
  return counts;
}

/** 1, 2 or 5 times a power of ten, not below `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((digit) => digit * power).find((step) => step >= least * 0.999)!;
}
