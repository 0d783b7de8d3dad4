import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from './rtsp-server.js';

// Debian's redis-tools hold the server too, under another name, and the package redis-server would start a service.
const argv0 = 'redis-server';
const program = ['redis-server', 'valkey-server', 'redis-check-rdb'].find(
  (name) => spawnSync(name, ['--version'], { argv0 }).status === 0,
);

/** Options for `test` that skip, visibly, where there is neither Redis nor Valkey. */
export const skipWithoutRedis: { skip: string | false } = {
  skip: program === undefined ? 'no Redis: apt-get install redis-tools' : false,
};

/** A real server on a port of its own that keeps nothing on disk. */
export async function startRedis(
  port?: number,
): Promise<{ readonly url: string; readonly port: number; stop(): Promise<void> }> {
  port ??= await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn(program!, args, { argv0, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (/Ready to accept connections/.test(said)) resolve();
    });
    exited.then(() => reject(new Error(`the server ended: ${said}`)), reject);
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
