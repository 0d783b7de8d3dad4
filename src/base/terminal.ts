import { formatDuration } from './format.js';

/** Where a live line is written: standard error or output, or a stand-in that collects text. */
export interface TextStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  /** Whether what was written before still waits for its reader. */
  readonly writableNeedDrain?: boolean;
  write(text: string): unknown;
}

/** A line that shows how a long run is going. */
export interface LiveLine {
  /** Shows the text now or, where lines cannot be overwritten, when the last one is old enough. */
  update(text: string): void;
  /** Prints a permanent line above the live one. */
  log(text: string): void;
  /** Leaves the last text standing as a permanent line. Further calls do nothing. */
  close(): void;
}

/** Options of `createLiveLine`; the defaults suit a command. */
export interface LiveLineOptions {
  readonly stream?: TextStream;
  /** Least time between two updates on a terminal, ms. */
  readonly everyMs?: number;
  /** Least time between two lines where there is no terminal (a log file, a pipe), ms. */
  readonly plainEveryMs?: number;
  readonly now?: () => number;
}

/**
 * A live line on standard error, so that standard output stays free for results. On a terminal it is rewritten in
 * place and cut off at the terminal's width; elsewhere it becomes one plain line every few seconds.
 */
export function createLiveLine(options: LiveLineOptions = {}): LiveLine {
  const { stream = process.stderr, everyMs = 100, plainEveryMs = 5000, now = Date.now } = options;
  const onTerminal = stream.isTTY === true;
  const intervalMs = onTerminal ? everyMs : plainEveryMs;
  let shownAtMs = Number.NEGATIVE_INFINITY;
  let latest: string | undefined;
  let shown: string | undefined;
  let closed = false;

  const show = (text: string): void => {
    shown = text;
    shownAtMs = now();
    stream.write(onTerminal ? `\r\x1b[K${text.slice(0, (stream.columns || 80) - 1)}` : `${text}\n`);
  };
  return {
    update(text) {
      if (closed) return;
      latest = text;
      // A reader that does not keep up misses lines; they shall not pile up here.
      if (now() - shownAtMs >= intervalMs && stream.writableNeedDrain !== true) show(text);
    },
    log(text) {
      if (closed) return;
      stream.write(onTerminal ? `\r\x1b[K${text}\n` : `${text}\n`);
      if (onTerminal && latest !== undefined) show(latest);
    },
    close() {
      if (closed) return;
      closed = true;
      if (latest !== undefined && latest !== shown) show(latest);
      if (onTerminal && latest !== undefined) stream.write('\n');
    },
  };
}

/** Estimates the time left from the rate so far. */
export interface Eta {
  /** Time left in ms after `done` of `total`; NaN until something is done. */
  remainingMs(done: number): number;
  /** Units a second so far; NaN until something is done. */
  perSecond(done: number): number;
}

/**
 * An estimate of the time left. The rate is the mean since the start, of what was done here: a resumed run passes where
 * it resumed.
 */
export function createEta(total: number, options: { startAt?: number; now?: () => number } = {}): Eta {
  const { startAt = 0, now = Date.now } = options;
  const startedAtMs = now();
  const msEach = (done: number): number => (done > startAt ? (now() - startedAtMs) / (done - startAt) : Number.NaN);
  return {
    remainingMs: (done) => Math.max(0, total - done) * msEach(done),
    perSecond: (done) => 1000 / msEach(done),
  };
}

/** A bar of the given width, in eighths of a cell: `███▌      `. */
export function progressBar(share: number, width = 20): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  const full = Math.floor(eighths / 8);
  const part = eighths % 8 === 0 ? '' : String.fromCharCode(0x2590 - (eighths % 8));
  return `${'█'.repeat(full)}${part}`.padEnd(width);
}

/** `render ███▌       35 %  350/1000  41.2 pairs/s  16 s left`: the progress line every long command shows. */
export function progressText(label: string, done: number, total: number, eta: Eta, unit: string): string {
  const percent = `${Math.floor((100 * done) / Math.max(1, total))} %`.padStart(5);
  const rate = eta.perSecond(done);
  const rateText = Number.isFinite(rate) ? `${rate.toFixed(rate < 10 ? 2 : 1)} ${unit}/s` : `- ${unit}/s`;
  return `${label} ${progressBar(done / Math.max(1, total))} ${percent}  ${done}/${total}  ${rateText}  ${formatDuration(eta.remainingMs(done))} left`;
}
