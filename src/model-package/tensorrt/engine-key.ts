import { createHash } from 'node:crypto';
import type { TensorRtOptions } from './options.js';
import { engineOptions, type ProviderOptions } from './provider-options.js';

/** What an engine depends on beside model and settings; `unknown` where the machine does not tell. */
export interface EngineMachine {
  /** Versions: `1.22.0`, `10.3.0`, `12.6`, `R36.4.3` (`none` off a Jetson). */
  readonly onnxruntime: string;
  readonly tensorrt: string;
  readonly cuda: string;
  readonly l4t: string;
  /** Name of the GPU, and its compute capability (`8.7`). */
  readonly gpu: string;
  readonly computeCapability: string;
}

/** Everything that decides whether an engine of the cache fits. Equal facts, equal engine. */
export interface EngineInfo {
  /** SHA-256 of the ONNX file, hexadecimal. */
  readonly modelSha256: string;
  /** The settings that change the engine, the accelerator's core included; where caches lie is left out. */
  readonly options: ProviderOptions;
  readonly machine: EngineMachine;
}

/** Collects them. The power mode is not among them: an engine serves all modes. */
export function engineInfo(modelSha256: string, options: TensorRtOptions, machine: EngineMachine): EngineInfo {
  const { onnxruntime, tensorrt, cuda, l4t, gpu, computeCapability } = machine;
  return {
    modelSha256,
    options: engineOptions(options),
    machine: { onnxruntime, tensorrt, cuda, l4t, gpu, computeCapability },
  };
}

/** Name of the cache entry for these facts: SHA-256 of their canonical JSON, 64 hexadecimal digits. */
export function engineCacheKey(facts: EngineInfo): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}
