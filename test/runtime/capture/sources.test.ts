import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { packageRoot } from '../../../src/base/paths.js';
import { encodePng } from '../../../src/image/codec.js';
import { readModelPackage } from '../../../src/model-package/read.js';
import { planCapture } from '../../../src/runtime/capture/plan.js';
import { leakyQueue } from '../../../src/runtime/capture/queues.js';
import type { SourceKind } from '../../../src/runtime/capture/source-kind.js';
import {
  isLive,
  paceOf,
  parseSource,
  type SourceInput,
  sourceKinds,
  sourceSchema,
  sources,
} from '../../../src/runtime/capture/sources/index.js';
import { CaptureSupervisor } from '../../../src/runtime/capture/supervisor.js';
import { streamConfigSchema } from '../../../src/runtime/config.js';
import type { Frame } from '../../../src/runtime/frame.js';
import { writeClip } from '../../support/clip.js';
import { freePort, skipWithoutRtspServer, startRtspServer } from '../../support/rtsp-server.js';
import { assertPackages, assertSourceContract, type ContractCase } from '../../support/source-contract.js';
import { quietLog, until } from '../../support/stream.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { writeTinyPackage } from '../../support/tiny-package.js';
import { rtpPackets, sendBall, transportStream } from '../../support/udp-sender.js';

/** How a kind is tried: on texts and settings, and on a real source, or why there is none. */
interface SourceCase extends ContractCase {
  readonly real: ((t: TestContext) => Promise<SourceInput>) | { readonly skip: string };
}

const rtspServer = await skipWithoutRtspServer();
const codecs = ['h264', 'h265', 'jpeg'] as const;
const textOnly = 'no such camera on the machines of the tests: its pipeline is composed and checked as text only';

/** A new kind needs its case here. */
const cases: Readonly<Record<string, SourceCase>> = {
  csi: {
    badTexts: [
      ['csi:front', /expected csi:N/],
      ['csi:16', /sensorId/],
    ],
    variants: [{}, { sensorId: 1, sensorMode: 2, width: 1280, height: 720, fps: 60 }],
    real: { skip: textOnly },
  },
  v4l2: {
    badTexts: [
      ['v4l2:', /expected v4l2:DEVICE/],
      ['v4l2:video0', /device: expected a device such as \/dev\/video0/],
    ],
    variants: ['YUY2', 'UYVY', 'NV12', 'MJPG'].map((pixelFormat) => ({ device: '/dev/video0', pixelFormat })),
    real: { skip: textOnly },
  },
  rtsp: {
    badTexts: [
      ['rtsp:10.0.0.5', /expected rtsp:\/\/HOST\/PATH/],
      ['rtsp', /expected rtsp:\/\/HOST\/PATH/],
      ['rtsps:// ', /url: expected rtsp:\/\/HOST\/PATH/],
    ],
    variants: ['auto', ...codecs].map((codec) => ({ url: 'rtsps://u:p@10.0.0.5/main', codec, transport: 'udp' })),
    real:
      rtspServer.skip === false
        ? async (t) => {
            const server = await startRtspServer();
            t.after(() => server.stop());
            return { kind: 'rtsp', url: server.url };
          }
        : { skip: rtspServer.skip },
  },
  rtp: {
    badTexts: [
      ['rtp:', /expected rtp:\[ADDRESS:\]PORT/],
      ['rtp:camera:5600', /expected rtp:\[ADDRESS:\]PORT/],
      ['rtp:70000', /port/],
      ['rtp:1.2.3:5600', /address/],
    ],
    variants: codecs.map((codec) => ({ port: 5600, codec })),
    real: async (t) => {
      const port = await freePort();
      sendBall(t, rtpPackets, port);
      return { kind: 'rtp', address: '127.0.0.1', port };
    },
  },
  udp: {
    badTexts: [
      ['udp', /expected udp:\[ADDRESS:\]PORT/],
      ['udp:0', /port/],
    ],
    variants: [{ port: 5600 }, { port: 5600, address: '239.1.1.1' }],
    real: async (t) => {
      const port = await freePort();
      sendBall(t, transportStream, port);
      return { kind: 'udp', address: '127.0.0.1', port };
    },
  },
  pipeline: {
    badTexts: [
      ['pipeline', /expected pipeline:TEXT/],
      ['pipeline: ', /expected pipeline:TEXT/],
    ],
    variants: [true, false].map((live) => ({ launch: ' mysrc ! mydecoder name=d  d. ', live })),
    real: async () => ({
      kind: 'pipeline',
      launch: 'videotestsrc is-live=true ! video/x-raw,width=160,height=96,framerate=30/1 ! videoflip',
    }),
  },
  file: {
    badTexts: [['file:', /expected file:PATH/]],
    variants: (['fastest', 'real-time'] as const).map((pace) => ({ path: 'a ! "b".mp4', pace })),
    real: async (t) => {
      const path = join(await temporaryFolder(t), 'clip.mp4');
      await writeClip(path);
      return { kind: 'file', path };
    },
  },
  images: {
    badTexts: [['images', /expected images:DIR/]],
    variants: [{ path: 'frames' }],
    real: async (t) => {
      const path = await temporaryFolder(t);
      for (let i = 0; i < 4; i++) await writeImage(join(path, `frame${i}.png`), 40 * (i + 1));
      return { kind: 'images', path };
    },
  },
  test: {
    badTexts: [['test:card', /pattern: expected one of ball, smpte/]],
    variants: (['fastest', 'real-time'] as const).map((pace) => ({ pace, width: 320, height: 240 })),
    real: async () => ({ kind: 'test', width: 160, height: 96 }),
  },
};

