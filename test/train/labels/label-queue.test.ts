import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isCyclopsError } from '../../../src/base/errors.js';
import { readLabelsInfo } from '../../../src/data/labels.js';
import { openSource } from '../../../src/data/sources/index.js';
import { connectionTo, Queue } from '../../../src/train/labels/job-queue.js';
import { isRefinedOrder } from '../../../src/train/labels/label-folder.js';
import { labelByQueue } from '../../../src/train/labels/label-queue.js';
import { serveLabels } from '../../../src/train/labels/label-queue-worker.js';
import { labelQueueName } from '../../../src/train/labels/label-task.js';
import { cyclops, startCyclops } from '../../support/command.js';
import { skipWithoutRedis, startRedis } from '../../support/redis-server.js';
import { freePort } from '../../support/rtsp-server.js';
import { writeTinyFolder } from '../../support/tiny-pairs.js';

const pairs = 8;

describe('labelling by workers of a queue', skipWithoutRedis, () => {
  let root = '';
  let redis: Awaited<ReturnType<typeof startRedis>>;
  const at = (...names: string[]): string => join(root, ...names);

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'cyclops-queue-'));
    redis = await startRedis();
    await writeTinyFolder(at('data'), pairs);
    await writeTinyFolder(at('elsewhere'), 2);
    for (const [name, seed] of [
      ['teacher', '1'],
      ['other', '9'],
    ] as const) {
      const train = `train --stage teacher --width-multiplier 0.1 --size 128x64 --batch 1 --steps 1 --seed ${seed} \
--validation-data none --report-every 0 --data ${at('data')} -o ${at(name)}`;
      const result = await cyclops(train.split(/\s+/));
      assert.equal(result.code, 0, result.stderr);
    }
    const local = await cyclops(['label', '--teacher', at('teacher'), '--data', at('data'), '-o', at('local')]);
    assert.equal(local.code, 0, local.stderr);
  });
  after(async () => {
    await redis?.stop();
    await rm(root, { recursive: true });
  });

  it('gives the files of a local run, also where a worker was killed in the middle of its pairs', async (t) => {
    const order = ['label', '--teacher', at('teacher'), '--data', at('data'), '-o', at('labels'), '--queue', redis.url];
    const work = ['label', '--queue', redis.url, '--worker', '--lease', '2'];
    const queue = await openQueue(t);
    const coordinator = startCyclops([...order, '--json']);
    const victim = startCyclops(work);
    while ((await queue.getActiveCount()) === 0) await sleep(5);
    victim.child.kill('SIGKILL');
    assert.equal((await victim.ended).signal, 'SIGKILL');
    assert.ok((await queue.getActiveCount()) > 0, 'it still holds pairs');

    const workers = [startCyclops(work), startCyclops(work)];
    const result = await coordinator.ended;
    for (const { child } of workers) child.kill('SIGTERM');
    assert.equal(result.code, 0, result.stderr);
    const { written, status, takenOver, workers: byWorker } = JSON.parse(result.stdout) as Record<string, unknown>;
    assert.deepEqual({ written, status }, { written: pairs, status: 'finished' });
    assert.ok((takenOver as number) > 0);
    for (const name of Object.keys(byWorker as object)) {
      assert.ok(workers.some(({ child }) => name.endsWith(`:${child.pid}`)) || name.endsWith(`:${victim.child.pid}`));
    }
    for (const { ended } of workers) assert.equal((await ended).code, 0, 'a worker that is asked to ends in peace');
    await assertSameFiles(at('local'), at('labels'));

    const again = await cyclops([...order, '--json']);
    const second = JSON.parse(again.stdout) as Record<string, unknown>;
    assert.equal(second.written, 0, 'nothing is done twice, and no worker is needed for that');
    assert.equal(second.skipped, pairs);
  });

  it('tries a pair again that could not be read, and only makes what is missing', async (t) => {
    const folder = at('again');
    const image = at('data', 'training', 'image_2', '000003_10.png');
    const bytes = await readFile(image);
    const source = await openSource({ kind: 'kitti-2015', folder: at('data') });
    // Same size, so that it is the same data by name and size; nothing of an image is left of it.
    await writeFile(image, new Uint8Array(bytes.length));
    const { signal, stop } = stopOf(t);
    const messages: string[] = [];
    const worker = serveLabels({
      url: redis.url,
      leaseS: 10,
      signal,
      onMessage: (text) => {
        messages.push(text);
        void writeFile(image, bytes);
      },
    });
    const result = await labelByQueue({
      producer: 'teacher',
      checkpoints: { teacher: at('teacher') },
      source,
      folder,
      url: redis.url,
      signal,
    });
    assert.equal(result.written, pairs);
    assert.match(messages.join('\n'), /000003_10: .*000003_10\.png/);

    const path = join(folder, 'disp_left', '000001_10.png');
    const untouched = join(folder, 'disp_left', '000002_10.png');
    const [wanted, { mtimeMs }] = [await readFile(path), await stat(untouched)];
    await rm(path);
    const second = await labelByQueue({
      producer: 'teacher',
      checkpoints: { teacher: at('teacher') },
      source,
      folder,
      url: redis.url,
      signal,
    });
    assert.deepEqual([second.written, second.skipped], [1, pairs - 1]);
    assert.deepEqual(await readFile(path), wanted);
    assert.equal((await stat(untouched)).mtimeMs, mtimeMs);
    stop();
    assert.equal(await worker, pairs + 1);
  });

  it('ends a worker that has another teacher, other data or no such folder; its pairs wait for another one', async (t) => {
    const source = await openSource({ kind: 'kitti-2015', folder: at('data') });
    const { signal, stop } = stopOf(t);
    const order = {
      producer: 'teacher',
      checkpoints: { teacher: at('teacher') },
      source,
      folder: at('refused'),
      url: redis.url,
      signal,
    };
    const ended = labelByQueue(order);
    const elsewhere = { kind: 'kitti-2015', folder: at('elsewhere') } as const;
    const serve = { url: redis.url, leaseS: 10, signal };
    await assert.rejects(
      serveLabels({ ...serve, checkpoints: { teacher: at('other') } }),
      (error) => isCyclopsError(error, 'CHECKPOINT_INVALID') && /another teacher than was ordered/.test(error.message),
    );
    await assert.rejects(
      serveLabels({ ...serve, source: elsewhere }),
      (error) =>
        isCyclopsError(error, 'DATA_INVALID') && /elsewhere: other images than were ordered/.test(error.message),
    );
    await assert.rejects(serveLabels({ ...serve, folder: at('no-such-folder') }), (error) =>
      isCyclopsError(error, 'FILE_MISSING'),
    );
    stop();
    const result = await ended;
    assert.deepEqual([result.status, result.written], ['stopped', 0]);
    const queue = await openQueue(t);
    assert.equal(await queue.count(), 0, 'what no worker had begun was taken back');
  });

  it('outlives a server that ends and comes back without what it knew', async (t) => {
    const source = await openSource({ kind: 'kitti-2015', folder: at('data') });
    const { signal, stop } = stopOf(t);
    const order = {
      producer: 'teacher',
      checkpoints: { teacher: at('teacher') },
      source,
      folder: at('outlived'),
      url: redis.url,
      signal,
    };
    const restart = async (): Promise<void> => {
      await redis.stop();
      redis = await startRedis(redis.port);
    };
    let onProgress = (): void => undefined;
    const ordered = new Promise<void>((resolve) => {
      onProgress = resolve;
    });
    const ended = labelByQueue({ ...order, onProgress: () => onProgress() });
    await ordered;
    await restart();
    const worker = serveLabels({ url: redis.url, leaseS: 10, signal });
    assert.equal((await ended).written, pairs);

    await restart();
    await rm(join(order.folder, 'disp_left', '000001_10.png'));
    assert.equal((await labelByQueue(order)).written, 1, 'the worker has come back to the server');
    stop();
    assert.equal(await worker, pairs + 1);
  });

  it('ends when asked to, also while the server is away', async (t) => {
    const servers = await Promise.all([startRedis(), startRedis()]);
    const [forWorker, forOrder] = servers.map(({ url }) => url) as [string, string];
    const source = await openSource({ kind: 'kitti-2015', folder: at('data') });
    const { signal, stop } = stopOf(t);
    const worker = serveLabels({ url: forWorker, leaseS: 10, signal });
    const queue = await openQueue(t, forWorker);
    while ((await queue.getWorkersCount()) === 0) await sleep(20);
    await queue.close();
    let onProgress = (): void => undefined;
    const ordered = new Promise<void>((resolve) => {
      onProgress = resolve;
    });
    const order = {
      producer: 'teacher',
      checkpoints: { teacher: at('teacher') },
      source,
      folder: at('away'),
      url: forOrder,
      signal,
    };
    const ended = assert.rejects(labelByQueue({ ...order, onProgress: () => onProgress() }), (error) =>
      isCyclopsError(error, 'QUEUE_UNAVAILABLE'),
    );
    await ordered;
    await Promise.all(servers.map((server) => server.stop()));
    stop();
    await ended;
    assert.equal(await worker, 0);
  });

  it('refines where that is ordered, as a local run does, and refuses settings that are not its own', async (t) => {
    const local = await cyclops([
      'label',
      '--teacher',
      at('teacher'),
      '--data',
      at('data'),
      '-o',
      at('refined'),
      '--refine',
    ]);
    assert.equal(local.code, 0, local.stderr);
    const source = await openSource({ kind: 'kitti-2015', folder: at('data') });
    const { signal, stop } = stopOf(t);
    const worker = serveLabels({ url: redis.url, leaseS: 10, signal });
    const folder = at('refined-by-queue');
    const order = {
      producer: 'teacher',
      checkpoints: { teacher: at('teacher') },
      source,
      folder,
      url: redis.url,
      signal,
      refine: true,
    };
    assert.equal((await labelByQueue({ ...order, preview: join(folder, 'preview.png') })).written, pairs);
    stop();
    assert.equal(await worker, pairs);
    await assertSameFiles(at('refined'), folder);

    const info = await readLabelsInfo(folder);
    assert.equal(isRefinedOrder(info), true);
    const later = { ...info, settings: { ...info.settings, refinement: { version: 2 } } };
    assert.throws(
      () => isRefinedOrder(later),
      (error) => isCyclopsError(error, 'DATA_INVALID'),
    );
  });

  it('a worker that has lost a pair to another one writes nothing of it', async (t) => {
    const source = await openSource({ kind: 'kitti-2015', folder: at('data') });
    const { signal, stop } = stopOf(t);
    const folder = at('lost');
    const queue = await openQueue(t);
    const checkpoints = { teacher: at('teacher') };
    const order = labelByQueue({ producer: 'teacher', checkpoints, source, folder, url: redis.url, signal });
    while ((await queue.count()) < pairs) await sleep(5);
    const ended = new AbortController();
    const worker = serveLabels({
      url: redis.url,
      leaseS: 60,
      signal: ended.signal,
      onProgress: (labelled) => {
        if (labelled === pairs - 1) ended.abort();
      },
    });
    // While the worker still opens its network, the lease of its first pair goes to somebody else.
    let lost = (await queue.getActive())[0];
    for (; lost === undefined; lost = (await queue.getActive())[0]) await sleep(1);
    assert.equal(await askRedis(redis.port, `SET bull:${labelQueueName}:${lost.id}:lock somebody XX`), '+OK');
    assert.equal(await worker, pairs - 1);
    await assert.rejects(stat(join(folder, 'disp_left', `${lost.data.id}.png`)), { code: 'ENOENT' });
    stop();
    assert.deepEqual((await order).written, pairs - 1);
    await queue.obliterate({ force: true });
  });

  it('two orders in one queue: each counts its own pairs only', async (t) => {
    const source = await openSource({ kind: 'kitti-2015', folder: at('data') });
    const { signal, stop } = stopOf(t);
    const checkpoints = { teacher: at('teacher') };
    const order = { producer: 'teacher', checkpoints, source, url: redis.url, signal };
    const orders = ['one', 'two'].map((name) => labelByQueue({ ...order, folder: at(name) }));
    const worker = serveLabels({ url: redis.url, leaseS: 10, signal });
    for (const result of await Promise.all(orders)) {
      assert.equal(result.written, pairs);
      assert.deepEqual(Object.values(result.workers), [pairs]);
    }
    stop();
    assert.equal(await worker, 2 * pairs);
  });

  it('makes no file of a name that the source does not have', async (t) => {
    const source = await openSource({ kind: 'kitti-2015', folder: at('data') });
    const { signal, stop } = stopOf(t);
    const misnamed = { ...source, idAt: (index: number) => (index === 0 ? '../escaped' : source.idAt(index)) };
    const worker = serveLabels({ url: redis.url, leaseS: 10, signal });
    const order = {
      producer: 'teacher',
      checkpoints: { teacher: at('teacher') },
      source: misnamed,
      folder: at('named'),
      url: redis.url,
      signal,
    };
    await assert.rejects(
      labelByQueue(order),
      (error) => isCyclopsError(error, 'DATA_INVALID') && /has no "\.\.\/escaped" there/.test(error.message),
    );
    stop();
    assert.equal(await worker, pairs - 1);
    await assert.rejects(stat(at('named', 'escaped.png')), { code: 'ENOENT' });
  });

  async function openQueue(t: TestContext, url = redis.url): Promise<Queue> {
    const queue = new Queue(labelQueueName, { connection: await connectionTo(url) });
    t.after(() => queue.close());
    return queue;
  }
});

