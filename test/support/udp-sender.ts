import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';

/** Elements that put H.264 into RTP packets. */
export const rtpPackets = 'rtph264pay config-interval=-1';

/** Elements that put H.264 into an MPEG transport stream, one packet a buffer. */
export const transportStream = 'h264parse config-interval=-1 ! mpegtsmux alignment=7';

/** Sends GStreamer's moving ball (160x96, 25/s, H.264) to a local port until the test ends. */
export function sendBall(t: TestContext, wrapping: string, port: number): void {
  const image =
    'videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=160,height=96,framerate=25/1 ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=5';
  const launch = `${image} ! ${wrapping} ! udpsink host=127.0.0.1 port=${port}`;
  const child = spawn('gst-launch-1.0', ['-q', ...launch.split(/\s+/)], { stdio: 'ignore' });
  t.after(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
}
