import { CyclopsError } from '../../base/errors.js';

/**
 * The GStreamer Data Protocol, version 1.0, as `gdppay` writes it: a header of 62 bytes, then a payload. All numbers are
 * big endian: version @0 (2 bytes), flags @2, type @4 (u16), payload length @6 (u32), PTS @10 (u64, ns), duration @18,
 * offset @26, offset end @34, buffer flags @42, DTS @44, header CRC @58, payload CRC @60.
 */
const headerBytes = 62;
const typeBuffer = 1;
const typeCaps = 2;
const typeFirstEvent = 64;
const flagHeaderCrc = 1;
const noTime = 0xffff_ffff_ffff_ffffn;
/** Caps and events are short texts; anything longer is a damaged stream. */
const textLimitBytes = 64 * 1024;

/** The facts of a caps packet that concern raw video. */
export interface VideoCaps {
  readonly mediaType: string;
  readonly format: string;
  readonly width: number;
  readonly height: number;
  /** Frames/s; undefined where variable or not told. */
  readonly fps: number | undefined;
  /** Width of a pixel over its height, 1 unless told. */
  readonly pixelAspect: number;
  readonly text: string;
}

/** What a reader's owner provides. */
export interface GdpHandlers {
  /** New caps; before the first buffer, and again if they change. */
  onCaps(caps: VideoCaps): void;
  /** An array of exactly `length` bytes to fill; it is handed to `onBuffer` when complete. */
  takeBuffer(length: number): Uint8Array<ArrayBuffer>;
  onBuffer(data: Uint8Array<ArrayBuffer>, tags: BufferTags): void;
}

/** What stands beside the bytes of a buffer; undefined where the source does not tell. */
export interface BufferTags {
  /** Presentation time, ns. */
  readonly ptsNs: bigint | undefined;
  /** In raw video of a source with `do-timestamp`: when the source made the image, ns of the same time. */
  readonly dtsNs: bigint | undefined;
  /** The source's own frame count. */
  readonly offset: bigint | undefined;
}

/**
 * Takes a GDP stream apart as it comes, in pieces of any size. The owner reads the stream straight into `space()` and
 * reports with `advance`: a payload goes from the kernel into the owner's array, without a copy or garbage between. A
 * stream that is not GDP, or is damaged, throws; the reader must not be used after that.
 */
export class GdpReader {
  readonly #handlers: GdpHandlers;
  readonly #bufferLimitBytes: number;
  readonly #header = Buffer.alloc(headerBytes);
  #headerFill = 0;
  #payload: Uint8Array<ArrayBuffer> | undefined;
  #payloadFill = 0;
  #packets = 0;

  /** @param bufferLimitBytes larger buffers are refused before memory is taken for them. */
  constructor(handlers: GdpHandlers, bufferLimitBytes: number) {
    this.#handlers = handlers;
    this.#bufferLimitBytes = bufferLimitBytes;
  }

  /** Whether the stream stands between two packets, as it does where it ends in order. */
  get isBetweenPackets(): boolean {
    return this.#headerFill === 0;
  }

  /** Where the next bytes of the stream belong, never empty; valid until `advance`. */
  space(): Uint8Array<ArrayBuffer> {
    return this.#payload === undefined
      ? this.#header.subarray(this.#headerFill)
      : this.#payload.subarray(this.#payloadFill);
  }

