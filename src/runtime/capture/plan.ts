import type { ModelPackage } from '../../model-package/schema.js';
import type { StreamConfig } from '../config.js';
import { cameraOf, type NetworkView, networkView } from '../metric-scale.js';
import type { Pace } from '../outputs/output.js';
import { pipelineText } from './elements.js';
import type { CaptureJob } from './messages.js';
import { probeSource } from './probe.js';

/** What capture shall do, decided before anything runs. */
export interface CapturePlan {
  readonly job: CaptureJob;
  readonly view: NetworkView;
  readonly pace: Pace;
  /** Nominal rate of the source, frames/s; undefined where it does not tell. */
  readonly fps: number | undefined;
}

/**
 * Looks at the source, decides how its pictures become the network's input, and composes the capture job.
 * @throws CyclopsError of `probeSource` and `networkView`.
 */
export async function planCapture(config: Pick<StreamConfig, 'camera'>, model: ModelPackage): Promise<CapturePlan> {
  const { camera } = config;
  const { source } = camera;
  const facts = await probeSource(source);
  const { width, height, channels: format } = model.input;
  const training = { ...model.camera, width, height };
  const view = networkView(training, cameraOf(camera, facts.width, facts.height) ?? facts);
  const pace = source.kind === 'v4l2' ? 'real-time' : source.pace;
  const common = { width, height, format, crop: view.crop, sourceWidth: facts.width, sourceHeight: facts.height };
  if (source.kind === 'images') {
    const { fps, loop } = source;
    return { job: { kind: 'images', paths: facts.paths, ...common, fps, pace: source.pace, loop }, view, pace, fps };
  }
  const launch = pipelineText(source, common);
  return {
    job: { kind: 'gst', launch, loop: source.kind === 'file' && source.loop },
    view,
    pace,
    fps: facts.fps,
  };
}
