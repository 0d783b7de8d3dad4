import { CyclopsError } from '../../base/errors.js';
import { elementCount, type Graph, type Value } from '../graph/graph.js';
import { encodeModel } from '../graph/proto.js';
import { openOnnx } from '../verify/onnx-run.js';
import { Histogram } from './histogram.js';

/** Smallest and largest number of a tensor. */
export interface ValueRange {
  readonly min: number;
  readonly max: number;
}

/**
 * Runs the fp32 graph in ONNX Runtime on real frames and counts what each of the given inner values holds, in one pass.
 * @param values inner float32 values of the graph.
 * @param frames uint8 images as the graph's input takes them; at least one.
 * @throws CyclopsError `DATA_EMPTY` without frames, `DATA_INVALID` for one of another size; `PRECISION_UNFIT` naming a value that is not finite; `MODEL_INVALID`.
 */
export async function captureHistograms(
  graph: Graph,
  values: readonly Value[],
  frames: readonly Uint8Array[],
): Promise<ReadonlyMap<string, Histogram>> {
  if (frames.length === 0) throw new CyclopsError('DATA_EMPTY', 'calibration: expected at least one frame, found none');
  const outputs = [
    ...graph.outputs,
    ...values.filter(({ name }) => graph.outputs.every((output) => output.name !== name)),
  ];
  const bytes = encodeModel({ ...graph, outputs }, { producerVersion: '', metadata: {} });
  const shape = graph.inputs[0]!.shape;
  const histograms = new Map(values.map(({ name }) => [name, new Histogram()]));
  const session = await openOnnx(bytes, `${graph.name} for calibration`);
  try {
    for (const [index, frame] of frames.entries()) {
      const size = elementCount(shape);
      if (frame.length !== size) {
        throw new CyclopsError(
          'DATA_INVALID',
          `calibration frame ${index}: expected ${size} bytes for [${shape.join(', ')}], found ${frame.length}`,
        );
      }
      const results = await session.runAll(frame, shape);
      for (const [name, histogram] of histograms) {
        const data = results.get(name)!;
        const fault = data.find((number) => !Number.isFinite(number));
        if (fault !== undefined) {
          throw new CyclopsError(
            'PRECISION_UNFIT',
            `calibration frame ${index}: expected finite numbers in tensor ${name}, found ${fault}`,
          );
        }
        histogram.add(data);
      }
    }
    return histograms;
  } finally {
    await session.close();
  }
}