const folder = join(packageRoot(), 'src/runtime/capture/sources');

test('each kind of source has its file, its line in the table and its case here', async () => {
  const files = (await readdir(folder)).filter((name) => name !== 'index.ts').sort();
  const lines = Object.keys(sources).sort();
  assert.deepEqual(
    files,
    lines.map((kind) => `${kind}.ts`),
    'src/runtime/capture/sources: a kind is KIND.ts and a line in index.ts',
  );
  assert.deepEqual(Object.keys(cases).sort(), lines, 'test/runtime/capture/sources.test.ts: a kind has a case');
});

test('no word of the command line means two kinds', () => {
  const words = sourceKinds.flatMap(({ text }) => text.words);
  assert.deepEqual(words, [...new Set(words)]);
});

test('nothing outside the table asks for the kind of a source', async () => {
  const kinds = Object.keys(sources).join('|');
  // A comparison with, a case of, or a list of words that are kinds.
  const comparison = new RegExp(`(?:[!=]==|\\bcase|\\b(?:has|includes)\\()\\s*['"\`](?:${kinds})['"\`]`);
  const lookup = /\bsource\.kind\b\s*(?:[!=]==|\)|\])/;
  const wrong: string[] = [];
  for (const room of ['src/runtime', 'src/cli', 'bench']) {
    for (const name of await readdir(join(packageRoot(), room), { recursive: true })) {
      const path = join(room, name);
      if (!path.endsWith('.ts') || path.startsWith('src/runtime/capture/sources/')) continue;
      const lines = (await readFile(join(packageRoot(), path), 'utf8')).split('\n');
      lines.forEach((line, at) => {
        if (comparison.test(line) || lookup.test(line)) wrong.push(`${path}:${at + 1} ${line.trim()}`);
      });
    }
  }
  assert.deepEqual(wrong, [], 'what the rest must know of a kind is a property of its entry (source-kind.ts)');
});

test('a text that names no source is answered with all forms, under the name of its option', () => {
  const forms = sourceKinds.map(({ text }) => text.form);
  for (const text of ['webcam', '', ':', 'toString:1']) {
    assert.throws(
      () => parseSource(text, '--left'),
      (error: Error & { code?: string }) =>
        error.code === 'USAGE_INVALID' &&
        error.message.startsWith('--left: expected csi:N, ') &&
        error.message.endsWith(`, found "${text}"`) &&
        forms.every((form) => error.message.includes(form)),
    );
  }
});

for (const entry of sourceKinds) {
  const tried = cases[entry.kind];
  if (tried === undefined) continue;
  test(`${entry.kind} keeps the contract of a source`, () => {
    assertSourceContract(entry.kind, entry, tried);
    const source = sourceSchema.parse(parseSource(entry.text.example, '--source'));
    assert.equal(source.kind, entry.kind);
  });
  test(`${entry.kind}: its elements are real ones, in the packages it names`, () => assertPackages(entry));
  const { real } = tried;
  if (typeof real === 'function') test(`${entry.kind}: a real capture`, async (t) => assertCaptures(t, await real(t)));
  else test(`${entry.kind}: a real capture`, real, () => undefined);
}

async function writeImage(path: string, grey: number): Promise<void> {
  const [width, height] = [160, 96];
  const data = Uint8Array.from({ length: width * height * 3 }, (_, at) => (at % 7 === 0 ? 255 : grey));
  await writeFile(path, await encodePng({ width, height, data }));
}

