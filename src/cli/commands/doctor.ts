import { errorCodes } from '../../base/errors.js';
import { withActivity } from '../activity.js';
import type { Command } from '../command.js';
import { examineCameras } from '../doctor/cameras.js';
import { examineGstreamer } from '../doctor/gstreamer.js';
import { examineGstreamerBinding, examineOnnxRuntime, examineSharp, examineTensorflow } from '../doctor/libraries.js';
import { examineMachine } from '../doctor/machine.js';
import { examineNvidia } from '../doctor/nvidia.js';
import { type DoctorReport, formatReport, hasGaps } from '../doctor/report.js';

/** `cyclops doctor`: what this machine can do. */
export const command: Command = {
  name: 'doctor',
  summary: 'tell what this machine can do, and what to do about gaps',
  usage: '[options]',
  details: `Libraries are loaded in processes of their own, so one that crashes is a line of the table.
Exit code: 0 where streams can run and everything that is installed works, ${errorCodes.MACHINE_LACKS} where there is a gap.
TensorFlow is only needed for training: that it is not installed is no gap.`,
  options: { json: { type: 'boolean', help: 'print the report as JSON' } },
  positionals: { min: 0, max: 0 },
  async run(values) {
    const report = await withActivity('looking at this machine', examine);
    process.stdout.write(values.json === true ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report));
    return hasGaps(report) ? errorCodes.MACHINE_LACKS : 0;
  },
};

async function examine(): Promise<DoctorReport> {
  const [machine, gstreamer, cameras] = await Promise.all([examineMachine(), examineGstreamer(), examineCameras()]);
  // One after the other: each loads hundreds of megabytes, and a small board has not much more.
  const onnxRuntime = await examineOnnxRuntime();
  const nvidia = await examineNvidia();
  const binding = await examineGstreamerBinding();
  const sharp = await examineSharp();
  const tensorflow = await examineTensorflow();
  return {
    parts: [...machine, onnxRuntime, ...nvidia, gstreamer.finding, binding, sharp, cameras, tensorflow],
    elements: gstreamer.elements,
  };
}
