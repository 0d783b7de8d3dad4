import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/**
 * The process's log: JSON lines on standard error, so that standard output stays free for results. The level comes
 * from `CYCLOPS_LOG` (trace, debug, info, warn, error, silent), `info` unless set.
 */
export function createLog(name: string): Logger {
  return pino({ name, level: process.env.CYCLOPS_LOG ?? 'info', base: null }, pino.destination({ fd: 2, sync: true }));
}
