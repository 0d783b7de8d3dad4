import { readConfig } from '../base/config.js';
import { CyclopsError, isCyclopsError, messageOf } from '../base/errors.js';
import { createLiveLine } from '../base/terminal.js';
import {
  type CameraResult,
  type CamerasConfig,
  camerasConfigSchema,
  LatencyMeter,
  type Output,
  type OutputSettings,
  openOutput,
  type RunningCameras,
  startCameras,
} from '../runtime/index.js';
import type { OptionValues } from './command.js';
import { logFrom } from './log-option.js';
import { integerOption, optionalText } from './options.js';
import { listenForStop } from './stop-signal.js';
import { checked, engineInput } from './stream-config.js';
import { camerasText } from './stream-text.js';

/** Options that go together with a configuration of several cameras; the others describe one camera. */
const allowed = new Set([
  ...['config', 'frames', 'threads', 'provider', 'fallback', 'engine', 'ort-library', 'allow-degraded', 'json'],
  'print-pipeline',
  'log',
]);

const livePeriodMs = 1000;

/**
 * The configuration of several cameras that `--config` names, with the model argument and options over it.
 * @throws CyclopsError `USAGE_INVALID`, and those of `readConfig`.
 */
export async function camerasConfig(values: OptionValues, model: string | undefined): Promise<CamerasConfig> {
  const other = Object.keys(values).find((name) => values[name] !== undefined && !allowed.has(name));
  if (other !== undefined) {
    throw new CyclopsError('USAGE_INVALID', `--${other}: the configuration lists cameras; give it there, for each`);
  }
  const base = await readConfig(optionalText(values, 'config')!, camerasConfigSchema);
  return checked(camerasConfigSchema, {
    ...base,
    ...(model === undefined ? {} : { model }),
    engine: engineInput(values, base.engine),
    ...(values.frames === undefined ? {} : { frames: integerOption(values, 'frames', 1, Number.MAX_SAFE_INTEGER) }),
  });
}

/**
 * Streams several cameras until the last one has ended, or a signal comes.
 * @returns the exit code: that of the first camera that failed.
 */
export async function runCameras(config: CamerasConfig, values: OptionValues): Promise<number> {
  let running: RunningCameras | undefined;
  const stop = listenForStop(() => void running?.stop());
  try {
    running = await startCameras(config, ({ outputs }) => openOutputs(outputs), logFrom(values));
    if (stop.signal.aborted) void running.stop();
    const results = await withLiveLine(running);
    const failed = results.filter(({ state }) => state === 'failed');
    if (values.json === true) process.stdout.write(`${JSON.stringify({ cameras: results.map(jsonOf) })}\n`);
    else process.stderr.write(`\n${camerasText(results)}\n`);
    const [first] = failed;
    if (first === undefined) return 0;
    return isCyclopsError(first.error) ? first.error.exitCode : 70;
  } finally {
    stop.release();
  }
}

/** The outputs behind settings; what goes to standard output goes to this process's. */
export function openOutputs(settings: readonly OutputSettings[]): readonly Output[] {
  return settings.map((each) => openOutput(each, { standardOutput: process.stdout }));
}

function jsonOf({ id, state, summary, error }: CameraResult): object {
  return { id, state, ...(summary === undefined ? {} : { summary }), ...errorOf(error) };
}

function errorOf(error: unknown): object {
  if (error === undefined) return {};
  return { error: messageOf(error), ...(isCyclopsError(error) ? { code: error.code } : {}) };
}

async function withLiveLine(running: RunningCameras): Promise<readonly CameraResult[]> {
  const line = createLiveLine();
  const windows = new Map(running.cameras.map(({ id }) => [id, new LatencyMeter()]));
  running.onPublish((facts) => windows.get(facts.cameraId)?.add(facts));
  const show = (): void => {
    const texts = running.cameras.map((camera) => {
      const window = windows.get(camera.id)!;
      const { fps, spreads } = window.report();
      window.startWindow();
      if (camera.state !== 'running') return `${camera.id} ${camera.state}`;
      const p99 = Number.isFinite(spreads.age.p99Ms) ? spreads.age.p99Ms.toFixed(1) : '-';
      return `${camera.id} ${Number.isFinite(fps) ? fps.toFixed(1) : '-'} fps, age p99 ${p99} ms, ${camera.stats()?.dropped ?? 0} dropped`;
    });
    line.update(texts.join('  |  '));
  };
  const timer = setInterval(show, livePeriodMs);
  try {
    return await running.done;
  } finally {
    clearInterval(timer);
    line.close();
  }
}
