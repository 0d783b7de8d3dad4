import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { captureElements } from '../../../src/runtime/capture/element-packages.js';
import { assertElements, pipelineText, probeText } from '../../../src/runtime/capture/elements.js';
import { elementNames } from '../../../src/runtime/capture/launch-text.js';
import {
  describeSource,
  type GstSource,
  isGstSource,
  type SourceInput,
  sourceSchema,
} from '../../../src/runtime/capture/sources/index.js';

const known = captureElements();
const software = new Set(known.filter(({ isJetsonOnly }) => !isJetsonOnly).map(({ element }) => element));
const orin = new Set(known.map(({ element }) => element));

const whole = {
  width: 128,
  height: 64,
  format: 'RGB',
  crop: { x: 0, y: 0, width: 1280, height: 720 },
  sourceWidth: 1280,
  sourceHeight: 720,
} as const;

function gstSource(source: SourceInput): GstSource {
  const parsed = sourceSchema.parse(source);
  assert.ok(isGstSource(parsed));
  return parsed;
}

function textOf(
  source: SourceInput,
  target: Parameters<typeof pipelineText>[1] = whole,
  elements: ReadonlySet<string> = software,
): string {
  return pipelineText(gstSource(source), target, elements);
}

test('a live source ends in a leaky queue of one, a file never leaks', () => {
  const leaky = 'queue leaky=downstream max-size-buffers=1 max-size-bytes=0 max-size-time=0 ! gdppay ! fdsink fd=4';
  assert.match(textOf({ kind: 'v4l2', device: '/dev/video0' }), new RegExp(leaky));
  assert.match(textOf({ kind: 'test' }), new RegExp(leaky));
  for (const pace of ['fastest', 'real-time'] as const) {
    assert.doesNotMatch(textOf({ kind: 'file', path: 'a.mp4', pace }), /leaky/);
  }
  assert.match(textOf({ kind: 'file', path: 'a.mp4', pace: 'real-time' }), /identity sync=true/);
  assert.doesNotMatch(textOf({ kind: 'file', path: 'a.mp4' }), /sync=true/);
});

test('a camera is asked for exactly what the settings say', () => {
  const yuy2 = textOf({ kind: 'v4l2', device: '/dev/v4l/by-id/usb-cam-index0', width: 640, height: 480, fps: 29.97 });
  assert.match(
    yuy2,
    /^v4l2src device="\/dev\/v4l\/by-id\/usb-cam-index0" ! video\/x-raw,format=YUY2,width=640,height=480,framerate=30000\/1001 ! /,
  );
  assert.match(
    textOf({ kind: 'v4l2', device: '/dev/video2', pixelFormat: 'MJPG' }),
    /! image\/jpeg,width=1280,height=720,framerate=30\/1 ! queue leaky=downstream max-size-buffers=1 [^!]*! jpegdec ! /,
  );
});

test('the crop becomes videocrop, and rows that are missing become a black border', () => {
  const cut = { ...whole, crop: { x: 100, y: 40, width: 1000, height: 500 } };
  assert.match(textOf({ kind: 'test' }, cut), /videocrop left=100 right=180 top=40 bottom=180/);
  const padded = { ...whole, crop: { x: 0, y: -20, width: 1280, height: 760 } };
  assert.match(textOf({ kind: 'test' }, padded), /videobox fill=black left=0 right=0 top=-20 bottom=-20/);
});

test('no path can end its quotes or add an element', () => {
  const text = textOf({ kind: 'file', path: 'a" ! filesink location="/etc/x\\' });
  assert.match(text, /^filesrc location="a\\" ! filesink location=\\"\/etc\/x\\\\" ! decodebin/);
});

test('rows of RGB that GStreamer would pad are refused', () => {
  assert.throws(() => textOf({ kind: 'test' }, { ...whole, width: 130 }), {
    code: 'MODEL_INVALID',
    message: /multiple of 4/,
  });
  assert.doesNotThrow(() => textOf({ kind: 'test' }, { ...whole, width: 130, format: 'RGBA' }));
});

