import type { MonotonicNs } from '../../base/clock.js';

export { warpNames } from './warp-graph.js';

/** What the undistorting worker opens, handed over at its start. */
export interface WarpWorkerJob {
  readonly graph: Uint8Array<ArrayBuffer>;
  readonly threads: number;
  readonly inputShape: readonly number[];
}

/** What the main thread tells it. */
export type ToWarpWorker =
  | { readonly type: 'warp'; readonly id: number; readonly captured: Uint8Array<ArrayBuffer> }
  | { readonly type: 'close' };

/** What it tells the main thread. */
export type FromWarpWorker =
  | { readonly type: 'opened' }
  | { readonly type: 'refused'; readonly message: string }
  | {
      readonly type: 'warped';
      readonly id: number;
      readonly picture: Uint8Array<ArrayBuffer>;
      readonly start: MonotonicNs;
    }
  | { readonly type: 'failed'; readonly id: number; readonly message: string };