  /** The first `length` bytes of `space()` have been filled. @throws CyclopsError `CAPTURE_FAILED` naming packet and field. */
  advance(length: number): void {
    if (this.#payload === undefined) {
      this.#headerFill += length;
      if (this.#headerFill === headerBytes) this.#startPayload();
    } else {
      this.#payloadFill += length;
    }
    if (this.#payload !== undefined && this.#payloadFill === this.#payload.length) this.#endPacket(this.#payload);
  }

  #startPayload(): void {
    const header = this.#header;
    if (header[0] !== 1) this.#fail(`version: expected 1, found ${header[0]}.${header[1]}`);
    if ((header[2]! & flagHeaderCrc) !== 0) {
      const expected = header.readUInt16BE(58);
      const found = crc16(header.subarray(0, 58));
      if (found !== expected) this.#fail(`header checksum: expected ${expected}, found ${found}`);
    }
    const type = header.readUInt16BE(4);
    const length = header.readUInt32BE(6);
    const isBuffer = type === typeBuffer;
    if (!isBuffer && type !== typeCaps && type < typeFirstEvent) {
      this.#fail(`type: expected buffer, caps or event, found ${type}`);
    }
    const limit = isBuffer ? this.#bufferLimitBytes : textLimitBytes;
    if (length > limit) this.#fail(`length: expected at most ${limit} bytes, found ${length}`);
    this.#payload = isBuffer ? this.#handlers.takeBuffer(length) : new Uint8Array(length);
    this.#payloadFill = 0;
  }

  #endPacket(payload: Uint8Array<ArrayBuffer>): void {
    const type = this.#header.readUInt16BE(4);
    this.#payload = undefined;
    this.#headerFill = 0;
    this.#packets++;
    if (type === typeBuffer) {
      const tag = (at: number) => {
        const value = this.#header.readBigUInt64BE(at);
        return value === noTime ? undefined : value;
      };
      this.#handlers.onBuffer(payload, { ptsNs: tag(10), dtsNs: tag(44), offset: tag(26) });
    } else if (type === typeCaps) {
      this.#handlers.onCaps(parseVideoCaps(new TextDecoder().decode(payload).replace(/\0+$/, '')));
    }
  }

  #fail(what: string): never {
    throw new CyclopsError('CAPTURE_FAILED', `capture stream, packet ${this.#packets}, ${what}`);
  }
}

/** Reads caps such as `video/x-raw, format=(string)RGB, width=(int)640, framerate=(fraction)30/1`. */
export function parseVideoCaps(text: string): VideoCaps {
  const field = (name: string) => new RegExp(`[,;]\\s*${name}=(?:\\([\\w/]+\\))?"?([^,;"]+)`).exec(text)?.[1]?.trim();
  const fraction = (name: string) => {
    const match = /^(\d+)\/(\d+)$/.exec(field(name) ?? '');
    return match === null || Number(match[2]) === 0 ? undefined : Number(match[1]) / Number(match[2]);
  };
  const fps = fraction('framerate');
  return {
    mediaType: /^[\w/-]+/.exec(text)?.[0] ?? '',
    format: field('format') ?? '',
    width: Number(field('width') ?? Number.NaN),
    height: Number(field('height') ?? Number.NaN),
    fps: fps === 0 ? undefined : fps,
    pixelAspect: fraction('pixel-aspect-ratio') ?? 1,
    text,
  };
}

/** One packet of a kind our own senders need (images-child.ts): caps as text, or a buffer. */
export function formatGdpHeader(
  packet:
    | { readonly kind: 'caps'; readonly length: number }
    | { readonly kind: 'buffer'; readonly length: number; readonly ptsNs: bigint; readonly offset: bigint },
): Uint8Array {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt8(1, 0);
  header.writeUInt8(flagHeaderCrc, 2);
  header.writeUInt16BE(packet.kind === 'caps' ? typeCaps : typeBuffer, 4);
  header.writeUInt32BE(packet.length, 6);
  for (const at of [10, 18, 26, 34, 44]) header.writeBigUInt64BE(noTime, at);
  if (packet.kind === 'buffer') {
    header.writeBigUInt64BE(packet.ptsNs, 10);
    header.writeBigUInt64BE(packet.offset, 26);
  }
  header.writeUInt16BE(crc16(header.subarray(0, 58)), 58);
  return header;
}

const crcTable = Uint16Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 8;
  for (let bit = 0; bit < 8; bit++) value = (value & 0x8000) === 0 ? value << 1 : (value << 1) ^ 0x1021;
  return value;
});

/** CRC-CCITT (polynomial 0x1021, start 0xFFFF, inverted), as GDP uses it. */
function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) crc = ((crc << 8) & 0xffff) ^ crcTable[(crc >> 8) ^ byte]!;
  return crc ^ 0xffff;
}
