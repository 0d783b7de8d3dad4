/** What may ask a long command to end; SIGHUP is also raised where a standard stream loses its reader. */
export type StopReason = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

const reasons: readonly StopReason[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** After a command has ended by request, a reader of its output that does not read is waited for this long, ms. */
const flushGraceMs = 1000;

let wasAsked = false;

/** A signal that asks a long command to finish what it is doing and end. */
export interface StopSignal {
  readonly signal: AbortSignal;
  /** Gives the signals back to their defaults. */
  release(): void;
}

/**
 * Ctrl-C (SIGINT), SIGTERM and SIGHUP as an AbortSignal. The first one asks, and `onStop` says so; a second one ends the
 * process at once, as that signal does by default (exit code 130, 143, 129 in a shell).
 */
export function listenForStop(onStop: (reason: StopReason) => void): StopSignal {
  const controller = new AbortController();
  const onSignal = (reason: StopReason): void => {
    if (controller.signal.aborted) endAtOnce(reason);
    wasAsked = true;
    controller.abort();
    onStop(reason);
  };
  for (const reason of reasons) process.on(reason, onSignal);
  return {
    signal: controller.signal,
    release() {
      for (const reason of reasons) process.off(reason, onSignal);
    },
  };
}

/** Call it when a command has ended: where it was asked to, output that nobody takes shall not keep the process. */
export function leaveAfterStop(): void {
  if (wasAsked) setTimeout(() => process.exit(), flushGraceMs).unref();
}

/**
 * Ends the process the way the signal does by default. Not process.exit(): that tears worker threads down, and one that
 * is inside ONNX Runtime then aborts or crashes the process, or never lets go of it.
 */
export function endAtOnce(reason: StopReason): void {
  process.removeAllListeners(reason);
  process.kill(process.pid, reason);
}
