import { z } from 'zod';
import { tensorRtOptionsSchema } from '../../model-package/tensorrt/options.js';
import { cudaGraphRefusal, cudaOptionsSchema } from './cuda-options.js';
import { type EngineKind, engineKinds } from './engine.js';
import { providers } from './open-failure.js';

/** Which engine runs the network, on what, and what may take its place. */
export const engineSettingsSchema = z
  .strictObject({
    /** Way to ONNX Runtime; `ort-capi` unless given. */
    kind: z.enum(engineKinds).optional(),
    /** Execution provider. One that cannot run here is an error, never a silent run on the CPU. */
    provider: z.enum(providers).default('cpu'),
    /** What may run in its place, in this order, where it cannot; the stream is then `degraded`. */
    fallback: z.array(z.enum(providers)).max(2).default([]),
    /** Threads of one operator; 0 = one a core. */
    threads: z.int().min(0).max(256).default(0),
    /** Path of a libonnxruntime.so, such as a Jetson's; the one of onnxruntime-node unless given. */
    library: z.string().min(1).optional(),
    /** TensorRT settings in place of those in the model package. */
    tensorRt: tensorRtOptionsSchema.optional(),
    /** CUDA settings. */
    cuda: cudaOptionsSchema.optional(),
    /** Where built engines are kept; the user's cache folder unless given, under systemd the service's. */
    cacheFolder: z.string().min(1).optional(),
    /** Stream although the golden picture's depth is not what the package says; for looking into it. */
    allowDegraded: z.boolean().default(false),
  })
  .check((context) => {
    const { kind, provider, fallback, library, tensorRt, cuda } = context.value;
    const used = [provider, ...fallback];
    const refuse = (field: string, message: string): void => {
      context.issues.push({ code: 'custom', path: [field], message, input: context.value });
    };
    if (new Set(used).size !== used.length) refuse('fallback', 'expected each provider once');
    if (tensorRt !== undefined && !used.includes('tensorrt')) refuse('tensorRt', 'expected provider tensorrt with it');
    if (cuda !== undefined && !used.includes('cuda')) refuse('cuda', 'expected provider cuda with it');
    if (kind === 'ort-node') {
      for (const [field, given] of Object.entries({ tensorRt, cuda })) {
        if (given?.cudaGraph === true) refuse(field, `cudaGraph: ${cudaGraphRefusal(kind)}`);
      }
      if (library !== undefined) refuse('library', 'the Node binding brings its own library: use kind ort-capi');
      if (tensorRt !== undefined) refuse('tensorRt', 'the Node binding drops TensorRT settings: use kind ort-capi');
      if (cuda !== undefined) refuse('cuda', 'the Node binding drops CUDA settings: use kind ort-capi');
    }
  });

/** Checked engine settings with their defaults filled in. */
export type EngineSettings = z.output<typeof engineSettingsSchema>;

/** The engine of these settings. */
export function engineKindOf({ kind }: EngineSettings): EngineKind {
  return kind ?? 'ort-capi';
}
