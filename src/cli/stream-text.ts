import { messageOf } from '../base/errors.js';
import { formatTable } from '../base/format.js';
import { type CameraResult, type LatencyReport, type Stage, type Summary, stages } from '../runtime/index.js';

/** `  412 frames   24.9 fps   age p50 41.2 ms  p99 55.0 ms   3 dropped`: the live line of a stream. */
export function liveText(total: LatencyReport, window: LatencyReport): string {
  const { age } = window.spreads;
  const dropped = `${total.dropped} dropped`;
  return `${String(total.frames).padStart(6)} frames  ${number(window.fps).padStart(6)} fps  age p50 ${number(age.p50Ms)} ms  p99 ${number(age.p99Ms)} ms  ${dropped}`;
}

const stageTexts: Readonly<Record<Stage, string>> = {
  age: 'age: capture to publish',
  transport: '  capture to arrival',
  wait: '  arrival to inference',
  infer: '  inference',
  handover: '  inference to publish',
  jitter: 'jitter of the interval',
};

/** The latency table of a run: one row a stage, ms. */
function latencyTable(report: LatencyReport): string {
  const rows = stages.map((stage) => {
    const { p50Ms, p90Ms, p99Ms, maxMs } = report.spreads[stage];
    return [stageTexts[stage], number(p50Ms), number(p90Ms), number(p99Ms), number(maxMs)];
  });
  return formatTable(['ms', 'p50', 'p90', 'p99', 'max'], rows);
}

/** How a run went, for people, with its latency. */
export function summaryText(summary: Summary): string {
  return `${outcomeText(summary)}\n\n${latencyTable(summary.latency)}`;
}

/** How a run went, for people, without its latency. */
export function outcomeText(summary: Summary): string {
  const { latency, stream, engine, outputs, selfTest } = summary;
  const difference = selfTest.maxRelativeDifference.toExponential(1);
  const golden = selfTest.ok
    ? Number.isNaN(selfTest.worst.expectedM)
      ? 'no golden depth to compare with (model.json by hand)'
      : `self-test passed (${difference})`
    : `SELF-TEST FAILED: depth of the golden image is off by ${difference}; the depth of this run is not to be trusted`;
  const written = outputs.map(
    (output) => `${output.name} ${output.written}${output.dropped === 0 ? '' : ` (${output.dropped} dropped)`}`,
  );
  return [
    `${latency.frames} frames, ${number(latency.fps)} fps, ${latency.dropped} dropped, ${summary.restarts} capture restarts`,
    `${stream.modelName}, ${stream.width}x${stream.height}, ${engine.engine} ${engine.version} on ${engine.provider}, ${golden}`,
    ...(summary.fellBack === undefined ? [] : [`FELL BACK: ${summary.fellBack}`]),
    ...(written.length === 0 ? [] : [`written: ${written.join(', ')}`]),
  ].join('\n');
}

/** How several cameras went: a row a camera, then what failed. */
export function camerasText(results: readonly CameraResult[]): string {
  const rows = results.map(({ id, state, summary }) => {
    if (summary === undefined) return [id, state, '-', '-', '-', '-', '-', '-'];
    const { frames, fps, dropped, spreads } = summary.latency;
    const { age } = spreads;
    return [id, state, frames, number(fps), dropped, number(age.p50Ms), number(age.p99Ms), summary.restarts];
  });
  const header = ['camera', 'state', 'frames', 'fps', 'dropped', 'age p50 ms', 'age p99 ms', 'restarts'];
  const faults = results.flatMap(({ id, error }) => (error === undefined ? [] : [`${id}: ${messageOf(error)}`]));
  const [engine] = results.flatMap(({ summary }) => summary?.engine ?? []);
  return [
    formatTable(header, rows),
    ...(engine === undefined ? [] : [`one ${engine.engine} ${engine.version} on ${engine.provider} for all`]),
    ...faults,
  ].join('\n');
}

function number(value: number): string {
  return Number.isFinite(value) ? value.toFixed(value < 10 ? 2 : 1) : '-';
}
