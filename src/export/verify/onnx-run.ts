import '../../base/no-telemetry.js';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { CyclopsError, messageOf } from '../../base/errors.js';

/** An ONNX graph opened on the CPU, for checks at export time. */
export interface OnnxRun {
  /** @param data one input; uint8 or float32. @returns the first output. */
  run(data: Uint8Array | Float32Array, shape: readonly number[]): Promise<Float32Array>;
  /** The same, with every output of the graph by name; all of them float32. */
  runAll(data: Uint8Array | Float32Array, shape: readonly number[]): Promise<ReadonlyMap<string, Float32Array>>;
  /** @param feeds float32 by input name. @returns every output by name; all must be float32. */
  runTensors(
    feeds: ReadonlyMap<string, { readonly data: Float32Array; readonly shape: readonly number[] }>,
  ): Promise<ReadonlyMap<string, Float32Array>>;
  close(): Promise<void>;
}

/** How a session is opened, where that matters. */
export interface OnnxRunOptions {
  /** Threads of one operator; all cores unless given. */
  readonly threads?: number;
  /** Where to write the graph as ONNX Runtime runs it, after its own fusions. */
  readonly optimizedPath?: string;
}

/**
 * Opens the bytes of an ONNX file in ONNX Runtime on the CPU.
 * @throws CyclopsError `MODEL_INVALID` if ONNX Runtime refuses it.
 */
export async function openOnnx(bytes: Uint8Array, owner: string, options: OnnxRunOptions = {}): Promise<OnnxRun> {
  const { threads, optimizedPath } = options;
  let session: InferenceSession;
  try {
    session = await InferenceSession.create(bytes, {
      executionProviders: ['cpu'],
      logSeverityLevel: 3,
      ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
      ...(optimizedPath === undefined ? {} : { optimizedModelFilePath: optimizedPath }),
    });
  } catch (error) {
    throw new CyclopsError('MODEL_INVALID', `${owner}: ONNX Runtime refuses the graph: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const inputName = session.inputNames[0]!;
  const outputName = session.outputNames[0]!;
  const runAll: OnnxRun['runAll'] = async (data, shape) => {
    const tensor = data instanceof Uint8Array ? new Tensor('uint8', data, shape) : new Tensor('float32', data, shape);
    const results = await session.run({ [inputName]: tensor });
    return new Map(
      session.outputNames.map((name) => {
        const output = results[name]?.data;
        if (output instanceof Float32Array) return [name, output];
        throw new CyclopsError(
          'MODEL_INVALID',
          `${owner}: expected float32 in output ${name}, found ${results[name]?.type}`,
        );
      }),
    );
  };
  return {
    run: async (data, shape) => (await runAll(data, shape)).get(outputName)!,
    runAll,
    async runTensors(feeds) {
      const tensors = [...feeds].map(([name, { data, shape }]) => [name, new Tensor('float32', data, shape)] as const);
      const results = await session.run(Object.fromEntries(tensors));
      return new Map(
        session.outputNames.map((name) => {
          const { data } = results[name]!;
          if (data instanceof Float32Array) return [name, data];
          throw new CyclopsError(
            'MODEL_INVALID',
            `${owner}: expected float32 for ${name}, found ${results[name]!.type}`,
          );
        }),
      );
    },
    close: () => session.release(),
  };
}
