import { elapsedMs } from '../../base/clock.js';
import { compareGolden, type GoldenComparison, goldenInput } from '../../model-package/golden.js';
import type { ModelPackage } from '../../model-package/schema.js';
import type { Engine } from './engine.js';

/** What the first inference of a session told. */
export interface SelfTestResult extends GoldenComparison {
  /** Duration of that first inference, which also makes the runtime allocate: slower than those that follow. */
  readonly inferMs: number;
}

/**
 * Runs the package's golden image and compares depth at its probes: catches a wrong graph, a broken engine and a
 * provider that computes something else, before the first real frame.
 * @param tolerance relative; the package's own unless the engine computes in reduced precision.
 * @param reference of `compareGolden`.
 */
export async function selfTest(
  engine: Engine,
  model: ModelPackage,
  tolerance: number = model.golden.tolerance,
  reference?: Float32Array,
): Promise<SelfTestResult> {
  const { height, width, channels } = model.input;
  const input = Uint8Array.from(goldenInput(height, width, channels));
  const { depthM, inferStart, inferEnd } = await engine.infer(input);
  return { ...compareGolden(model, depthM, tolerance, reference), inferMs: elapsedMs(inferStart, inferEnd) };
}
