import type { MonotonicNs } from '../../base/clock.js';
import type { PixelFormat } from '../frame.js';

/** Ways to ONNX Runtime. */
export const engineKinds = ['ort-node', 'ort-capi'] as const;

/** One of them. */
export type EngineKind = (typeof engineKinds)[number];

/** What is fixed about an opened engine. */
export interface EngineInfo {
  /** ONNX Runtime through its Node binding, or through its C interface. */
  readonly engine: EngineKind;
  /** Execution provider that was asked for and is there. */
  readonly provider: string;
  readonly version: string;
  /** Path of the shared library, where it is ours to choose. */
  readonly library?: string;
  /** Threads of inference in all; 0 = the runtime's own choice (one a core). */
  readonly threads: number;
  /** Images that are inferred at once, each on its share of the threads. */
  readonly concurrency: number;
  readonly input: { readonly width: number; readonly height: number; readonly format: PixelFormat };
  readonly output: { readonly width: number; readonly height: number };
  /** Time to open the session, ms. */
  readonly loadMs: number;
}

/** One inference. */
export interface InferResult {
  /** The image that was handed in, given back: its buffer was moved to the engine and returns here. */
  readonly input: Uint8Array<ArrayBuffer>;
  /** Network metres, H*W row-major: in the memory handed in for it, else a fresh array. */
  readonly depthM: Float32Array<ArrayBuffer>;
  /** 0 to 1, H*W, where the package has a second output; always a fresh array. */
  readonly confidence?: Float32Array<ArrayBuffer> | undefined;
  readonly inferStart: MonotonicNs;
  readonly inferEnd: MonotonicNs;
}

/** A model that is loaded and can be run, one frame after the other. */
export interface Engine {
  readonly info: EngineInfo;
  /**
   * Depth of one image. Calls queue up in order; the caller bounds how many.
   * @param input H*W*C bytes in the format of `info.input`, owner of its whole buffer, which is *moved away*: the
   * caller's array is empty afterwards and comes back in the result.
   * @param depthM memory for the result, H*W, moved in the same way: an array of a frame that nobody uses any more.
   * @throws CyclopsError `ENGINE_FAILED`.
   */
  infer(input: Uint8Array<ArrayBuffer>, depthM?: Float32Array<ArrayBuffer>): Promise<InferResult>;
  /**
   * The bare runtime: the same session run `count` times on one image in a tight loop, nothing else around it; where
   * several run at once, each its part of them.
   * @returns the duration of each run, ms. The baseline of the latency benchmark.
   */
  runBare(input: Uint8Array, count: number): Promise<Float64Array>;
  /**
   * Gives up what runs and what waits: their promises reject with `ENGINE_FAILED`. `ort-capi` ends the run between two
   * operators; `ort-node` cannot, so its run goes on to its end unheard. The engine can be used again.
   */
  cancel(): void;
  /** Waits for what is running, then lets go of session and worker. Calls after this reject with `ENGINE_FAILED`. */
  close(): Promise<void>;
}
