import { CyclopsError } from '../../base/errors.js';
import type { Graph } from '../graph/graph.js';
import { encodeModel } from '../graph/proto.js';
import { openOnnx } from '../verify/onnx-run.js';

/** How far a graph of reduced precision is from its fp32 graph: |reduced - fp32| / fp32 of the depth, over all pixels. */
export interface PrecisionDifference {
  readonly frames: number;
  readonly meanRelative: number;
  /** +Infinity where a depth is not a finite number. */
  readonly maxRelative: number;
}

/**
 * From what difference an export fails. fp16 keeps every pixel; int8 keeps the image, and single pixels at depth edges may
 * move by up to half of their depth (0.2 to 0.3 is usual).
 */
const differenceLimits = {
  fp16: { maxRelative: 0.05 },
  int8: { meanRelative: 0.05, maxRelative: 0.5 },
} as const satisfies Readonly<Record<string, Partial<PrecisionDifference>>>;

/** Runs both graphs in ONNX Runtime on the same frames. */
export async function measureDifference(
  exact: Graph,
  reduced: Graph,
  frames: readonly Uint8Array[],
): Promise<PrecisionDifference> {
  const open = (graph: Graph, what: string) =>
    openOnnx(encodeModel(graph, { producerVersion: '', metadata: {} }), `${graph.name} (${what})`);
  const expected = await open(exact, 'fp32');
  const found = await open(reduced, 'reduced precision').catch(async (error) => {
    await expected.close();
    throw error;
  });
  let sum = 0;
  let pixels = 0;
  let maxRelative = 0;
  try {
    for (const frame of frames) {
      const expectedM = await expected.run(frame, exact.inputs[0]!.shape);
      const foundM = await found.run(frame, exact.inputs[0]!.shape);
      for (let pixel = 0; pixel < expectedM.length; pixel++) {
        // Where the exact graph does not look, neither may the other.
        if (Number.isNaN(expectedM[pixel]) && Number.isNaN(foundM[pixel])) continue;
        const relative = Math.abs(foundM[pixel]! - expectedM[pixel]!) / expectedM[pixel]!;
        pixels++;
        const difference = Number.isFinite(relative) ? relative : Number.POSITIVE_INFINITY;
        sum += difference;
        maxRelative = Math.max(maxRelative, difference);
      }
    }
  } finally {
    await expected.close();
    await found.close();
  }
  return { frames: frames.length, meanRelative: sum / pixels, maxRelative };
}

/** Throws `PRECISION_UNFIT` where a difference is over the limit of its precision. */
export function assertDifference(difference: PrecisionDifference, precision: 'fp16' | 'int8', name: string): void {
  for (const [key, limit] of Object.entries(differenceLimits[precision])) {
    const found = difference[key as keyof PrecisionDifference];
    if (found <= limit) continue;
    const what = key === 'meanRelative' ? 'mean' : 'largest';
    throw new CyclopsError(
      'PRECISION_UNFIT',
      `${name}: ${what} relative difference of ${precision} to fp32 over ${difference.frames} frames: expected at most ${limit}, found ${found.toPrecision(3)}; nothing was written`,
      { details: { ...difference } },
    );
  }
}
