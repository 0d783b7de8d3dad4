import { formatBytes, formatTable } from '../base/format.js';
import type { LatencyReportFile, ReportSection } from './report.js';
import type { ReportSpread } from './section.js';

const stageNames = {
  age: 'age (capture to publish)',
  transport: '  capture to arrival',
  wait: '  wait for the engine',
  infer: '  inference',
  handover: '  inference to publish',
  jitter: 'jitter of the interval',
} as const;

const paceNotes = {
  fastest:
    'As fast as the model takes: the source waits, every frame is computed, and more than one is on its way at any time.',
  'real-time': 'In real time: the newest frame wins.',
} as const;

const timetimetimestampNotes = {
  sensor: "Age counts from the driver's stamp of the exposure to the moment depth is handed to the outputs.",
  pts: 'Age counts from the presentation time in the capture pipeline, moved onto this clock by the quickest frames: what those took from the sensor to arrival is not in it. It ends when depth is handed to the outputs.',
  arrival:
    'Age counts from the arrival of the image in this process: capture, decoding and resizing are not in it. It ends when depth is handed to the outputs.',
} as const;

/** The report for people. */
export function reportText(report: LatencyReportFile): string {
  const { machine, versions, model, settings, throughput, stream } = report;
  const threads = settings.threads === 0 ? 'one thread a core' : `${settings.threads} threads`;
  const parts = [
    [
      `Latency of ${model.name} (${model.network}, ${model.width}x${model.height}, ${(model.parameters / 1e6).toFixed(2)} M parameters, ${model.gmacs?.toFixed(2) ?? '?'} GMAC)`,
      `SHA-256 ${model.sha256}`,
      `${machine.cpu}, ${machine.cores} cores, ${formatBytes(machine.memoryBytes)}, ${machine.system} ${machine.architecture}; load before: ${machine.loadBefore}`,
      `cyclops ${versions.cyclops}, ONNX Runtime ${versions.onnxruntime} (${settings.provider}, ${threads}), GStreamer ${versions.gstreamer}, Node ${versions.node}`,
      `source ${settings.source}, outputs ${settings.outputs.join(', ') || 'none'}, ${settings.warmUpFrames} frames of warm-up; ${report.createdAt}`,
    ].join('\n'),
  ];
  if (throughput !== null) {
    const { ratio, ratioMin, ratioMax, rounds, bare, streaming, concurrency } = throughput;
    const rows = rounds.map((round, index) => [
      `${index + 1}`,
      round.bareAloneFps.toFixed(1),
      round.bareFps.toFixed(1),
      round.streamingFps.toFixed(1),
      (round.streamingFps / round.bareFps).toFixed(3),
    ]);
    const perFrame = costText(throughput);
    parts.push(
      `STREAMING / BARE ONNX RUNTIME: ${ratio.toFixed(3)} (median of ${rounds.length} rounds, ${ratioMin.toFixed(3)} to ${ratioMax.toFixed(3)})\n${concurrencyText(concurrency)}${perFrame}`,
      formatTable(['round', 'bare fps, one at a time', 'bare fps', 'streaming fps', 'ratio'], rows),
      sectionText(streaming, bare),
    );
  }
  if (stream !== null) parts.push(sectionText(stream));
  const stamp = stream?.stamp ?? throughput?.streaming.stamp;
  if (stamp !== null && stamp !== undefined) parts.push(`Timestamps: ${stamp}. ${timetimetimestampNotes[stamp]}`);
  return `${parts.join('\n\n')}\n`;
}

function concurrencyText(concurrency: number): string {
  if (concurrency === 1) return '';
  return `the stream infers ${concurrency} images at once; bare fps: the same, or one at a time, whichever is faster\n`;
}

function costText(throughput: NonNullable<LatencyReportFile['throughput']>): string {
  const { bareCpuMsPerRun, captureCpuMsPerFrame, otherCpuMsPerFrame, ratioBound, streaming } = throughput;
  const whole = `CPU time: ${number(streaming.cpuMsPerFrame)} ms a frame of the stream`;
  if (captureCpuMsPerFrame === null || ratioBound === null) {
    return `${whole}, ${number(bareCpuMsPerRun)} ms a bare run`;
  }
  return [
    `${whole} = ${number(bareCpuMsPerRun)} bare run + ${number(captureCpuMsPerFrame)} source (its pipeline alone: decode, cut, resize, colour) + ${number(otherCpuMsPerFrame)} rest`,
    `best ratio possible with this source: ${ratioBound.toFixed(3)} (every core busy with the network and the source, nothing else)`,
  ].join('\n');
}

/** One way of streaming: a sentence and a table of its stages; `bare` adds the bare loop's row. */
export function sectionText(section: ReportSection, bare?: ReportSpread): string {
  return `${paceNotes[section.pace]} ${sectionLine(section)}\n\n${stageTable(section, bare)}`;
}

function sectionLine(section: ReportSection): string {
  const { fps, offeredFps, frames, dropped, cpuCores, peakRssBytes } = section;
  const offered = offeredFps === null ? '' : ` of ${number(offeredFps)} offered`;
  return `${frames} frames, ${number(fps)} fps${offered}, ${dropped} dropped; ${number(cpuCores)} cores busy, ${formatBytes(peakRssBytes)} resident at most.`;
}

function stageTable(section: ReportSection, bare?: ReportSpread): string {
  const row = (name: string, { p50Ms, p90Ms, p99Ms, maxMs, meanMs }: ReportSpread): string[] => [
    name,
    ...[p50Ms, p90Ms, p99Ms, maxMs, meanMs].map(number),
  ];
  const rows = Object.entries(stageNames).map(([stage, name]) =>
    row(name, section.stages[stage as keyof typeof stageNames]),
  );
  if (bare !== undefined) rows.push(row('bare inference', bare));
  return formatTable(['ms', 'p50', 'p90', 'p99', 'max', 'mean'], rows);
}

function number(value: number | null): string {
  return value === null ? '-' : value.toFixed(value < 10 ? 2 : 1);
}
