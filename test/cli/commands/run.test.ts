import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { access, copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { GraphBuilder } from '../../../src/export/graph/graph.js';
import { unary } from '../../../src/export/graph/ops.js';
import { encodeModel } from '../../../src/export/graph/proto.js';
import { gst, writeClip } from '../../support/clip.js';
import { programPath, type RunningCommand, startCyclops } from '../../support/command.js';
import { childrenOf, until } from '../../support/stream.js';
import { writeTinyPackage } from '../../support/tiny-package.js';

let folder = '';
let model = '';
let clip = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cyclops-run-'));
  model = join(folder, 'model');
  clip = join(folder, 'clip.mp4');
  await writeTinyPackage(model, { width: 64, height: 32 });
  await writeClip(clip, { frames: 10 });
});
after(() => rm(folder, { recursive: true, force: true }));

const start = (args: readonly string[], env?: NodeJS.ProcessEnv): RunningCommand => startCyclops(['run', ...args], env);

/** Whether a process has ended; one that nobody has waited for yet has, too. */
const isGone = (pid: number) =>
  readFile(`/proc/${pid}/stat`, 'utf8').then(
    (text) => text.slice(text.lastIndexOf(')') + 2).startsWith('Z'),
    () => true,
  );

const run = (args: readonly string[], env?: NodeJS.ProcessEnv) => start(args, env).ended;

test('a video: one JSON line a frame, files, and the summary', async () => {
  const depth = join(folder, 'depth');
  const args = [model, '--source', `file:${clip}`, '--output', 'ndjson', '--output', `png16:${depth}`, '--json'];
  const { code, stdout, stderr } = await run([...args, '--threads', '1', '--fov', '90']);
  assert.equal(code, 0, stderr);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(lines.length, 11);
  const { summary } = lines.pop();
  assert.equal(summary.latency.frames, 10);
  assert.equal(summary.end, 'source');
  assert.deepEqual(summary.outputs, [
    { name: 'ndjson', written: 10, dropped: 0 },
    { name: `png16:${depth}`, written: 10, dropped: 0 },
  ]);
  for (const [index, line] of lines.entries()) {
    assert.equal(line.sequence, index);
    assert.equal(line.state, 'running');
    const { min, median, max, ahead } = line.depthM;
    assert.ok(min > 0 && min <= median && median <= max && ahead >= min && ahead <= max, JSON.stringify(line));
    assert.ok(BigInt(line.timestamps.publish) >= BigInt(line.timestamps.capture));
  }
  assert.equal((await readdir(depth)).length, 10);
});

test('without --json people get a table on standard error, and standard output stays empty', async () => {
  const { code, stdout, stderr } = await run([model, '--source', 'test', '--frames', '5', '--threads', '1']);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, /5 frames, .* fps, \d+ dropped, 0 capture restarts/);
  assert.match(stderr, /age: capture to publish +\d/);
  assert.match(stderr, /self-test passed/);
});

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`${signal} ends a live stream in order: exit code 0, outputs whole, no process left`, async () => {
    const { child, ended } = start([model, '--source', 'test', '--output', 'ndjson', '--json', '--threads', '1']);
    let lines = 0;
    child.stdout?.on('data', (chunk: Buffer) => {
      lines += chunk.toString().split('\n').length - 1;
    });
    await until(() => lines >= 3, 'three lines');
    const children = await childrenOf(child.pid!);
    assert.equal(children.length, 1);
    child.kill(signal);
    const { code, stdout, stderr } = await ended;
    assert.equal(code, 0, stderr);
    const { summary } = JSON.parse(stdout.trim().split('\n').at(-1)!);
    assert.equal(summary.end, 'stopped');
    assert.equal(summary.outputs[0].written + summary.outputs[0].dropped, summary.latency.frames);
    await assert.rejects(access(`/proc/${children[0]}`), 'the capture process is gone');
  });
}

test('a reader that goes away ends the run, and the capture process with it', async () => {
  const { child, ended } = start([model, '--source', 'test', '--output', 'ndjson', '--threads', '1']);
  await once(child.stdout!, 'data');
  const children = await childrenOf(child.pid!);
  child.stdout!.destroy();
  const { code, stderr } = await ended;
  assert.equal(code, 5);
  assert.match(stderr, /standard output/);
  await assert.rejects(access(`/proc/${children[0]}`));
});

test('a reader of standard error that goes away ends the run in order', async () => {
  const { child, ended } = start([model, '--source', 'test', '--threads', '1']);
  await once(child.stderr!, 'data');
  const children = await childrenOf(child.pid!);
  child.stderr!.destroy();
  const { code } = await ended;
  assert.equal(code, 0);
  for (const pid of children) await until(() => isGone(pid), 'the end of the capture process');
});