test('bad sources are refused with the field', () => {
  const bad: [unknown, RegExp][] = [
    [{ kind: 'v4l2', device: 'video0' }, /device/],
    [{ kind: 'v4l2', device: '/dev/video0 ! filesink' }, /device/],
    [{ kind: 'test', fps: -1 }, /fps/],
    [{ kind: 'file', path: 'a.mp4', speed: 2 }, /speed/],
    [{ kind: 'webcam' }, /kind/],
    [{ kind: 'rtsp', url: 'http://10.0.0.5/main' }, /url/],
    [{ kind: 'rtsp', url: 'rtsp://10.0.0.5/a" ! filesink' }, /url/],
    [{ kind: 'rtp', port: 70000 }, /port/],
    [{ kind: 'rtp', port: 5600, address: 'camera.local' }, /address/],
    [{ kind: 'csi', sensorId: -1 }, /sensorId/],
    [{ kind: 'pipeline', launch: '' }, /launch/],
  ];
  for (const [source, field] of bad) {
    const result = sourceSchema.safeParse(source);
    assert.equal(result.success, false);
    assert.match(JSON.stringify(result.error?.issues), field);
  }
});

const leakyOne = 'queue leaky=downstream max-size-buffers=1 max-size-bytes=0 max-size-time=0';
const orinTail = `${leakyOne} ! gdppay ! fdsink fd=4 sync=false`;

test('a Jetson captures, cuts and resizes in its own memory, and only the small image comes down', () => {
  const cut = { ...whole, crop: { x: 100, y: 40, width: 1000, height: 500 } };
  assert.equal(
    textOf({ kind: 'csi', sensorId: 1, width: 1280, height: 720, fps: 60 }, { ...cut, format: 'RGBA' }, orin),
    `nvarguscamerasrc sensor-id=1 ! video/x-raw(memory:NVMM),format=NV12,width=1280,height=720,framerate=60/1 ! ${leakyOne} ! nvvidconv interpolation-method=5 left=100 right=1100 top=40 bottom=540 ! video/x-raw,format=RGBA,width=128,height=64 ! ${orinTail}`,
  );
  // nvvidconv makes no RGB, and no borders: both are left to software, on the small image.
  const padded = { ...whole, crop: { x: 0, y: -90, width: 1280, height: 900 } };
  assert.equal(
    textOf({ kind: 'csi', width: 1280, height: 720 }, padded, orin).split(` ! ${leakyOne} ! `)[1],
    'nvvidconv interpolation-method=5 ! video/x-raw,format=RGBA,width=128,height=52 ! videobox fill=black top=-6 bottom=-6 ! videoconvert ! video/x-raw,format=RGB',
  );
});

test('hardware decodes where it is there, software elsewhere', () => {
  const mjpg: SourceInput = { kind: 'v4l2', device: '/dev/video0', pixelFormat: 'MJPG' };
  assert.match(textOf(mjpg, whole, orin), /! jpegparse ! nvv4l2decoder mjpeg=1 ! nvvidconv /);
  const withoutDecoder = new Set([...orin].filter((name) => name !== 'nvv4l2decoder'));
  assert.match(textOf(mjpg, whole, withoutDecoder), /! nvjpegdec ! nvvidconv /);
  assert.match(textOf(mjpg), /! jpegdec ! videoscale /);
  // Nothing leads out of NVIDIA's memory without nvvidconv.
  const withoutConverter = new Set([...orin].filter((name) => name !== 'nvvidconv'));
  assert.doesNotMatch(textOf(mjpg, whole, withoutConverter), /! nv/);

  const rtsp: SourceInput = { kind: 'rtsp', url: 'rtsp://10.0.0.5/main', codec: 'h265' };
  assert.match(
    textOf(rtsp, whole, orin),
    /! rtph265depay ! h265parse ! nvv4l2decoder [^!]*! queue leaky[^!]*! video\/x-raw\(ANY\),width=1280,height=720 ! nvvidconv /,
  );
  assert.match(textOf(rtsp), /! rtph265depay ! h265parse ! avdec_h265 output-corrupt=false ! /);
  assert.match(textOf({ kind: 'file', path: 'a.mp4' }, whole, orin), /! decodebin ! video[^!]*! nvvidconv /);
  assert.match(textOf({ kind: 'test' }, whole, orin), /! videoscale /);
});

