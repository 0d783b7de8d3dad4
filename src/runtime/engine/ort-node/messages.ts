import type { MonotonicNs } from '../../../base/clock.js';
import type { ErrorCode } from '../../../base/errors.js';
import type { Provider } from '../providers/index.js';
import type { Signature } from '../signature.js';

/** What the worker opens, handed over at its start. */
export interface WorkerJob {
  readonly onnxPath: string;
  readonly provider: Provider;
  readonly threads: number;
  /** No optimisation shall touch the graph. */
  readonly isUnoptimized: boolean;
  readonly signature: Signature;
}

/** What the main thread tells the worker. */
export type ToWorker =
  | {
      readonly type: 'infer';
      readonly id: number;
      readonly input: Uint8Array<ArrayBuffer>;
      readonly depthM: Float32Array<ArrayBuffer> | undefined;
    }
  | { readonly type: 'bare'; readonly id: number; readonly input: Uint8Array; readonly count: number }
  | { readonly type: 'close' };

/** What the worker tells the main thread. */
export type FromWorker =
  | { readonly type: 'opened'; readonly version: string; readonly loadMs: number }
  | { readonly type: 'refused'; readonly code: ErrorCode; readonly message: string }
  | {
      readonly type: 'inferred';
      readonly id: number;
      readonly input: Uint8Array<ArrayBuffer>;
      readonly depthM: Float32Array<ArrayBuffer>;
      readonly confidence: Float32Array<ArrayBuffer> | undefined;
      readonly inferStart: MonotonicNs;
      readonly inferEnd: MonotonicNs;
    }
  | { readonly type: 'bare'; readonly id: number; readonly durationsMs: Float64Array }
  | { readonly type: 'failed'; readonly id: number; readonly message: string };
