import { z } from 'zod';
import type { EngineKind } from './engine.js';

/** Settings of ONNX Runtime's CUDA execution provider; what is absent is not sent. */
export const cudaOptionsSchema = z.strictObject({
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
  /** Record all launches of a run once and replay them. Refused for now: `cudaGraphRefusal`. */
  cudaGraph: z.boolean().optional(),
});

/** Checked CUDA settings. */
export type CudaOptions = z.output<typeof cudaOptionsSchema>;

/**
 * Why no engine takes `cudaGraph: true` of CUDA or TensorRT yet, as the end of a sentence. A recorded graph reads and writes
 * the addresses of its recording in every run, so it needs input and output bound once, in device memory. The Node binding
 * has no IoBinding at all; `ort-capi` binds main memory, which
 * ONNX Runtime copies to another place of the device whenever it is bound.
 */
export function cudaGraphRefusal(kind: EngineKind): string {
  const lack =
    kind === 'ort-node'
      ? 'the Node binding binds no buffers (no IoBinding)'
      : 'this engine binds main memory, which is copied to another place of the device for each frame';
  return `a recorded graph reads and writes the same device memory in every run, and ${lack}: every frame would show the first one; leave it out`;
}

/** The settings as the provider's keys and values. */
export function cudaProviderOptions(options: CudaOptions): Readonly<Record<string, string>> {
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
