import type { Pace } from '../runtime/frame.js';
import type { Spread } from '../runtime/latency.js';
import type { UsageMeter } from './process-usage.js';
import type { LatencyReportFile, ReportSection } from './report.js';
import type { SpanRecord } from './spans.js';

/** One row of percentiles as it stands in a report. */
export type ReportSpread = NonNullable<LatencyReportFile['throughput']>['bare'];

/** The report of frames measured in one way. @param seconds wall time over which `usage` was measured. */
export function sectionFrom(
  record: SpanRecord,
  usage: Pick<UsageMeter, 'cpuS' | 'peakRssBytes'>,
  seconds: number,
  settings: { readonly pace: Pace; readonly offeredFps: number | undefined },
): ReportSection {
  const { age, transport, wait, infer, handover, jitter } = record.spreads();
  return {
    pace: settings.pace,
    offeredFps: settings.pace === 'fastest' ? null : (settings.offeredFps ?? null),
    frames: record.frames,
    fps: finite(record.fps),
    dropped: record.dropped,
    stamp: record.quality ?? null,
    stages: {
      age: reportSpread(age),
      transport: reportSpread(transport),
      wait: reportSpread(wait),
      infer: reportSpread(infer),
      handover: reportSpread(handover),
      jitter: reportSpread(jitter),
    },
    cpuCores: finite(usage.cpuS / seconds),
    cpuMsPerFrame: finite((1000 * usage.cpuS) / record.frames),
    peakRssBytes: usage.peakRssBytes,
  };
}

/** Percentiles as they stand in a report: to the microsecond, NaN as null. */
export function reportSpread(spread: Spread): ReportSpread {
  const { count, ...spans } = spread;
  const entries = Object.entries(spans).map(([name, value]) => [name, finite(Math.round(value * 1000) / 1000)]);
  return { count, ...(Object.fromEntries(entries) as Omit<ReportSpread, 'count'>) };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
