import { DelayedError, type Job, Queue, QueueEvents, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { CyclopsError, messageOf } from '../../base/errors.js';

/** BullMQ on Redis or Valkey: the only import of bullmq and ioredis. */
export { DelayedError, type Job, Queue, QueueEvents, Worker };

/** A server that does not answer for this long is not there, ms. */
const connectTimeoutMs = 5000;

/** How BullMQ connects: a connection of its own for each object, which comes back by itself when the server does. */
export interface QueueConnection {
  readonly url: string;
  readonly maxRetriesPerRequest: null;
}

/** Host and port of a server, for messages: its URL may hold a password. */
function serverName(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port === '' ? '6379' : port}`;
}

/**
 * Asks a server whether it is there.
 * @param url `redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]`, or `rediss:` for TLS.
 * @throws CyclopsError `USAGE_INVALID` for another URL, `QUEUE_UNAVAILABLE`.
 */
export async function connectionTo(url: string): Promise<QueueConnection> {
  if (!URL.canParse(url) || !['redis:', 'rediss:'].includes(new URL(url).protocol) || new URL(url).hostname === '') {
    throw new CyclopsError('USAGE_INVALID', `--queue: expected redis://HOST:PORT or rediss://HOST:PORT`);
  }
  const probe = new Redis(url, {
    lazyConnect: true,
    connectTimeout: connectTimeoutMs,
    // What takes connections there may never answer, and be no server at all.
    commandTimeout: connectTimeoutMs,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // The reason comes as an event, and the call only says that the connection is closed.
  let reason: unknown;
  probe.on('error', (error: unknown) => {
    reason ??= error;
  });
  try {
    await probe.connect();
    await probe.ping();
  } catch (error) {
    throw new CyclopsError(
      'QUEUE_UNAVAILABLE',
      `${serverName(url)}: no Redis or Valkey server answers there (${messageOf(reason ?? error)})`,
      { cause: error },
    );
  } finally {
    probe.disconnect();
  }
  return { url, maxRetriesPerRequest: null };
}
