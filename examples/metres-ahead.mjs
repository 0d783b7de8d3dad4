// A camera to metres ahead: the nearest depth in the middle of every frame, and how old the frame is. A loop that is too
// slow for the camera gets the newest frame; Ctrl-C ends the stream in order.
//
//   node examples/metres-ahead.mjs models/edge-street /dev/video0 78
//   node examples/metres-ahead.mjs models/edge-street demo/street-drive.mp4
import { metricDepth, openStream } from 'cyclops/runtime';

const [model, path, fovDeg] = process.argv.slice(2);
if (model === undefined || path === undefined) throw new Error('expected MODEL CAMERA_OR_VIDEO [FOV_DEG]');

const abort = new AbortController();
process.once('SIGINT', () => abort.abort());

/** @type {import('cyclops/runtime').SourceInput} */
const source = path.startsWith('/dev/') ? { kind: 'v4l2', device: path } : { kind: 'file', path };
const camera = fovDeg === undefined ? { source } : { source, horizontalFovDeg: Number(fovDeg) };
const stream = await openStream({ model, camera }, { signal: abort.signal });
if (stream.info.unit !== 'metres') throw new Error(`${model} gives no metres`);

for await (const frame of stream) {
  const { width, height, data } = metricDepth(frame);
  const ageMs = Number(frame.timestamps.publish - frame.timestamps.capture) / 1e6;
  const metres = nearest(data, width, height);
  console.log(`frame ${frame.sequence}: ${metres.toFixed(1)} m ahead, ${ageMs.toFixed(0)} ms old`);
}

/**
 * The depth that 5 % of the pixels in the middle fifth are nearer than, metres: one wild pixel is no obstacle.
 * @param {Float32Array} depthM @param {number} width @param {number} height
 */
function nearest(depthM, width, height) {
  const [left, right] = [Math.round(width * 0.4), Math.round(width * 0.6)];
  const middle = [];
  for (let row = Math.round(height * 0.4); row < height * 0.6; row++) {
    middle.push(...depthM.subarray(row * width + left, row * width + right));
  }
  const known = middle.filter((metres) => metres > 0).sort((a, b) => a - b);
  return known[Math.floor(known.length / 20)] ?? Number.NaN;
}
