import { readdirSync, readFileSync } from 'node:fs';

/** CPU time and memory of a process and all its descendants, from /proc. */
export interface TreeUsage {
  /** User plus system time so far, s, with that of descendants that ended and were waited for. */
  readonly cpuS: number;
  /** Resident memory now, bytes; pages that processes share are counted once for each. */
  readonly rssBytes: number;
  readonly processes: number;
}

/** USER_HZ: the unit of times in /proc, 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/**
 * Usage of the tree below `rootPid` (included). A process that ends while it is read is skipped.
 * @param excluded pids whose subtrees are left out.
 */
export function treeUsage(rootPid: number = process.pid, excluded: readonly number[] = []): TreeUsage {
  let ticks = 0;
  let rssBytes = 0;
  let processes = 0;
  for (const pid of processesOf(rootPid, excluded)) {
    const usage = processUsage(pid);
    if (usage === undefined) continue;
    ticks += usage.ticks;
    rssBytes += usage.rssBytes;
    processes++;
  }
  return { cpuS: ticks / ticksPerSecond, rssBytes, processes };
}

/** Pids of the tree below `rootPid` (included), without the subtrees of `excluded`. */
export function processesOf(rootPid: number, excluded: readonly number[] = []): readonly number[] {
  const found: number[] = [];
  const waiting = [rootPid];
  for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
    if (excluded.includes(pid)) continue;
    found.push(pid);
    waiting.push(...childrenOf(pid));
  }
  return found;
}

/** Fields of /proc/PID/stat from its text: proc(5), "state" is the first after the name in parentheses. */
export function parseProcStat(text: string): { ticks: number } {
  // The name may hold spaces and parentheses itself, so fields are counted from its last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [utime, stime, cutime, cstime] = fields.slice(11, 15).map(Number);
  return { ticks: (utime ?? 0) + (stime ?? 0) + (cutime ?? 0) + (cstime ?? 0) };
}

function processUsage(pid: number): { ticks: number; rssBytes: number } | undefined {
  try {
    const { ticks } = parseProcStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    const rss = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return { ticks, rssBytes: Number(rss?.[1] ?? 0) * 1024 };
  } catch {
    return undefined;
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

/** Follows the usage of this process and its descendants over measured stretches of time. */
export class UsageMeter {
  readonly #excluded: readonly number[];
  #startCpuS: number | undefined;
  #cpuS = 0;
  #peakRssBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param excluded pids (with their subtrees) that are not part of what is measured. */
  constructor(excluded: readonly number[] = []) {
    this.#excluded = excluded;
  }

  /** Begins a stretch; memory is looked at four times a second, which costs well under 0.1 % of a core. */
  start(): void {
    this.#startCpuS = this.#sample().cpuS;
    this.#timer = setInterval(() => this.#sample(), 250).unref();
  }

  /** Ends the stretch. */
  stop(): void {
    clearInterval(this.#timer);
    if (this.#startCpuS === undefined) return;
    this.#cpuS += this.#sample().cpuS - this.#startCpuS;
    this.#startCpuS = undefined;
  }

  /** Processor seconds over all stretches. */
  get cpuS(): number {
    return this.#cpuS;
  }

  /** Largest sum of resident memory seen, bytes. */
  get peakRssBytes(): number {
    return this.#peakRssBytes;
  }

  #sample(): TreeUsage {
    const usage = treeUsage(process.pid, this.#excluded);
    this.#peakRssBytes = Math.max(this.#peakRssBytes, usage.rssBytes);
    return usage;
  }
}
