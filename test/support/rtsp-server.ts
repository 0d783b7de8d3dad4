import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/base/paths.js';

// Debian's own Python, which has its GObject bindings; another one first in PATH has not.
const python = '/usr/bin/python3';

/** Options for `test` that skip, visibly, where the RTSP server of the tests is not installed. */
export async function skipWithoutRtspServer(): Promise<{ skip: string | false }> {
  const probe =
    'import gi; gi.require_version("Gst", "1.0"); gi.require_version("GstRtspServer", "1.0"); from gi.repository import GstRtspServer';
  const isThere = await promisify(execFile)(python, ['-c', probe]).then(
    () => true,
    () => false,
  );
  return { skip: isThere ? false : 'no RTSP server: apt-get install python3-gi gir1.2-gst-rtsp-server-1.0' };
}

/** A running server. */
export interface RtspServer {
  readonly url: string;
  readonly port: number;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/** Starts a real RTSP server on the loopback interface that shows GStreamer's moving ball at 25/s. */
export async function startRtspServer(
  options: {
    readonly port?: number;
    readonly codec?: 'h264' | 'h265';
    readonly width?: number;
    readonly height?: number;
  } = {},
): Promise<RtspServer> {
  const { port = await freePort(), codec = 'h264', width = 160, height = 96 } = options;
  const script = join(packageRoot(), 'test/support/rtsp-server.py');
  const child = spawn(python, [script, String(port), codec, String(width), String(height)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  await Promise.race([
    once(child.stdout!, 'data'),
    exited.then(() => Promise.reject(new Error('the RTSP server ended'))),
  ]);
  return {
    url: `rtsp://127.0.0.1:${port}/live`,
    port,
    process: child,
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** A TCP and, very likely, UDP port that nobody uses at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
