import { formatDuration } from '../base/format.js';
import type { TextStream } from '../base/terminal.js';

/** Shows that work goes on which cannot say how far it is. */
export interface Activity {
  /** What is being done from now on. */
  show(text: string): void;
  /** Takes the line off the terminal, so that what comes next has its place. Further calls do nothing. */
  close(): void;
}

/** Options of `startActivity`; the defaults suit a command. */
export interface ActivityOptions {
  readonly stream?: TextStream;
  /** Where there is no terminal, work that takes less is not spoken of, ms. */
  readonly quietMs?: number;
  /** Where there is no terminal, time between two lines, ms. */
  readonly plainEveryMs?: number;
}

/**
 * A line on standard error with what is being done and for how long: rewritten every second on a terminal; elsewhere one
 * line after two seconds and another every ten.
 */
export function startActivity(text: string, options: ActivityOptions = {}): Activity {
  const { stream = process.stderr, quietMs = 2000, plainEveryMs = 10_000 } = options;
  const onTerminal = stream.isTTY === true;
  let current = text;
  let startedAtMs = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const elapsed = (): string => formatDuration(performance.now() - startedAtMs);
  const write = (): void => {
    if (stream.writableNeedDrain === true) return;
    const line = `${current} ... ${performance.now() - startedAtMs < 1000 ? '' : elapsed()}`.trimEnd();
    stream.write(onTerminal ? `\r\x1b[K${line.slice(0, (stream.columns || 80) - 1)}` : `${line}\n`);
  };
  const begin = (): void => {
    clearTimeout(timer);
    startedAtMs = performance.now();
    if (onTerminal) write();
    const tick = (): void => {
      write();
      timer = setTimeout(tick, onTerminal ? 1000 : plainEveryMs).unref();
    };
    timer = setTimeout(tick, onTerminal ? 1000 : quietMs).unref();
  };
  begin();
  let isClosed = false;
  return {
    show(next) {
      if (isClosed) return;
      current = next;
      begin();
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      clearTimeout(timer);
      if (onTerminal) stream.write('\r\x1b[K');
    },
  };
}

/** Shows what is being done until it is done, however it ends. */
export async function withActivity<T>(text: string, work: () => Promise<T>, options?: ActivityOptions): Promise<T> {
  const activity = startActivity(text, options);
  try {
    return await work();
  } finally {
    activity.close();
  }
}