const hasTerminals = spawnSync('script', ['--quiet', '--command', 'true', '/dev/null']).status === 0;
const noTerminals = hasTerminals ? false : 'no pseudo-terminals (script, /dev/pts) on this machine';

test('a terminal that goes away takes the run and its capture process with it', { skip: noTerminals }, async () => {
  const line = `${process.execPath} ${programPath()} run ${model} --source test --threads 1 --output ndjson`;
  const terminal = spawn('script', ['--quiet', '--flush', '--command', line, '/dev/null'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(terminal.stdout, 'data');
  const pids: number[] = [];
  await until(async () => {
    pids.length = 0;
    for (let waiting = [terminal.pid!]; waiting.length > 0; pids.push(...waiting)) {
      waiting = (await Promise.all(waiting.map((pid) => childrenOf(pid)))).flat();
    }
    return pids.length >= 2;
  }, 'run and capture process');
  terminal.kill('SIGKILL');
  for (const pid of pids) await until(() => isGone(pid), 'the end of every process');
});

const canDieWithParent = await access('/usr/bin/setpriv').then(
  () => true,
  () => false,
);

for (const state of ['running', 'held by a driver'] as const) {
  const skip = state === 'running' || canDieWithParent ? false : 'no /usr/bin/setpriv on this machine';
  test(`killing the whole service leaves no capture process behind, ${state}`, { skip }, async () => {
    const { child, ended } = start([model, '--source', 'test', '--output', 'ndjson', '--threads', '1']);
    await once(child.stdout!, 'data');
    const [capture] = await childrenOf(child.pid!);
    if (state !== 'running') process.kill(capture!, 'SIGSTOP');
    child.kill('SIGKILL');
    await ended;
    await until(() => isGone(capture!), 'the end of the capture process');
  });
}

test('a capture process that does not react does not keep the run', async () => {
  const { child, ended } = start([model, '--source', 'test', '--output', 'ndjson', '--threads', '1']);
  await once(child.stdout!, 'data');
  const [capture] = await childrenOf(child.pid!);
  process.kill(capture!, 'SIGSTOP');
  child.kill('SIGTERM');
  assert.equal((await ended).code, 0);
  assert.ok(await isGone(capture!));
});

test('a second signal ends at once, as the signal does by default', async () => {
  const { child, ended } = start([model, '--source', 'test', '--output', 'ndjson', '--threads', '1']);
  await once(child.stdout!, 'data');
  const [capture] = await childrenOf(child.pid!);
  // The end in order now takes as long as the grace of the capture process.
  process.kill(capture!, 'SIGSTOP');
  const impatience = setInterval(() => child.kill('SIGINT'), 50);
  await ended;
  clearInterval(impatience);
  assert.equal(child.signalCode, 'SIGINT');
  if (!(await isGone(capture!))) process.kill(capture!, 'SIGKILL');
});

test('a bare path is the source, and the camera of a video is the file beside it unless an option says it', async () => {
  const own = join(folder, 'with camera.mp4');
  await copyFile(clip, own);
  const sidecar = join(folder, 'with camera.json');
  const notes = ({ stderr }: { readonly stderr: string }) => stderr.split('\n').filter((line) => line.startsWith('{'));
  const without = await run([model, own]);
  assert.equal(without.code, 0, without.stderr);
  assert.match(notes(without).join(), /focal length unknown/);

  await writeFile(sidecar, JSON.stringify({ width: 320, height: 180, fxPx: 250 }));
  const beside = await run([model, own]);
  assert.equal(beside.code, 0, beside.stderr);
  assert.match(notes(beside).join(), /with camera\.json beside the video.*fx 125\.0 px/);
  const given = await run([model, own, '--fx', '300', '--log', 'text']);
  assert.match(given.stderr, /\] INFO: .*fx 300\.0 px/);
  assert.doesNotMatch(given.stderr, /beside the video/);

  await writeFile(sidecar, JSON.stringify({ width: 320, height: 180, fx: 250 }));
  const odd = await run([model, own]);
  assert.equal(odd.code, 2, odd.stderr);
  assert.match(
    odd.stderr,
    /unknown key "fx"[\s\S]*with camera\.json is read as the camera of .*--fx, --fov or --calibration/,
  );
  const both = await run([model, own, '--source', 'test']);
  assert.match(both.stderr, /--source is given too/);
});

test('a video that would be no MP4 by its name is refused', async () => {
  const { code, stderr } = await run([model, clip, '--output', 'video:depth.avi']);
  assert.equal(code, 2, stderr);
  assert.match(stderr, /video:depth\.avi: expected a name that ends in \.mp4 or \.m4v/);
});

test('an output that cannot start ends the run with its error', async () => {
  const blocked = join(folder, 'a file');
  await writeFile(blocked, '');
  const { code, stderr } = await run([model, '--source', 'test', '--output', `video:${join(blocked, 'depth.mp4')}`]);
  assert.equal(code, 5, stderr);
  assert.match(stderr, /a file\/depth\.mp4: cannot be written: .*\[WRITE_FAILED\]/);
});

test('models and videos that cannot be used: exit code, and a sentence that names the file', async () => {
  const [damaged, foreign, taller] = ['damaged', 'foreign', 'taller'].map((name) => join(folder, name));
  const onnx = await readFile(join(model, 'model.onnx'));
  const manifest = await readFile(join(model, 'model.json'), 'utf8');
  for (const path of [damaged!, foreign!, taller!]) await mkdir(path);
  await writeFile(join(damaged!, 'model.json'), manifest);
  await writeFile(join(damaged!, 'model.onnx'), onnx.subarray(0, onnx.length >> 1));
  const graph = new GraphBuilder('foreign');
  graph.output(unary(graph, 'relu', 'Relu', graph.input('pixels', 'float32', [1, 3, 32, 64])), 'disparity');
  await writeFile(join(foreign!, 'model.onnx'), encodeModel(graph.build(), { producerVersion: '1', metadata: {} }));
  await writeFile(join(taller!, 'model.json'), manifest.replaceAll('"height": 32', '"height": 64'));
  await writeFile(join(taller!, 'model.onnx'), onnx);
  const sound = join(folder, 'sound.wav');
  await gst(`audiotestsrc num-buffers=10 ! wavenc ! filesink location=${sound}`);
  const cases: [string, string, number, RegExp][] = [
    [damaged!, clip, 4, /damaged\/model\.onnx: .*\[MODEL_INVALID\]/],
    [foreign!, clip, 4, /foreign\/model\.onnx: a foreign ONNX model.*\[MODEL_INVALID\]/],
    [taller!, clip, 4, /taller\/model\.onnx: .* says input image uint8 \[1, 64, 64, 3\].*\[MODEL_MISMATCH\]/],
    [model, sound, 3, /sound\.wav: no video in it \[VIDEO_INVALID\]/],
  ];
  for (const [package_, video, exitCode, message] of cases) {
    const { code, stderr } = await run([package_, '--source', `file:${video}`]);
    assert.equal(code, exitCode, stderr);
    assert.match(stderr, message);
  }
});

test('the pipeline can be printed', async () => {
  const { code, stdout } = await run([model, '--source', 'v4l2:/dev/null', '--print-pipeline', '--size', '640x480']);
  assert.equal(code, 0);
  assert.match(stdout, /^v4l2src device="\/dev\/null" ! video\/x-raw,format=YUY2,width=640,height=480/);
  assert.match(stdout, /queue leaky=downstream max-size-buffers=1 .* ! gdppay ! fdsink/);
});

test('a configuration file gives everything, and options win over it', async () => {
  const config = join(folder, 'stream.yaml');
  await writeFile(
    config,
    `model: ${model}\ncamera:\n  id: front\n  horizontalFovDeg: 60\n  source: { kind: file, path: ${clip} }\nengine: { threads: 1 }\nframes: 3\n`,
  );
  const { code, stdout, stderr } = await run(['--config', config, '--output', 'ndjson', '--frames', '2']);
  assert.equal(code, 0, stderr);
  const lines = stdout.trim().split('\n');
  assert.equal(lines.length, 2);
  assert.equal(JSON.parse(lines[0]!).camera, 'front');
  await writeFile(config, `model: ${model}\ncamera:\n  source: { kind: file, path: ${clip}, speed: 2 }\n`);
  const refused = await run(['--config', config]);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /stream\.yaml:3 camera\.source: unknown key "speed"/);
});

