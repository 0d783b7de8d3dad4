import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isCyclopsError } from '../../../src/base/errors.js';
import { Random } from '../../../src/base/random.js';
import {
  type BufferTags,
  formatGdpHeader,
  GdpReader,
  parseVideoCaps,
  type VideoCaps,
} from '../../../src/runtime/capture/gdp.js';
import { gst } from '../../support/clip.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const width = 64;
const height = 32;
const frameBytes = width * height * 3;

interface Read {
  readonly caps: VideoCaps[];
  readonly buffers: ({ data: Uint8Array } & BufferTags)[];
  readonly reader: GdpReader;
}

function createReader(limit = frameBytes): Read {
  const caps: VideoCaps[] = [];
  const buffers: Read['buffers'] = [];
  const reader = new GdpReader(
    {
      onCaps: (found) => caps.push(found),
      takeBuffer: (length) => new Uint8Array(length),
      onBuffer: (data, tags) => buffers.push({ data, ...tags }),
    },
    limit,
  );
  return { caps, buffers, reader };
}

/** Fills the reader's places from `bytes`, as a socket does. */
function push(reader: GdpReader, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    const space = reader.space();
    const piece = bytes.subarray(at, at + space.length);
    space.set(piece);
    reader.advance(piece.length);
    at += piece.length;
  }
}

async function record(folder: string, extra = ''): Promise<Buffer> {
  const path = join(folder, 'a.gdp');
  await gst(
    `videotestsrc num-buffers=4 pattern=snow ! video/x-raw,format=RGB,width=${width},height=${height},framerate=25/1 ! ${extra} gdppay ! filesink location=${path}`,
  );
  return readFile(path);
}

test('reads what gdppay writes, in pieces of any size, alike', async (t) => {
  const bytes = await record(await temporaryFolder(t));
  const whole = createReader();
  push(whole.reader, bytes);
  assert.equal(whole.buffers.length, 4);
  assert.equal(whole.caps.length, 1);
  assert.deepEqual(
    [whole.caps[0]?.format, whole.caps[0]?.width, whole.caps[0]?.height, whole.caps[0]?.fps],
    ['RGB', width, height, 25],
  );
  assert.deepEqual(
    whole.buffers.map((buffer) => [buffer.ptsNs, buffer.offset]),
    [0n, 1n, 2n, 3n].map((index) => [index * 40_000_000n, index]),
  );
  assert.notDeepEqual(whole.buffers[0]?.data, whole.buffers[1]?.data);
  const random = Random.fromSeed(1);
  for (const size of [1, 61, 62, 63, 1000, 65536]) {
    const read = createReader();
    for (let at = 0; at < bytes.length; ) {
      const length = size === 1000 ? 1 + random.integer(2000) : size;
      push(read.reader, bytes.subarray(at, at + length));
      at += length;
    }
    assert.deepEqual(read.buffers, whole.buffers, `pieces of ${size}`);
    assert.ok(read.reader.isBetweenPackets);
  }
});

test('a stream cut off anywhere gives only whole images', async (t) => {
  const bytes = await record(await temporaryFolder(t));
  const whole = createReader();
  push(whole.reader, bytes);
  for (let end = 0; end < bytes.length; end += 211) {
    const read = createReader();
    push(read.reader, bytes.subarray(0, end));
    assert.deepEqual(read.buffers, whole.buffers.slice(0, read.buffers.length));
  }
});

test('damage is a typed error or an image, never anything else', async (t) => {
  const bytes = await record(await temporaryFolder(t));
  const random = Random.fromSeed(7);
  let refused = 0;
  for (let round = 0; round < 400; round++) {
    const damaged = Buffer.from(bytes);
    for (let i = 0; i < 3; i++) damaged[random.integer(damaged.length)] = random.integer(256);
    // Aim at headers too: they are a small part of the whole.
    damaged[random.integer(62)] = random.integer(256);
    try {
      push(createReader().reader, damaged);
    } catch (error) {
      assert.ok(isCyclopsError(error, 'CAPTURE_FAILED'), String(error));
      refused++;
    }
  }
  assert.ok(refused > 300, `refused ${refused}`);
});

test('names what is wrong with a packet', async (t) => {
  const cases: [string, Uint8Array, RegExp][] = [
    ['not GDP', new Uint8Array(62).fill(65), /packet 0, version: expected 1, found 65/],
    [
      'too large',
      formatGdpHeader({ kind: 'buffer', length: frameBytes + 1, ptsNs: 0n, offset: 0n }),
      /length: expected at most 6144 bytes, found 6145/,
    ],
    ['endless caps', formatGdpHeader({ kind: 'caps', length: 1 << 30 }), /length: expected at most 65536 bytes/],
    [
      'wrong checksum',
      formatGdpHeader({ kind: 'buffer', length: 6144, ptsNs: 0n, offset: 0n }).map((byte, at) =>
        at === 12 ? byte ^ 1 : byte,
      ),
      /header checksum/,
    ],
  ];
  for (const [name, header, message] of cases) {
    await t.test(name, () =>
      assert.throws(() => push(createReader().reader, header), { code: 'CAPTURE_FAILED', message }),
    );
  }
});

test('our own sender writes what the reader reads', () => {
  const read = createReader();
  const caps = Buffer.from(
    'video/x-raw, format=(string)RGB, width=(int)64, height=(int)32, framerate=(fraction)15/2\0',
  );
  push(read.reader, formatGdpHeader({ kind: 'caps', length: caps.length }));
  push(read.reader, caps);
  push(read.reader, formatGdpHeader({ kind: 'buffer', length: 3, ptsNs: 123n, offset: 5n }));
  push(read.reader, Uint8Array.of(1, 2, 3));
  assert.equal(read.caps[0]?.fps, 7.5);
  assert.deepEqual(read.buffers, [{ data: Uint8Array.of(1, 2, 3), ptsNs: 123n, dtsNs: undefined, offset: 5n }]);
});

test('caps: unknown rates are undefined, pixel shape is read', () => {
  const caps = parseVideoCaps(
    'video/x-raw, format=(string)I420, width=(int)720, height=(int)576, framerate=(fraction)0/1, pixel-aspect-ratio=(fraction)16/15',
  );
  assert.equal(caps.fps, undefined);
  assert.equal(caps.pixelAspect, 16 / 15);
  assert.equal(caps.mediaType, 'video/x-raw');
});
