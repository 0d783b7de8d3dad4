import { type FileHandle, mkdir, open, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { elapsedMs, type MonotonicNs, monotonicNow } from '../../base/clock.js';
import { CyclopsError } from '../../base/errors.js';
import { writeErrorFor, writeTogether } from '../../base/files.js';
import { formatBytes } from '../../base/format.js';
import { pairId, pairsHeader, recordingNames } from '../../recording/format.js';
import { Remapper } from '../camera/remap/remap.js';
import { bytesPerPixel, type Frame, type PixelFormat } from '../frame.js';
import type { Side } from './pair-matcher.js';
import type { RigPlan } from './rig-plan.js';

/** One line of `pairs.csv`. */
export interface PairInfo {
  readonly number: number;
  readonly times: Readonly<Record<Side, bigint>>;
  readonly lost: Readonly<Record<Side, number>>;
  readonly unmatched: Readonly<Record<Side, number>>;
  /** Pairs dropped since the one before. */
  readonly dropped: number;
}

/** How images are stored. */
export interface PairFormat {
  readonly images: 'jpg' | 'png';
  readonly quality: number;
  /** Writing ends while so many bytes are free: a full disk stops more than a recording. */
  readonly keepFreeBytes: number;
}

/** A power cut may cost the lines of this time, never an image. */
const syncPeriodMs = 1000;

/**
 * Writes pairs into a recording's folder: rectified where the plan says so, encoded by libvips' threads, both images on
 * the disk under temporary names before they get their own, the left one last, so that its presence says that the pair is
 * whole. Several pairs may be under way; their lines are written in order.
 */
export class PairWriter {
  readonly #folder: string;
  readonly #plan: RigPlan;
  readonly #format: PairFormat;
  readonly #remappers: Readonly<Record<Side, Remapper | undefined>>;
  readonly #lines: FileHandle;
  #lastLine: Promise<void> = Promise.resolve();
  #syncedAt: MonotonicNs = monotonicNow();
  #spaceSeenAt: MonotonicNs | undefined;
  #bytes = 0;

  /**
   * Makes the folder and opens what is needed.
   * @throws CyclopsError `DISK_FULL`, `WRITE_FAILED`, `ENGINE_FAILED`.
   */
  static async open(folder: string, plan: RigPlan, format: PairFormat): Promise<PairWriter> {
    const path = join(folder, recordingNames.pairs);
    let lines: FileHandle | undefined;
    try {
      for (const side of [recordingNames.left, recordingNames.right]) {
        await mkdir(join(folder, side), { recursive: true });
      }
      lines = await open(path, 'w');
      await lines.appendFile(`${pairsHeader}\n`);
    } catch (error) {
      await lines?.close();
      throw writeErrorFor(path, error);
    }
    let left: Remapper | undefined;
    try {
      left = await openRemapper(plan, 'left');
      return new PairWriter(folder, plan, format, { left, right: await openRemapper(plan, 'right') }, lines);
    } catch (error) {
      await Promise.all([lines.close(), left?.close()]);
      throw error;
    }
  }

  private constructor(
    folder: string,
    plan: RigPlan,
    format: PairFormat,
    remappers: Readonly<Record<Side, Remapper | undefined>>,
    lines: FileHandle,
  ) {
    this.#folder = folder;
    this.#plan = plan;
    this.#format = format;
    this.#remappers = remappers;
    this.#lines = lines;
  }

  /** Size of all images written. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Writes one pair. Where a view is rectified its frame's memory is gone afterwards.
   * @throws CyclopsError `DISK_FULL` also where less than `keepFreeBytes` is left; `WRITE_FAILED`, `ENGINE_FAILED`.
   */
  async write(left: Frame, right: Frame, info: PairInfo): Promise<void> {
    const files = this.#writeImages(left, right, pairId(info.number));
    // They may fail while the line before is still waited for; below, the failure is waited for as well.
    files.catch(() => undefined);
    const before = this.#lastLine;
    this.#lastLine = (async () => {
      await before.catch(() => undefined);
      await files;
      await this.#writeLine(info);
    })();
    await this.#lastLine;
  }

  /** Closes everything, after what is under way. */
  async close(): Promise<void> {
    await this.#lastLine.catch(() => undefined);
    await this.#lines.datasync().catch(() => undefined);
    await this.#lines.close();
    await Promise.all([this.#remappers.left?.close(), this.#remappers.right?.close()]);
  }

  async #writeImages(left: Frame, right: Frame, id: string): Promise<void> {
    await this.#assertSpace();
    const [leftBytes, rightBytes] = await Promise.all([this.#encode('left', left), this.#encode('right', right)]);
    const pathOf = (side: Side) => join(this.#folder, recordingNames[side], `${id}.${this.#format.images}`);
    await writeTogether([
      { path: pathOf('right'), data: rightBytes },
      { path: pathOf('left'), data: leftBytes },
    ]);
    this.#bytes += leftBytes.length + rightBytes.length;
  }

  async #encode(side: Side, frame: Frame): Promise<Uint8Array> {
    const { images, quality } = this.#format;
    const { format } = this.#plan.views[side];
    const remapper = this.#remappers[side];
    const captured = frame.image.data as Uint8Array<ArrayBuffer>;
    const image =
      remapper === undefined ? frame.image : { ...this.#plan.camera, data: (await remapper.remap(captured)).image };
    const { width, height, data } = image;
    // A stream that records nothing shall not load the codec.
    const { encodeCaptured } = await import('../../image/codec.js');
    return encodeCaptured({ width, height, channels: bytesPerPixel(format), data }, images, quality);
  }

  async #writeLine({ number, times, lost, unmatched, dropped }: PairInfo): Promise<void> {
    const cells = [
      pairId(number),
      times.left,
      times.right,
      lost.left,
      lost.right,
      unmatched.left,
      unmatched.right,
      dropped,
    ];
    try {
      await this.#lines.appendFile(`${cells.join(',')}\n`);
      if (elapsedMs(this.#syncedAt) > syncPeriodMs) {
        this.#syncedAt = monotonicNow();
        await this.#lines.datasync();
      }
    } catch (error) {
      throw writeErrorFor(join(this.#folder, recordingNames.pairs), error);
    }
  }

  async #assertSpace(): Promise<void> {
    if (this.#spaceSeenAt !== undefined && elapsedMs(this.#spaceSeenAt) < syncPeriodMs) return;
    this.#spaceSeenAt = monotonicNow();
    const { bavail, bsize } = await statfs(this.#folder);
    const { keepFreeBytes } = this.#format;
    if (bavail * bsize >= keepFreeBytes) return;
    throw new CyclopsError(
      'DISK_FULL',
      `${this.#folder}: ${formatBytes(bavail * bsize)} are left, and ${formatBytes(keepFreeBytes)} are to stay free; nothing that was saved before is lost`,
    );
  }
}

async function openRemapper({ views }: RigPlan, side: Side): Promise<Remapper | undefined> {
  const { capture, format } = views[side];
  if (capture.undistortion === undefined) return undefined;
  return Remapper.open(capture.undistortion, format as PixelFormat, 1);
}
