import type { Writable } from 'node:stream';

/**
 * Packets of the GStreamer Data Protocol 1.0, as `gdpdepay` reads them: raw images reach a pipeline in another
 * process with their time timestamps. A packet is a header of 62 bytes (big endian, checksums left out) and a payload;
 * before the first image come the caps and a segment, both as GStreamer's own text.
 */
const headerBytes = 62;
const packetType = { buffer: 1, caps: 2, streamStart: 64 + 10254, segment: 64 + 17934 } as const;
const noTime = 0xffffffffffffffffn;

/** The packets before the first image. @param caps such as `video/x-raw, format=(string)RGB, …`. */
export function gdpStart(caps: string): Uint8Array[] {
  const segment =
    'GstEventSegment, segment=(GstSegment)"segment, flags=(GstSegmentFlags)GST_SEGMENT_FLAG_NONE, rate=(double)1, ' +
    'applied-rate=(double)1, format=(GstFormat)time, base=(guint64)0, offset=(guint64)0, start=(guint64)0, ' +
    'stop=(guint64)18446744073709551615, time=(guint64)0, position=(guint64)0, duration=(guint64)18446744073709551615;";';
  const streamStart =
    'GstEventStreamStart, stream-id=(string)cyclops, flags=(GstStreamFlags)GST_STREAM_FLAG_NONE, group-id=(uint)1;';
  return [
    textPacket(packetType.streamStart, streamStart),
    textPacket(packetType.caps, caps),
    textPacket(packetType.segment, segment),
  ];
}

/** The header before an image of `length` bytes. @param ptsNs time since the first image, ns. */
export function gdpBufferHeader(length: number, ptsNs: bigint, durationNs: bigint): Uint8Array {
  return header(packetType.buffer, length, ptsNs, durationNs);
}

/** Writes all parts; resolves when the last byte has left this process (or the pipe broke): buffers are free again. */
export async function writeParts(stream: Writable, parts: readonly Uint8Array[]): Promise<void> {
  await Promise.all(parts.map((part) => new Promise<void>((resolve) => stream.write(part, () => resolve()))));
}

function textPacket(type: number, text: string): Uint8Array {
  const payload = Buffer.from(`${text}\0`, 'latin1');
  return Buffer.concat([header(type, payload.length, noTime, 0n), payload]);
}

function header(type: number, length: number, ptsNs: bigint, durationNs: bigint): Uint8Array {
  const bytes = Buffer.alloc(headerBytes);
  bytes.writeUInt8(1, 0); // version 1.0, then flags: none, so neither checksum is looked at
  bytes.writeUInt16BE(type, 4);
  bytes.writeUInt32BE(length, 6);
  bytes.writeBigUInt64BE(ptsNs, 10);
  bytes.writeBigUInt64BE(durationNs, 18);
  bytes.writeBigUInt64BE(noTime, 26);
  bytes.writeBigUInt64BE(noTime, 34);
  bytes.writeBigUInt64BE(noTime, 44); // decoding time; bytes 42-43 are buffer flags
  return bytes;
}
