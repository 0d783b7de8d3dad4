import '../base/no-telemetry.js';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { CyclopsError, messageOf } from '../base/errors.js';

/** An ONNX graph opened on the CPU, for checks at export time. */
export interface OnnxRun {
  /** @param data one input; uint8 or float32. @returns the first output. */
  run(data: Uint8Array | Float32Array, shape: readonly number[]): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Opens the bytes of an ONNX file in ONNX Runtime on the CPU.
 * @throws CyclopsError `MODEL_INVALID` if ONNX Runtime refuses it.
 */
export async function openOnnx(bytes: Uint8Array, owner: string): Promise<OnnxRun> {
  let session: InferenceSession;
  try {
    session = await InferenceSession.create(bytes, { executionProviders: ['cpu'], logSeverityLevel: 3 });
  } catch (error) {
    throw new CyclopsError('MODEL_INVALID', `${owner}: ONNX Runtime refuses the graph: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const inputName = session.inputNames[0]!;
  const outputName = session.outputNames[0]!;
  return {
    async run(data, shape) {
      const tensor = data instanceof Uint8Array ? new Tensor('uint8', data, shape) : new Tensor('float32', data, shape);
      const results = await session.run({ [inputName]: tensor });
      const output = results[outputName]?.data;
      if (!(output instanceof Float32Array)) {
        throw new CyclopsError(
          'MODEL_INVALID',
          `${owner}: expected a float32 output, found ${results[outputName]?.type}`,
        );
      }
      return output;
    },
    close: () => session.release(),
  };
}
