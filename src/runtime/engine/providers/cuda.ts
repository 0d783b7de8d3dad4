import { z } from 'zod';
import { defineProvider, missingOfNvidia, nothingOnCpu } from './provider.js';

/** Settings of ONNX Runtime's CUDA execution provider; what is absent is not sent. */
const schema = z.strictObject({
  /** Ordinal of the GPU. */
  deviceId: z.int().min(0).max(127).optional(),
  /** Most memory that the arena takes, bytes. */
  memoryLimitBytes: z.int().positive().optional(),
  /** Grow the arena by doubling, or by what is asked for. */
  arenaExtend: z.enum(['kNextPowerOfTwo', 'kSameAsRequested']).optional(),
  /** How convolution kernels are chosen: all tried, a guess, or the default one. */
  convolutionSearch: z.enum(['EXHAUSTIVE', 'HEURISTIC', 'DEFAULT']).optional(),
  /** Let convolutions take as much scratch memory as they like. */
  convolutionMaxWorkspace: z.boolean().optional(),
  /** Round inputs of matrix products to 10 bits of mantissa, on Ampere and later. */
  tf32: z.boolean().optional(),
  /** Record all launches of a run once and replay them. Refused for now: `cudaGraphRefusal` in settings.ts. */
  cudaGraph: z.boolean().optional(),
});

/** CUDA kernels for each operator; its library comes with ONNX Runtime's, the driver with the machine. */
export const cuda = defineProvider({
  name: 'cuda',
  title: 'CUDA',
  device: 'gpu',
  ortName: 'CUDAExecutionProvider',
  sessionEntries: nothingOnCpu,
  settings: {
    field: 'cuda',
    schema,
    functions: {
      create: 'CreateCUDAProviderOptions',
      update: 'UpdateCUDAProviderOptions',
      append: 'SessionOptionsAppendExecutionProvider_CUDA_V2',
      release: 'ReleaseCUDAProviderOptions',
    },
    keysAndValues,
  },
  buildsEngines: false,
  missing: missingOfNvidia,
});

/** The settings as the provider's keys and values. */
function keysAndValues(options: z.output<typeof schema>): Readonly<Record<string, string>> {
  const pairs: readonly [key: string, value: string | number | boolean | undefined][] = [
    ['arena_extend_strategy', options.arenaExtend],
    ['cudnn_conv_algo_search', options.convolutionSearch],
    ['cudnn_conv_use_max_workspace', options.convolutionMaxWorkspace],
    ['device_id', options.deviceId],
    ['enable_cuda_graph', options.cudaGraph],
    ['gpu_mem_limit', options.memoryLimitBytes],
    ['use_tf32', options.tf32],
  ];
  return Object.fromEntries(
    pairs.flatMap(([key, value]) => {
      if (value === undefined) return [];
      return [[key, typeof value === 'boolean' ? (value ? '1' : '0') : String(value)]];
    }),
  );
}
