import { WriteStream } from 'node:tty';
import { systemCodeOf } from '../base/errors.js';
import { endAtOnce } from './stop-signal.js';

/**
 * Makes the loss of a standard stream a hang-up. A reader that goes away (EPIPE), or a terminal (EIO), would end the
 * process as an uncaught error in the middle of what it does. SIGHUP instead: a command that ends in order listens for
 * it, any other ends by it.
 */
export function guardStandardStreams(): void {
  let isLost = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (isLost) return;
      isLost = true;
      process.kill(process.pid, 'SIGHUP');
      // Node aborts where it cannot give a lost terminal its settings back.
      if (systemCodeOf(error) === 'EIO') process.on('exit', () => endAtOnce('SIGHUP'));
    });
    // Node writes to a terminal synchronously: one that takes nothing more (Ctrl-S, a dead multiplexer) would hold the
    // only thread that can hear a signal.
    if (stream instanceof WriteStream) (stream as Unblockable)._handle?.setBlocking?.(false);
  }
}

/** The part of a terminal stream that Node has no public name for. */
interface Unblockable {
  readonly _handle?: { setBlocking?(isBlocking: boolean): unknown } | null;
}
