import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { before, test } from 'node:test';
import { isCyclopsError } from '../../src/base/errors.js';
import type { DepthFrame, Pace } from '../../src/runtime/frame.js';
import type { Output, OutputSettings, StreamInfo } from '../../src/runtime/index.js';
import { formatOutput, openOutput, parseOutput } from '../../src/runtime/index.js';
import { OutputQueue } from '../../src/runtime/outputs/queue.js';
import { KeepingOutput, stream } from './stream.js';
import { temporaryFolder } from './temporary-folder.js';
import { writeTinyPackage } from './tiny-package.js';

/** What the suite has to know of one output. */
export interface OutputCase {
  /** Where its frames go. */
  readonly writesTo: 'folder' | 'standard output' | 'nothing';
  /** Its settings, so that everything it writes lies in this folder. */
  settings(folder: string): OutputSettings;
  /**
   * Reads all that it wrote: a digest or the text of each frame. Absent where it writes nothing.
   * @param standardOutput file with the text that went there.
   */
  read?(folder: string, standardOutput: string): Promise<readonly string[]>;
}

/** Runs what every output must do. @param name of its entry in the table. */
export function testOutputContract(name: string, entry: OutputCase): void {
  const frameCount = 12;
  let frames: readonly DepthFrame[] = [];
  let info: StreamInfo;

  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cyclops-output-'));
    await writeTinyPackage(folder, { width: 64, height: 32 });
    const kept = new KeepingOutput();
    const source = { kind: 'test', width: 160, height: 90, fps: 25, pace: 'fastest' } as const;
    const running = await stream({ model: folder, camera: { source, horizontalFovDeg: 80 }, frames: frameCount }, kept);
    await running.done;
    await rm(folder, { recursive: true });
    frames = kept.frames;
    info = { ...running.stream };
  });

  test(`${name}: its settings have one text, and its name is that text`, () => {
    const settings = entry.settings('some/folder:with a colon');
    assert.deepEqual(parseOutput(formatOutput(settings)), settings);
    const output = openOutput(settings, { standardOutput: new Writable() });
    assert.equal(output.name, formatOutput(settings));
  });

  test(`${name}: every frame of a stream without drops can be read back when stop has settled`, async (t) => {
    const place = await placeFor(entry, await temporaryFolder(t));
    const { failures, done } = await run(place.output, 'fastest', frames);
    assert.deepEqual(failures, []);
    assert.equal(done.length, frameCount);
    await assertWritten(place, frameCount);
  });

  test(`${name}: a frame's memory is free when publish has settled, where the output says so`, async (t) => {
    const folder = await temporaryFolder(t);
    const [kept, reused] = [await placeFor(entry, join(folder, 'a')), await placeFor(entry, join(folder, 'b'))];
    if (reused.output.releasesFrames !== true) return t.skip('it keeps frames');
    const copies = frames.map((frame) => structuredClone(frame));
    await run(kept.output, 'fastest', frames);
    await run(reused.output, 'fastest', copies, (frame) => {
      (frame.networkDepth.data as Float32Array).fill(Number.NaN);
      (frame.image.data as Uint8Array).fill(0);
    });
    await Promise.all([assertWritten(kept, frameCount), assertWritten(reused, frameCount)]);
    assert.deepEqual(await reused.read(), await kept.read());
  });

  test(`${name}: a stream that is too fast for it never waits, and what it cannot take is dropped and counted`, async (t) => {
    const place = await placeFor(entry, await temporaryFolder(t));
    const { stats, failures, done, droppedAtOnce } = await run(place.output, 'real-time', frames);
    assert.deepEqual(failures, []);
    // All frames came within one turn of the event loop: the four that fit into the queue are left.
    assert.equal(droppedAtOnce, frameCount - 4);
    assert.deepEqual([stats.written, stats.dropped], [4, frameCount - 4]);
    assert.deepEqual(done.toSorted(), frames.map(({ sequence }) => sequence).toSorted());
    await assertWritten(place, 4);
  });

  test(`${name}: a stop in the middle leaves what was written readable, and the rest under a temporary name`, async (t) => {
    const place = await placeFor(entry, await temporaryFolder(t));
    await place.output.start(info);
    for (const frame of frames.slice(0, 3)) await place.output.publish(frame);
    const names = await readdir(place.folder);
    const unclear = names.filter((file) => !/\.tmp-\d+-[0-9a-f]{8}$/.test(file));
    if (entry.writesTo === 'folder')
      assert.ok(unclear.length === 0 || ((await place.read()) ?? []).length > 0, names.join());
    await place.output.stop();
    await assertWritten(place, 3);
  });

  test(`${name}: a stream without frames starts and stops, and leaves nothing half-made`, async (t) => {
    const place = await placeFor(entry, await temporaryFolder(t));
    assert.deepEqual((await run(place.output, 'fastest', [])).failures, []);
    await assertWritten(place, 0);
  });

  test(`${name}: a place that cannot be written is its error, not a crash`, async (t) => {
    if (entry.writesTo === 'nothing') return t.skip('it writes nowhere');
    const folder = await temporaryFolder(t);
    await writeFile(join(folder, 'file'), 'in the way');
    const gone = new Writable({
      write: (_, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
    });
    const output = openOutput(entry.settings(join(folder, 'file')), { standardOutput: gone });
    const error = await failureOf(output);
    assert.ok(isCyclopsError(error, 'WRITE_FAILED'), String(error));
    assert.match(error.message, entry.writesTo === 'folder' ? /file/ : /standard output/);
    assert.deepEqual(await readdir(folder), ['file']);
  });

  test(`${name}: a full disk is its error, not a crash`, async (t) => {
    if (entry.writesTo === 'nothing') return t.skip('it writes nowhere');
    const folder = await temporaryFolder(t);
    if (entry.writesTo === 'standard output') {
      const full = createWriteStream('/dev/full');
      const error = await failureOf(openOutput(entry.settings(folder), { standardOutput: full }));
      full.destroy();
      assert.ok(isCyclopsError(error, 'DISK_FULL'), String(error));
      return undefined;
    }
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', folder], { stdio: 'ignore' });
    } catch {
      return t.skip('mounting a small tmpfs needs root');
    }
    try {
      const error = await failureOf(openOutput(entry.settings(folder), { standardOutput: new Writable() }));
      assert.ok(isCyclopsError(error, 'DISK_FULL'), String(error));
    } finally {
      execFileSync('umount', [folder], { stdio: 'ignore' });
    }
    return undefined;
  });

  /** Offers frames as a stream does: in pace `fastest` it waits for room, in real time it never does. */
  async function run(
    output: Output,
    pace: Pace,
    offered: readonly DepthFrame[],
    onDone: (frame: DepthFrame) => void = () => undefined,
  ) {
    const failures: unknown[] = [];
    const done: number[] = [];
    let onRoom = () => {};
    await output.start({ ...info, pace });
    const queue = new OutputQueue(output, pace, {
      onRoom: () => onRoom(),
      onDone: (frame) => {
        done.push(frame.sequence);
        onDone(frame);
      },
      onFailure: (error) => {
        failures.push(error);
        onRoom();
      },
    });
    for (const frame of offered) {
      if (pace === 'fastest' && queue.isFull) await new Promise<void>((resolve) => (onRoom = resolve));
      queue.offer(frame);
    }
    const droppedAtOnce = queue.stats.dropped;
    await queue.close().catch((error: unknown) => failures.push(error));
    return { failures, done, droppedAtOnce, stats: queue.stats };
  }

  /** The first error of an output that cannot write. */
  async function failureOf(output: Output): Promise<unknown> {
    try {
      return (await run(output, 'fastest', frames)).failures[0];
    } catch (error) {
      return error;
    }
  }
}

interface Place {
  readonly folder: string;
  readonly output: Output;
  read(): Promise<readonly string[] | undefined>;
  /** Ends the file that stands for standard output. */
  end(): Promise<void>;
}

async function placeFor(entry: OutputCase, folder: string): Promise<Place> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'standard-output');
  const standardOutput = entry.writesTo === 'standard output' ? createWriteStream(path) : new Writable();
  return {
    folder,
    output: openOutput(entry.settings(folder), { standardOutput }),
    read: async () => entry.read?.(folder, path),
    async end() {
      if (entry.writesTo !== 'standard output') return;
      assert.equal(standardOutput.writableEnded, false, "standard output is not the output's to end");
      standardOutput.end();
      await finished(standardOutput);
    },
  };
}

async function assertWritten(place: Place, count: number): Promise<void> {
  await place.end();
  assert.equal((await place.read())?.length ?? count, count);
  assert.deepEqual(
    (await readdir(place.folder, { recursive: true })).filter((file) => file.includes('.tmp-')),
    [],
  );
}
