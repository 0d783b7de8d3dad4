/** Nanoseconds of CLOCK_MONOTONIC: comparable between processes of one boot, never with wall-clock time. */
export type MonotonicNs = bigint & { readonly __clock: 'monotonic' };

/** CLOCK_MONOTONIC now, ns. */
export function monotonicNow(): MonotonicNs {
  return process.hrtime.bigint() as MonotonicNs;
}

/** The span `end - start` in ms. */
export function elapsedMs(start: MonotonicNs, end: MonotonicNs = monotonicNow()): number {
  return Number(end - start) / 1e6;
}
