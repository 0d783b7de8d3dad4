// An output of your own: the nearest depth ahead of every frame as one JSON datagram, for a program on another machine.
//
//   node examples/custom-output.mjs models/edge-street demo/street-drive.mp4 127.0.0.1:9000
import { createSocket } from 'node:dgram';
import { createLog, metricDepth, startStream, streamConfigSchema } from 'cyclops/runtime';

const [model = '', path = '', address = ''] = process.argv.slice(2);
const [host = '', port = ''] = address.split(':');
if (!(Number(port) > 0)) throw new Error('expected MODEL VIDEO HOST:PORT');

const config = streamConfigSchema.parse({ model, camera: { source: { kind: 'file', path } } });
const stream = await startStream(config, [datagrams(host, Number(port))], createLog('example'));
const { latency, outputs } = await stream.done;
console.log(`${latency.frames} frames, ${outputs[0]?.written} sent, ${outputs[0]?.dropped} dropped`);

/**
 * Called for one frame at a time, in order. A live stream drops frames that it is too slow for, and counts them; a file
 * waits. What it throws ends the stream.
 * @param {string} host
 * @param {number} port
 * @returns {import('cyclops/runtime').Output}
 */
function datagrams(host, port) {
  const socket = createSocket('udp4');
  return {
    name: `datagrams:${host}:${port}`,
    // Nothing of a frame is used after `publish`, so its memory may be used again.
    releasesFrames: true,
    async start({ unit, width, height }) {
      if (unit !== 'metres') throw new Error('the model gives no metres');
      console.log(`sending the nearest of ${width}x${height} pixels to ${host}:${port}`);
    },
    publish(frame) {
      const { data } = metricDepth(frame);
      const known = data.filter((metres) => metres > 0);
      const nearestM = known.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
      const message = JSON.stringify({ camera: frame.cameraId, sequence: frame.sequence, nearestM });
      return new Promise((resolve, reject) => {
        socket.send(message, port, host, (error) => (error === null ? resolve() : reject(error)));
      });
    },
    async stop() {
      socket.close();
    },
  };
}
