import type { ActivationType, CalibrationMethod, PackagePrecision } from '../../model-package/schema.js';
import type { Graph } from '../graph/graph.js';
import { captureHistograms, type ValueRange } from './calibrate.js';
import { measureDifference, type PrecisionDifference } from './difference.js';
import { assertHalfRange, halfValuesOf, toHalf } from './half.js';
import type { Histogram } from './histogram.js';
import { calibratedValuesOf, planQuantization, type QuantizationPlan, quantize } from './quantize.js';
import { repeatPixels } from './repeat-pixels.js';
import { simulateHalf } from './simulate-half.js';
import { thinHead } from './thin-head.js';
import { rangeFrom } from './thresholds.js';

/** Images as the graph's input takes them, uint8 [1, H, W, C], and where they come from. */
export interface CalibrationFrames {
  readonly frames: readonly Uint8Array[];
  /** For people: a folder, or a description of data. */
  readonly source: string;
}

/** The precision of an exported graph, and what it takes to get there. */
export type PrecisionOptions =
  | { readonly kind: 'fp16'; readonly calibration: CalibrationFrames }
  | {
      readonly kind: 'int8';
      readonly calibration: CalibrationFrames;
      /** `entropy` unless given. */
      readonly method?: CalibrationMethod;
      /** `uint8`, for ONNX Runtime's CPU, unless given. */
      readonly activations?: ActivationType;
    };

/** What of a precision decides on the nodes of a graph. */
export type PrecisionKind = { readonly kind: 'fp16' } | { readonly kind: 'int8'; readonly activations: ActivationType };

/** A graph of reduced precision. */
export interface ReducedGraph {
  readonly graph: Graph;
  /** What `model.json` says of it. */
  readonly facts: PackagePrecision & { readonly precision: PrecisionOptions['kind'] };
  /** To the fp32 graph, over the calibration frames. */
  readonly difference: PrecisionDifference;
}

/**
 * The fp32 graph in fp16 or int8.
 * @throws CyclopsError `PRECISION_UNFIT` naming a tensor that does not fit, `EXPORT_UNSUPPORTED` for a graph without a
 * body, `DATA_EMPTY` without frames.
 */
export async function reducePrecision(exact: Graph, options: PrecisionOptions): Promise<ReducedGraph> {
  const { frames, source } = options.calibration;
  if (options.kind === 'fp16') {
    const histograms = await captureHistograms(exact, halfValuesOf(exact), frames);
    assertHalfRange(rangesFrom(histograms, 'minmax'));
    const difference = await measureDifference(exact, simulateHalf(exact), frames);
    return { graph: toHalf(exact), facts: { precision: 'fp16' }, difference };
  }
  const { method = 'entropy', activations = 'uint8' } = options;
  const plan = planQuantization(exact);
  const histograms = await captureHistograms(exact, calibratedValuesOf(exact, plan), frames);
  const graph = quantized(exact, plan, rangesFrom(histograms, method), activations);
  const quantization = { activations, calibration: method, frames: frames.length, data: source };
  return {
    graph,
    facts: { precision: 'int8', quantization },
    difference: await measureDifference(exact, graph, frames),
  };
}

/** The range of every histogram. */
export function rangesFrom(
  histograms: ReadonlyMap<string, Histogram>,
  method: CalibrationMethod,
): ReadonlyMap<string, ValueRange> {
  return new Map([...histograms].map(([name, histogram]) => [name, rangeFrom(histogram, method)]));
}

/**
 * The fp32 graph in fp16 or int8 with the nodes and types that it will have; what only frames tell is made up: every
 * calibrated tensor goes from 0 to 1.
 * @throws CyclopsError `EXPORT_UNSUPPORTED` for a graph without a body.
 */
export function outlineReduced(exact: Graph, precision: PrecisionKind): Graph {
  if (precision.kind === 'fp16') return toHalf(exact);
  const plan = planQuantization(exact);
  const ranges = new Map(calibratedValuesOf(exact, plan).map(({ name }) => [name, { min: 0, max: 1 }]));
  return quantized(exact, plan, ranges, precision.activations);
}

function quantized(
  exact: Graph,
  plan: QuantizationPlan,
  ranges: ReadonlyMap<string, ValueRange>,
  activations: ActivationType,
): Graph {
  const graph = quantize(exact, plan, ranges, activations);
  return activations === 'uint8' ? thinHead(repeatPixels(graph)) : graph;
}