test('mistakes of the command line: exit code 2 and what was expected', async () => {
  const cases: [string[], RegExp][] = [
    [[model], /run: SOURCE: expected a path, csi:N, .*file:PATH.*; usage: cyclops run MODEL SOURCE/],
    [['--source', 'test'], /expected the folder of a model package/],
    [
      [model, '--source', 'webcam'],
      /source "webcam": no such file or folder; expected csi:N, .*images:DIR or test, or a path/,
    ],
    [[model, '--source', 'rtp:'], /--source: expected .*rtp:\[ADDRESS:\]PORT.*, found "rtp:"/],
    [[model, '--source', 'test', '--pipeline', 'videotestsrc'], /--source, --pipeline: expected only one of them/],
    [[model, '--source', 'csi', '--transport', 'udp'], /camera\.source: unknown key "transport"/],
    [[model, '--source', 'test', '--output', 'avi:x'], /--output: expected ndjson, png16:DIR/],
    [[model, '--source', 'test', '--loop'], /camera\.source: unknown key "loop"/],
    [
      [model, '--source', 'v4l2:video0'],
      /camera\.source\.device: expected a device such as \/dev\/video0, found "video0"/,
    ],
    [
      [model, '--source', 'test', '--fx', '500', '--fov', '60'],
      /expected only one of calibration, intrinsics, fxPx, horizontalFovDeg/,
    ],
    [[model, '--source', 'test', '--pace', 'slow'], /--pace: expected one of real-time, fastest, found "slow"/],
    [[model, '--source', 'test', '--thread', '2'], /unknown option --thread; did you mean "threads"\?/],
  ];
  for (const [args, message] of cases) {
    const { code, stderr } = await run(args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
  }
});

const pluginFolder = '/usr/lib/x86_64-linux-gnu/gstreamer-1.0';
const hasPlugins = await access(pluginFolder).then(
  () => true,
  () => false,
);

test('a missing GStreamer element is named, with its Debian package', async () => {
  const nothing = join(folder, 'no-plugins');
  await mkdir(nothing);
  const env = { GST_PLUGIN_SYSTEM_PATH: nothing, GST_PLUGIN_PATH: '', GST_REGISTRY: join(folder, 'registry-0') };
  const { code, stderr } = await run([model, '--source', 'test'], env);
  assert.equal(code, 5, stderr);
  assert.match(
    stderr,
    /the GStreamer element "videotestsrc" is not installed; install it: apt-get install gstreamer1\.0-plugins-base/,
  );
});

test(
  'a missing decoder is named as such',
  hasPlugins ? {} : { skip: `no ${pluginFolder} on this machine` },
  async () => {
    const few = join(folder, 'few-plugins');
    await mkdir(few);
    const kept = [
      'coreelements',
      'playback',
      'typefindfunctions',
      'isomp4',
      'videoparsersbad',
      'videoconvertscale',
      'videocrop',
      'gdp',
    ];
    for (const name of kept) await symlink(join(pluginFolder, `libgst${name}.so`), join(few, `libgst${name}.so`));
    const env = { GST_PLUGIN_SYSTEM_PATH: few, GST_PLUGIN_PATH: '', GST_REGISTRY: join(folder, 'registry-1') };
    const { code, stderr } = await run([model, '--source', `file:${clip}`], env);
    assert.equal(code, 5, stderr);
    assert.match(stderr, /no GStreamer decoder for this file .*gstreamer1\.0-libav/);
  },
);

test('a configuration that lists cameras: all of them on one engine, each with its outputs, one summary', async () => {
  const config = join(folder, 'car.yaml');
  const camera = (id: string, rest: string) => `  - { id: ${id}, horizontalFovDeg: 80, ${rest} }\n`;
  const text = `model: ${model}\nengine: { threads: 1 }\ncameras:\n`;
  const cameras =
    camera('front', `source: { kind: file, path: ${clip} }, outputs: [ndjson]`) +
    camera('rear', `source: { kind: test, width: 160, height: 90 }, outputs: [ndjson, 'png16:${folder}/rear']`);
  await writeFile(config, text + cameras);
  const { code, stdout, stderr } = await run(['--config', config, '--frames', '5', '--json']);
  assert.equal(code, 0, stderr);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const { cameras: results } = lines.pop();
  assert.deepEqual(
    results.map(({ id, state, summary }: { id: string; state: string; summary: { latency: { frames: number } } }) => [
      id,
      state,
      summary.latency.frames,
    ]),
    [
      ['front', 'ended', 5],
      ['rear', 'ended', 5],
    ],
  );
  for (const id of ['front', 'rear']) assert.equal(lines.filter((line) => line.camera === id).length, 5);
  assert.equal((await readdir(join(folder, 'rear'))).length, 5);

  await writeFile(config, text + cameras + camera('gone', 'source: { kind: file, path: /nowhere.mp4 }'));
  const partly = await run(['--config', config, '--frames', '2']);
  assert.equal(partly.code, 3, 'a camera that failed shows in the exit code');
  assert.match(partly.stderr, /front +ended +2 /);
  assert.match(partly.stderr, /gone +failed /);
  assert.match(partly.stderr, /^gone: \/nowhere\.mp4: no such file/m);

  const refused = await run(['--config', config, '--source', 'test']);
  assert.deepEqual([refused.code, /--source: the configuration lists cameras/.test(refused.stderr)], [2, true]);
});
