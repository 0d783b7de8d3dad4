import { execFile } from 'node:child_process';
import { arch, availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { promisify } from 'node:util';
import { packageVersion } from '../base/paths.js';
import type { ModelPackage } from '../model-package/schema.js';
import { describeSource } from '../runtime/capture/sources/index.js';
import type { StreamConfig } from '../runtime/config.js';
import type { EngineInfo } from '../runtime/engine/engine.js';
import type { ReportHead } from './report.js';

/** Load average of the last minute: other work disturbs a measurement. Ask before anything is measured. */
export function loadNow(): number {
  return Math.round((loadavg()[0] ?? 0) * 100) / 100;
}

/** What a report tells about machine, versions, model and settings. */
export async function reportHead(
  config: StreamConfig,
  model: ModelPackage,
  engine: Pick<EngineInfo, 'version'>,
  settings: { readonly outputs: readonly string[]; readonly warmUpFrames: number; readonly loadBefore: number },
): Promise<ReportHead> {
  const { width, height } = model.input;
  const { network, parameters, gmacs } = model.provenance;
  return {
    format: 'cyclops-latency',
    formatVersion: 1,
    createdAt: new Date().toISOString(),
    machine: {
      cpu: cpus()[0]?.model.trim() || 'unknown',
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      system: `${type()} ${release()}`,
      architecture: arch(),
      loadBefore: settings.loadBefore,
    },
    versions: {
      cyclops: packageVersion(),
      node: process.versions.node,
      onnxruntime: engine.version,
      gstreamer: await gstreamerVersion(),
    },
    model: { name: model.name, sha256: model.onnx.sha256, network, width, height, parameters, gmacs },
    settings: {
      source: describeSource(config.camera.source),
      threads: config.engine.threads,
      provider: config.engine.provider,
      outputs: [...settings.outputs],
      warmUpFrames: settings.warmUpFrames,
    },
  };
}

async function gstreamerVersion(): Promise<string> {
  return promisify(execFile)('gst-launch-1.0', ['--version']).then(
    ({ stdout }) => /GStreamer (\S+)/.exec(stdout)?.[1] ?? 'unknown',
    () => 'unknown',
  );
}
