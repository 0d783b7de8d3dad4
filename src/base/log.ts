import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/**
 * The process's log: JSON lines on standard error, so that standard output stays free for results. The level comes
 * from `CYCLOPS_LOG` (trace, debug, info, warn, error, silent), `info` unless set. Not through pino's own destination:
 * that one sleeps in its only thread until a reader that is behind reads on.
 */
export function createLog(name: string): Logger {
  return pino({ name, level: process.env.CYCLOPS_LOG ?? 'info', base: null }, process.stderr);
}
