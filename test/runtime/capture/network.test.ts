import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePort, skipWithoutRtspServer, startRtspServer } from '../../support/rtsp-server.js';
import { childrenOf, KeepingOutput, stream, until } from '../../support/stream.js';
import { writeTinyPackage } from '../../support/tiny-package.js';
import { rtpPackets, sendBall, transportStream } from '../../support/udp-sender.js';

const engine = { threads: 1 };
let model = '';

before(async () => {
  model = await mkdtemp(join(tmpdir(), 'cyclops-network-'));
  await writeTinyPackage(model, { width: 64, height: 32 });
});
after(() => rm(model, { recursive: true, force: true }));

const withServer = await skipWithoutRtspServer();

for (const [transport, codec] of [
  ['tcp', 'auto'],
  ['udp', 'h264'],
] as const) {
  test(`RTSP over ${transport}, codec ${codec}: images with timestamps`, withServer, async (t) => {
    const server = await startRtspServer();
    t.after(() => server.stop());
    const output = new KeepingOutput();
    const source = { kind: 'rtsp', url: server.url, transport, codec } as const;
    const pipeline = await stream({ model, engine, camera: { source }, frames: 8 }, output);
    const summary = await pipeline.done;
    assert.equal(summary.end, 'frames');
    assert.equal(summary.restarts, 0);
    assert.deepEqual([output.info?.width, output.info?.height], [64, 32]);
    assert.ok(
      output.frames.every((frame) => frame.quality === 'pts' && frame.timestamps.capture <= frame.timestamps.arrival),
    );
    assert.ok(output.frames.some((frame) => frame.image.data.some((value) => value > 200)));
  });
}

test('an RTSP camera that goes away and comes back with another size', withServer, async (t) => {
  const first = await startRtspServer();
  const output = new KeepingOutput();
  const source = { kind: 'rtsp', url: first.url, codec: 'h264' } as const;
  const capture = { stallTimeoutMs: 3000, restartWaitMs: 50, restartLimit: 100 };
  // The camera's fx belongs to its first size.
  const pipeline = await stream({ model, engine, capture, camera: { source, fxPx: 120 } }, output);
  await until(() => output.frames.length > 2, 'images of the first server');
  const firstFrame = output.frames[0]!;
  await first.stop();
  const second = await startRtspServer({ port: first.port, width: 320, height: 192 });
  t.after(() => second.stop());
  const before = output.frames.length;
  await until(() => output.frames.length > before + 2, 'images of the second server');
  await pipeline.stop();
  const summary = await pipeline.done;
  assert.ok((summary.faults.format ?? 0) >= 1, JSON.stringify(summary.faults));
  const told = Object.values(summary.faults).reduce((sum, count) => sum + count, 0);
  // On a busy machine the stop may come while another fault is waited out.
  assert.ok(told === summary.restarts || told === summary.restarts + 1, JSON.stringify(summary));
  const lastFrame = output.frames.at(-1)!;
  // Twice the pixels, the same lens: the network sees the same, and so do its metres.
  assert.equal(lastFrame.depthScale, firstFrame.depthScale);
  assert.ok(Math.abs(lastFrame.intrinsics.fxPx / firstFrame.intrinsics.fxPx - 1) < 0.02);
  const bright = ({ image }: (typeof output.frames)[number]) => image.data.filter((value) => value > 128).length;
  const shares = output.frames.slice(before).map((frame) => bright(frame) / frame.image.data.length);
  assert.ok(
    shares.some((share) => share > 0 && share < 0.5),
    `no ball in ${shares}`,
  );
  assert.deepEqual((await childrenOf()).length, 1, 'only the second server is left');
});

test('a frozen capture of an RTSP camera catches up instead of lagging for ever', withServer, async (t) => {
  const server = await startRtspServer();
  t.after(() => server.stop());
  const output = new KeepingOutput();
  const source = { kind: 'rtsp', url: server.url } as const;
  const capture = { stallTimeoutMs: 20_000 };
  const pipeline = await stream({ model, engine, capture, camera: { source } }, output);
  await until(() => output.frames.length > 5, 'images');
  const pid = pipeline.capturePid!;
  process.kill(pid, 'SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, 2500));
  process.kill(pid, 'SIGCONT');
  const before = output.frames.length;
  const ageMs = () => {
    const { capture: taken, arrival } = output.frames.at(-1)!.timestamps;
    return Number(arrival - taken) / 1e6;
  };
  // Without a bound on the lag the age would stay at the 2.5 s of the pause.
  await until(() => output.frames.length > before + 5 && ageMs() < 1000, 'fresh images');
  assert.equal(pipeline.capturePid, pid);
  await pipeline.stop();
});

test('no server, no such stream: a clear error without the password', withServer, async (t) => {
  const url = `rtsp://user:secret@127.0.0.1:${await freePort()}/live`;
  const open = (address: string) => stream({ model, camera: { source: { kind: 'rtsp', url: address } } });
  await assert.rejects(open(url), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'CAPTURE_FAILED');
    assert.match(error.message, /user:\*\*\*@.*(connect|open)/i);
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
  const server = await startRtspServer();
  t.after(() => server.stop());
  await assert.rejects(open(server.url.replace('live', 'other')), { code: 'CAPTURE_FAILED', message: /not found/i });
});

test('RTP in plain UDP packets, with rubbish between them: the stream goes on', async (t) => {
  const port = await freePort();
  sendBall(t, rtpPackets, port);
  const output = new KeepingOutput();
  const source = { kind: 'rtp', port, address: '127.0.0.1' } as const;
  const pipeline = await stream({ model, engine, camera: { source } }, output);
  await until(() => output.frames.length > 3, 'images');
  const socket = createSocket('udp4');
  for (let i = 0; i < 200; i++) {
    const rubbish = Buffer.from(Array.from({ length: 300 }, (_, at) => (i * 31 + at * 17) % 256));
    // Half of it looks like the next packet of the stream.
    if (i % 2 === 0) rubbish.set([0x80, 0x60], 0);
    socket.send(rubbish, port, '127.0.0.1');
  }
  const before = output.frames.length;
  await until(() => output.frames.length > before + 5, 'images after the rubbish');
  socket.close();
  await pipeline.stop();
  await pipeline.done;
});

test('an MPEG transport stream in UDP packets', async (t) => {
  const port = await freePort();
  sendBall(t, transportStream, port);
  const output = new KeepingOutput();
  const source = { kind: 'udp', port, address: '127.0.0.1' } as const;
  const summary = await (await stream({ model, engine, camera: { source }, frames: 4 }, output)).done;
  assert.equal(summary.latency.frames, 4);
});

test("a user's own pipeline streams; one with a mistake names it", async () => {
  const launch = 'videotestsrc is-live=true pattern=red ! video/x-raw,width=200,height=100,framerate=30/1 ! videoflip';
  const output = new KeepingOutput();
  const run = (text: string) =>
    stream({ model, engine, camera: { source: { kind: 'pipeline', launch: text } }, frames: 3 }, output);
  await (await run(launch)).done;
  assert.deepEqual(
    [...output.frames[0]!.image.data.subarray(0, 3)].map((value) => value > 128),
    [true, false, false],
  );
  await assert.rejects(run('videotestsrc ! no-such-element'), { code: 'MACHINE_LACKS', message: /no-such-element/ });
  await assert.rejects(run('audiotestsrc'), { code: 'CAPTURE_FAILED' });
});
