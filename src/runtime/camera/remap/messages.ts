import type { MonotonicNs } from '../../../base/clock.js';

export { remapNames } from './graph.js';

/** What the undistorting worker opens, handed over at its start. */
export interface RemapWorkerJob {
  readonly graph: Uint8Array<ArrayBuffer>;
  readonly threads: number;
  readonly inputShape: readonly number[];
}

/** What the main thread tells it. */
export type ToRemapWorker =
  | { readonly type: 'remap'; readonly id: number; readonly captured: Uint8Array<ArrayBuffer> }
  | { readonly type: 'close' };

/** What it tells the main thread. */
export type FromRemapWorker =
  | { readonly type: 'opened' }
  | { readonly type: 'refused'; readonly message: string }
  | {
      readonly type: 'remapped';
      readonly id: number;
      readonly image: Uint8Array<ArrayBuffer>;
      readonly start: MonotonicNs;
    }
  | { readonly type: 'failed'; readonly id: number; readonly message: string };
