import { createRequire } from 'node:module';
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** How the log is written: `text` for people, `json` for programs. */
export const logFormats = ['text', 'json'] as const;

/** One of the formats above. */
export type LogFormat = (typeof logFormats)[number];

/**
 * The process's log, on standard error, so that standard output stays free for results: readable lines on a terminal,
 * JSON lines elsewhere, unless a format is given. The level comes from `CYCLOPS_LOG` (trace, debug, info, warn, error,
 * silent), `info` unless set. Not through pino's own destination: that one sleeps in its only thread until a reader that
 * is behind reads on.
 */
export function createLog(name: string, format?: LogFormat): Logger {
  const isText = (format ?? (process.stderr.isTTY === true ? 'text' : 'json')) === 'text';
  const options = { name, level: process.env.CYCLOPS_LOG ?? 'info', base: null };
  return pino(options, isText ? textStream(process.stderr) : process.stderr);
}

/** Where log lines go in the end. */
interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Log lines as `12:03:44 WARN  text {"more":1}`. On a terminal they take the place of a live line, which comes again. */
function textStream(terminal: Terminal): { write(line: string): void } {
  // Loaded here alone, and at once: where nobody watches, a stream starts without it.
  const { prettyFactory } = createRequire(import.meta.url)('pino-pretty') as typeof import('pino-pretty');
  const format = prettyFactory({
    colorize: terminal.isTTY === true && process.env.NO_COLOR === undefined,
    ignore: 'name',
    translateTime: 'SYS:HH:MM:ss',
    singleLine: true,
  });
  const start = terminal.isTTY === true ? '\r\x1b[K' : '';
  return { write: (line) => void terminal.write(`${start}${format(line)}`) };
}