it('a queue that cannot be had is told before anything is labelled', async () => {
  const url = `redis://:secret@127.0.0.1:${await freePort()}`;
  const gone = await cyclops(['label', '--queue', url, '--worker']);
  assert.equal(gone.code, 5);
  assert.match(
    gone.stderr,
    /127\.0\.0\.1:\d+: no Redis or Valkey server answers there \(.*ECONNREFUSED.*QUEUE_UNAVAILABLE/,
  );
  assert.doesNotMatch(gone.stderr, /secret/);
  const wrong = await cyclops(['label', '--queue', 'localhost:6379', '--worker']);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /--queue: expected redis:/);
  const alone = await cyclops(['label', '--worker']);
  assert.equal(alone.code, 2);
  assert.match(alone.stderr, /--worker: expected --queue URL/);
});

async function assertSameFiles(expected: string, found: string): Promise<void> {
  const list = async (folder: string): Promise<string[]> =>
    (await readdir(folder, { recursive: true })).filter((name) => /\.(png|json)$/.test(name)).sort();
  const names = await list(expected);
  assert.equal(names.length, 6 * pairs + 2);
  assert.deepEqual(await list(found), names);
  for (const name of names)
    assert.deepEqual(await readFile(join(found, name)), await readFile(join(expected, name)), name);
}

function stopOf(t: TestContext): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  t.after(() => controller.abort());
  return { signal: controller.signal, stop: () => controller.abort() };
}

/** One command to the server, as a person types it; the first line of the answer. */
async function askRedis(port: number, command: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`${command}\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return answer.toString().split('\r\n')[0]!;
}