test('a network camera has a bound on its lag, and its transport as told', () => {
  const url = 'rtsp://10.0.0.5:8554/main';
  assert.match(
    textOf({ kind: 'rtsp', url }),
    /^rtspsrc location="rtsp:\/\/10\.0\.0\.5:8554\/main" protocols=tcp latency=100 drop-on-latency=true timeout=\d+ tcp-timeout=\d+ ! application\/x-rtp,media=video ! decodebin ! queue leaky/,
  );
  assert.match(textOf({ kind: 'rtsp', url, transport: 'udp', bufferMs: 40 }), /protocols=udp latency=40 /);
  assert.match(
    textOf({ kind: 'rtp', port: 5600 }),
    /^udpsrc address=0\.0\.0\.0 port=5600 [^!]*caps="application\/x-rtp,media=video,clock-rate=90000,encoding-name=H264" ! rtpjitterbuffer latency=100 drop-on-latency=true ! rtph264depay ! /,
  );
  assert.match(textOf({ kind: 'udp', port: 5600, address: '239.1.1.1' }), /^udpsrc address=239\.1\.1\.1 port=5600 /);
});

test("a user's own pipeline is taken as it stands, and ours follows", () => {
  const launch = 'tcpclientsrc host=10.0.0.5 ! decodebin name=d d. ! tee';
  const text = textOf({ kind: 'pipeline', launch });
  assert.ok(text.startsWith(`${launch} ! ${leakyOne} ! video/x-raw(ANY),width=1280,height=720 ! videoscale `));
  assert.doesNotMatch(textOf({ kind: 'pipeline', launch, live: false }), /leaky/);
  assert.match(probeText(gstSource({ kind: 'pipeline', launch }), orin), / ! nvvidconv ! video\/x-raw ! gdppay /);
});

test('all missing elements are named with their packages, before anything starts', () => {
  const csi = gstSource({ kind: 'csi' });
  assert.throws(() => assertElements(csi, pipelineText(csi, whole, software), software), {
    code: 'MACHINE_LACKS',
    message: /csi:0: .*"nvarguscamerasrc".*nvidia-l4t-gstreamer.*Jetson.*"nvvidconv"/,
  });
  const rtsp = gstSource({ kind: 'rtsp', url: 'rtsp://user:secret@10.0.0.5/main', codec: 'h264' });
  const bare = new Set([...software].filter((name) => name !== 'avdec_h264'));
  assert.throws(
    () => assertElements(rtsp, pipelineText(rtsp, whole, bare), bare),
    (error: Error) =>
      /"avdec_h264" is not installed; install it: apt-get install gstreamer1.0-libav$/.test(error.message) &&
      !error.message.includes('secret'),
  );
  const own = gstSource({ kind: 'pipeline', launch: 'mysrc ! mydecoder' });
  assert.doesNotThrow(() => assertElements(own, pipelineText(own, whole, software), software));
  for (const source of [rtsp, csi, gstSource({ kind: 'rtp', port: 5600 }), gstSource({ kind: 'file', path: 'a!b' })]) {
    assert.doesNotThrow(() => assertElements(source, pipelineText(source, whole, orin), orin));
  }
});

test('passwords stay out of messages', () => {
  const source = sourceSchema.parse({ kind: 'rtsp', url: 'rtsp://user:p:w@10.0.0.5:554/main' });
  assert.equal(describeSource(source), 'rtsp://user:***@10.0.0.5:554/main');
});

test('element names are read out of a launch text; caps, values and quotes are none', () => {
  assert.deepEqual(elementNames('a b=1 ! video/x-raw(ANY),width=3 ! c-d location="x ! y \\" ! z" ! e'), [
    'a',
    'c-d',
    'e',
  ]);
});

test('every element of the tables for any machine is a real one', async () => {
  for (const element of software) await promisify(execFile)('gst-inspect-1.0', ['--exists', element]);
});
