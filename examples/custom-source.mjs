// A source of your own: whatever GStreamer can read, up to raw video. Crop, resizing to the network and the way into this
// process are put behind it. `live` sources drop late frames and are started again where they fail; others wait, and end.
//
//   node examples/custom-source.mjs models/edge-street "videotestsrc num-buffers=50 ! videoconvert"
//   node examples/custom-source.mjs models/edge-street "v4l2src ! videoflip method=rotate-180 ! videoconvert" live
import { metricDepth, openStream } from 'cyclops/runtime';

const [model, launch, live] = process.argv.slice(2);
if (model === undefined || launch === undefined) throw new Error('expected MODEL PIPELINE [live]');

const stream = await openStream({
  model,
  camera: { id: 'mine', source: { kind: 'pipeline', launch, live: live === 'live' }, horizontalFovDeg: 70 },
});
console.log(`${stream.info.width}x${stream.info.height} from ${stream.info.sourceFps ?? 'unknown'} frames/s`);

for await (const frame of stream) {
  const { width, height, data } = metricDepth(frame);
  const middle = data[(height >> 1) * width + (width >> 1)];
  console.log(`frame ${frame.sequence}, ${frame.droppedBefore} dropped before: ${middle?.toFixed(2)} m in the middle`);
}

const { end, latency } = await stream.done;
console.log(`ended by the ${end}: ${latency.frames} frames, ${latency.dropped} dropped`);
