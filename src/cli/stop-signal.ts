/** A signal that asks a long command to finish what it is doing and end. */
export interface StopSignal {
  readonly signal: AbortSignal;
  /** Gives the signals back to their defaults. */
  release(): void;
}

/**
 * Ctrl-C (SIGINT) and SIGTERM as an AbortSignal. The first one asks, and `onStop` says so; a second Ctrl-C ends the
 * process at once with exit code 130.
 */
export function listenForStop(onStop: (name: 'SIGINT' | 'SIGTERM') => void): StopSignal {
  const controller = new AbortController();
  const stop = (name: 'SIGINT' | 'SIGTERM'): void => {
    if (controller.signal.aborted) process.exit(name === 'SIGINT' ? 130 : 143);
    controller.abort();
    onStop(name);
  };
  const onInterrupt = (): void => stop('SIGINT');
  const onTerminate = (): void => stop('SIGTERM');
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onTerminate);
    },
  };
}
