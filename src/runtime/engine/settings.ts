import { z } from 'zod';
import { type EngineKind, engineKinds } from './engine.js';
import { providerFields, providers, providersWithSettings } from './providers/index.js';

/** Which engine runs the network, on what, and what may take its place. */
export const engineSettingsSchema = z
  .strictObject({
    /** Way to ONNX Runtime; `ort-capi` unless given. */
    kind: z.enum(engineKinds).optional(),
    /** Execution provider. One that cannot run here is an error, never a silent run on the CPU. */
    provider: z.enum(providers).default('cpu'),
    /** What may run in its place, in this order, where it cannot; the stream is then `degraded`. */
    fallback: z
      .array(z.enum(providers))
      .max(providers.length - 1)
      .default([]),
    /** Threads of one operator; 0 = one a core. */
    threads: z.int().min(0).max(256).default(0),
    /** Path of a libonnxruntime.so, such as a Jetson's; the one of onnxruntime-node unless given. */
    library: z.string().min(1).optional(),
    /** Settings of the providers that have any (`cuda`, `tensorRt`), in place of those in the model package. */
    ...providerFields,
    /** Where built engines are kept; the user's cache folder unless given, under systemd the service's. */
    cacheFolder: z.string().min(1).optional(),
    /** Stream although the golden image's depth is not what the package says; for looking into it. */
    allowDegraded: z.boolean().default(false),
  })
  .check((context) => {
    const { kind, provider, fallback, library } = context.value;
    const used = [provider, ...fallback];
    const refuse = (field: string, message: string): void => {
      context.issues.push({ code: 'custom', path: [field], message, input: context.value });
    };
    if (new Set(used).size !== used.length) refuse('fallback', 'expected each provider once');
    if (kind === 'ort-node' && library !== undefined) {
      refuse('library', 'the Node binding brings its own library: use kind ort-capi');
    }
    for (const { name, title, settings } of providersWithSettings) {
      const given = (context.value as Readonly<Record<string, unknown>>)[settings.field];
      if (given === undefined) continue;
      if (!used.includes(name)) refuse(settings.field, `expected provider ${name} with it`);
      if (kind !== 'ort-node') continue;
      if (asksForCudaGraph(given as object)) refuse(settings.field, `cudaGraph: ${cudaGraphRefusal(kind)}`);
      refuse(settings.field, `the Node binding drops ${title} settings: use kind ort-capi`);
    }
  });

/** Checked engine settings with their defaults filled in. */
export type EngineSettings = z.output<typeof engineSettingsSchema>;

/** The engine of these settings. */
export function engineKindOf({ kind }: EngineSettings): EngineKind {
  return kind ?? 'ort-capi';
}

/** Whether settings of a provider ask for a recorded graph. */
export function asksForCudaGraph(options: object | undefined): boolean {
  return options !== undefined && 'cudaGraph' in options && options.cudaGraph === true;
}

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
