import { fileURLToPath } from 'node:url';
import { planCapture, readModelPackage, streamConfigSchema } from '../../src/runtime/index.js';
import { runProgram } from '../stream/child.js';

/**
 * Memory of the parts that our stream cannot do without, each as a program by itself, bytes: Node that does nothing, Node
 * with one session of this model, GStreamer's own launcher with the pipeline of our capture process.
 */
export async function memoryFloor(model: string, clip: string): Promise<Readonly<Record<string, number>>> {
  const { package: facts, onnxPath } = await readModelPackage(model);
  const { name, height, width, channels } = facts.input;
  const config = streamConfigSchema.parse({ model, camera: { source: { kind: 'file', path: clip } } });
  const { job } = await planCapture(config, facts);
  if (job.kind !== 'gst') throw new Error('assertion failed: a video needs GStreamer');
  const launch = job.launch.replace(/gdppay ! fdsink.*$/, 'fakesink sync=false');
  const session = fileURLToPath(new URL('./bare-session.js', import.meta.url));
  const shape = [1, height, width, channels.length].map(String);
  const parts = {
    'Node, nothing else': [process.execPath, '-e', 'setTimeout(() => {}, 1500)'],
    'Node, one session': [process.execPath, session, onnxPath, name, ...shape],
    'gst-launch-1.0, our pipeline': ['gst-launch-1.0', '-q', ...words(launch)],
  };
  const floor: Record<string, number> = {};
  for (const [what, [program, ...args]] of Object.entries(parts)) {
    floor[what] = (await runProgram(program!, args)).peakMemoryBytes;
  }
  return floor;
}

/** The words of a launch text as a shell would take them. */
function words(launch: string): readonly string[] {
  return [...launch.matchAll(/(?:"[^"]*"|\S)+/g)].map(([word]) => word.replaceAll('"', ''));
}
