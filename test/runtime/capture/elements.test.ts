import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { captureElements, pipelineText } from '../../../src/runtime/capture/elements.js';
import { type SourceInput, sourceSchema } from '../../../src/runtime/capture/source.js';

const whole = {
  width: 128,
  height: 64,
  format: 'RGB',
  crop: { x: 0, y: 0, width: 1280, height: 720 },
  sourceWidth: 1280,
  sourceHeight: 720,
} as const;

function textOf(source: SourceInput, target: Parameters<typeof pipelineText>[1] = whole): string {
  const parsed = sourceSchema.parse(source);
  assert.notEqual(parsed.kind, 'images');
  return pipelineText(parsed as Exclude<typeof parsed, { kind: 'images' }>, target);
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
  ];
  for (const [source, field] of bad) {
    const result = sourceSchema.safeParse(source);
    assert.equal(result.success, false);
    assert.match(JSON.stringify(result.error?.issues), field);
  }
});

test('every element of the table is a real one', async () => {
  for (const element of Object.keys(captureElements)) {
    await promisify(execFile)('gst-inspect-1.0', ['--exists', element]);
  }
});