/** A few frames of a real source: whole, in order, in the network's size, with timestamps of the quality promised. */
async function assertCaptures(t: TestContext, input: SourceInput): Promise<void> {
  const size = { width: 64, height: 32 };
  const package_ = join(await temporaryFolder(t), 'model');
  await writeTinyPackage(package_, size);
  const model = await readModelPackage(package_);
  const config = streamConfigSchema.parse({ model: package_, camera: { source: input } });
  const { source, id } = config.camera;
  const plan = await planCapture(config, model.package);
  assert.deepEqual(
    [plan.sourceWidth, plan.sourceHeight].map((side) => side > 0),
    [true, true],
  );
  const frames: Frame[] = [];
  const settings = { cameraId: id, source, plan, replan: async () => plan, ...size, format: 'RGB' } as const;
  const supervisor = new CaptureSupervisor({ ...settings, ...config.capture }, (frame) => frames.push(frame), quietLog);
  const wanted = 4;
  await Promise.race([until(() => frames.length >= wanted, `frames of ${source.kind}`), supervisor.done]);
  await supervisor.stop();
  assert.ok(frames.length >= wanted, `${frames.length} frames`);
  assert.equal(supervisor.restarts, 0);
  frames.forEach((frame, at) => {
    assert.equal(frame.sequence, at);
    assert.deepEqual([frame.image.width, frame.image.height, frame.image.data.length], [64, 32, 64 * 32 * 3]);
    assert.equal(frame.quality, paceOf(source) === 'real-time' ? 'pts' : 'arrival');
    assert.ok(frame.captureTime <= frame.arrivalTime);
  });
  assert.ok(
    frames.some(({ image }) => image.data.some((value) => value > 100)),
    'only black frames',
  );
  if (!isLive(source)) {
    const times = frames.map(({ ptsNs }) => ptsNs!);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => (a < b ? -1 : 1)),
      'frames are not in the order of their time',
    );
  }
}

// The contract itself: an entry that breaks it does not pass.
const broken: [string, SourceKind, RegExp][] = [
  ['another name', { ...sources.udp, kind: 'udq' } as SourceKind, /kind: the name/],
  ['a form that does not fit', withText(sources.rtp, { form: 'RTP' }), /text\.form/],
  ['a description that cannot be read', { ...sources.csi, describe: () => 'csi:5' } as SourceKind, /describe/],
  ['everything parses', { ...sources.udp, parse: () => ({ kind: 'udp', port: 1 }) } as SourceKind, /describe|accepted/],
  ['a loose schema', { ...sources.udp, schema: sources.udp.schema.loose() } as unknown as SourceKind, /unknown keys/],
  ['no packages', { ...sources.rtp, packages: { anywhere: {}, jetson: {} } } as SourceKind, /packages/],
  ['no leaky queue', { ...sources.pipeline, elements: () => ['queue'], ownText: () => '' } as SourceKind, /leakyQueue/],
  ['a leaky file', { ...sources.file, elements: () => ['filesrc', leakyQueue] } as SourceKind, /loses frames/],
  ['a size nobody asks for', { ...sources.csi, imageSize: 'sender' } as SourceKind, /imageSize/],
  ['key frames without a selector', { ...sources.file, canKeepToKeyFrames: false } as SourceKind, /canKeepToKeyFrames/],
  ['no timestamps', { ...sources.test, timestamps: 'sundial' } as unknown as SourceKind, /timestamps/],
  ['a machine that matters', { ...sources.v4l2, nvidiaMemory: 'never' } as SourceKind, /nvidiaMemory/],
];

function withText(entry: SourceKind, text: Partial<SourceKind['text']>): SourceKind {
  return { ...entry, text: { ...entry.text, ...text } };
}

test('the contract refuses an entry that breaks it', async (t) => {
  for (const [what, entry, message] of broken) {
    const name = entry.kind === 'udq' ? 'udp' : entry.kind;
    await t.test(what, () => assert.throws(() => assertSourceContract(name, entry, cases[name]!), message));
  }
  const misplaced = { anywhere: { udpsrc: 'gstreamer1.0-plugins-bad' }, jetson: {} };
  await t.test('an element that does not exist', () =>
    assert.rejects(
      assertPackages({ ...sources.udp, packages: { anywhere: { nosuch: 'x' }, jetson: {} } } as SourceKind),
      /nosuch: not in the registry/,
    ),
  );
  await t.test('an element of another package', () =>
    assert.rejects(assertPackages({ ...sources.udp, packages: misplaced } as SourceKind), /udpsrc/),
  );
});
