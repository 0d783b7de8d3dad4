import type { Writable } from 'node:stream';
import { z } from 'zod';
import { writeErrorFor } from '../../base/files.js';
import type { FloatMap } from '../../geometry/raster.js';
import type { DepthFrame, DepthUnit } from '../frame.js';
import { spansOf } from '../latency.js';
import { defineOutput, type Output } from './output.js';

/** The entry of the table. */
export const ndjson = defineOutput({
  name: 'ndjson',
  form: 'ndjson',
  help: 'one JSON line a frame on standard output: times, drops, depth over a grid',
  schema: z.strictObject({ kind: z.literal('ndjson') }),
  open: (_, { standardOutput }) => ndjsonOutput(standardOutput),
});

/** Depth is read at about this many points of a regular grid: cheap, and enough for a line of text. */
const gridColumns = 16;
const gridRows = 9;

/** One line of the output: what docs/streaming.md describes. */
export interface DepthLine {
  readonly camera: string;
  readonly sequence: number;
  readonly droppedBefore: number;
  readonly quality: string;
  readonly state: string;
  /** Stream time, ns, as text (64-bit numbers do not fit into JSON's); null where the source has none. */
  readonly ptsNs: string | null;
  /** CLOCK_MONOTONIC, ns, as text. */
  readonly timestamps: Readonly<Record<keyof DepthFrame['timestamps'], string>>;
  readonly ageMs: number;
  readonly inferMs: number;
  /** Metres over a grid of 16x9 points: nearest, median, farthest; and the median of the middle of the lower half. */
  readonly depthM?: GridSummary;
  /** In its place for a relative model: relative inverse depth, 0 far .. 1 near, without a unit. */
  readonly relativeInverseDepth?: GridSummary;
  /** Medians of the confidence at the same points; absent where the model gives none. */
  readonly confidence?: { readonly median: number; readonly ahead: number };
}

/** Smallest, middle and largest value of the grid; and the middle one of what lies ahead. */
export interface GridSummary {
  readonly min: number;
  readonly median: number;
  readonly max: number;
  readonly ahead: number;
}

/**
 * One JSON object a frame and line.
 * @param stream standard output, or any other; it is not closed. A reader that goes away ends the run: `WRITE_FAILED`.
 */
export function ndjsonOutput(stream: Writable): Output {
  let failure: Error | undefined;
  let wake = () => {};
  const onError = (error: Error) => {
    failure ??= error;
    wake();
  };
  const onDrain = () => wake();
  let unit: DepthUnit = 'metres';
  return {
    name: 'ndjson',
    releasesFrames: true,
    start: async (info) => {
      unit = info.unit;
      stream.on('error', onError).on('drain', onDrain);
    },
    publish: async (frame) => {
      if (failure === undefined && !stream.write(`${JSON.stringify(depthLine(frame, unit))}\n`)) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (failure !== undefined) throw writeErrorFor('standard output', failure);
    },
    stop: async () => {
      if (failure === undefined) {
        await new Promise<void>((resolve) =>
          stream.write('', (error) => {
            // Known here before the stream tells it as an event.
            failure ??= error ?? undefined;
            resolve();
          }),
        );
      }
      // The listener for errors stays: one that comes late shall not end the process.
      stream.off('drain', onDrain);
      if (failure !== undefined) throw writeErrorFor('standard output', failure);
    },
  };
}

/** The facts of one frame as a JSON-safe object. */
export function depthLine(frame: DepthFrame, unit: DepthUnit = 'metres'): DepthLine {
  const spans = spansOf(frame.timestamps);
  const { networkDepth, depthScale, confidence } = frame;
  const grid = sampleGrid(networkDepth, whole);
  const ahead = sampleGrid(networkDepth, roadAhead);
  const values = {
    min: rounded((grid[0] ?? Number.NaN) * depthScale),
    median: rounded(medianOf(grid) * depthScale),
    max: rounded((grid.at(-1) ?? Number.NaN) * depthScale),
    ahead: rounded(medianOf(ahead) * depthScale),
  };
  return {
    camera: frame.cameraId,
    sequence: frame.sequence,
    droppedBefore: frame.droppedBefore,
    quality: frame.quality,
    state: frame.state,
    ptsNs: frame.ptsNs === undefined ? null : String(frame.ptsNs),
    timestamps: {
      capture: String(frame.timestamps.capture),
      arrival: String(frame.timestamps.arrival),
      inferStart: String(frame.timestamps.inferStart),
      inferEnd: String(frame.timestamps.inferEnd),
      publish: String(frame.timestamps.publish),
    },
    ageMs: rounded(spans.age),
    inferMs: rounded(spans.infer),
    ...(unit === 'metres' ? { depthM: values } : { relativeInverseDepth: values }),
    ...(confidence === undefined
      ? {}
      : {
          confidence: {
            median: rounded(medianOf(sampleGrid(confidence, whole))),
            ahead: rounded(medianOf(sampleGrid(confidence, roadAhead))),
          },
        }),
  };
}

/** A part of the image, shares of its sides. */
interface Part {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const whole: Part = { left: 0, top: 0, right: 1, bottom: 1 };
/** The middle of the lower half. */
const roadAhead: Part = { left: 0.4, top: 0.5, right: 0.6, bottom: 0.8 };

/** What is known at the grid's points inside a part of a map, in rising order. */
function sampleGrid({ width, height, data }: FloatMap, { left, top, right, bottom }: Part): Float32Array {
  const samples = new Float32Array(gridColumns * gridRows);
  for (let row = 0; row < gridRows; row++) {
    const y = Math.floor((top + ((row + 0.5) * (bottom - top)) / gridRows) * height);
    for (let column = 0; column < gridColumns; column++) {
      const x = Math.floor((left + ((column + 0.5) * (right - left)) / gridColumns) * width);
      samples[row * gridColumns + column] = data[y * width + x]!;
    }
  }
  return samples.filter((value) => !Number.isNaN(value)).sort();
}

function medianOf(sorted: Float32Array): number {
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
