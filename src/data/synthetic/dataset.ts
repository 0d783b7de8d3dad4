import { isDeepStrictEqual } from 'node:util';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { readConfig } from '../../base/config.js';
import { CyclopsError, isCyclopsError } from '../../base/errors.js';
import { writeAtomic, writeJsonAtomic } from '../../base/files.js';
import { errorFromPlain, type PlainError } from '../loader-messages.js';
import { rendererVersion, type SyntheticDomain, syntheticCamera, syntheticId } from './render-pair.js';
import type { HardShares } from './scene.js';

/** What a rendered folder holds; written to its `synth.json`. */
export interface DatasetPlan {
  readonly domain: SyntheticDomain;
  readonly seed: number;
  readonly count: number;
  readonly width: number;
  readonly height: number;
  readonly framesPerScene: number;
  /** The scene that comes first, 0 unless one drive is picked. */
  readonly firstScene: number;
  /** JPEG (quality 95) in place of PNG images: a quarter of the size, a little loss. */
  readonly jpeg: boolean;
  readonly hard: HardShares;
}

/** How it is rendered, and who is told. */
export interface WriteOptions {
  readonly workers: number;
  /** Kept in `synth.json`: the command line that made the folder. */
  readonly command: string;
  readonly signal?: AbortSignal;
  /** After every pair; `skipped` counts those that were already there. */
  readonly onProgress?: (done: number, skipped: number) => void;
}

/** How a run ended. */
export interface WriteResult {
  readonly status: 'finished' | 'stopped';
  readonly written: number;
  readonly skipped: number;
  readonly total: number;
}

/** A stretch of frames of one scene for one thread. */
export interface BlockRequest {
  readonly plan: DatasetPlan;
  readonly folder: string;
  readonly scene: number;
  readonly firstFrame: number;
  readonly frames: number;
}

/** What a thread says: a pair is there, its block is done, or why not. */
export type BlockReply =
  | {
      readonly kind: 'pair';
      readonly scene: number;
      readonly frame: number;
      readonly pose: readonly number[];
      readonly skipped: boolean;
    }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly error: PlainError };

/** Long drives are split so that all threads have work; a thread builds its part of the road anew for each piece. */
const blockFrames = 12;

const synthSchema = z.object({
  format: z.literal('cyclops-synth'),
  rendererVersion: z.number(),
  plan: z.object({
    domain: z.string(),
    seed: z.number(),
    count: z.number(),
    width: z.number(),
    height: z.number(),
    framesPerScene: z.number(),
    firstScene: z.number(),
    jpeg: z.boolean(),
    hard: z.object({ reflective: z.number(), textureless: z.number() }),
  }),
});

/**
 * Renders a data set into a folder in the KITTI 2015 layout, on several threads. Pairs that are already complete are
 * left alone, so the same command goes on where it was stopped; a larger count adds to the folder, a smaller one takes
 * nothing away.
 * @throws CyclopsError `DATA_INVALID` where the folder holds a data set of other settings; `DISK_FULL`, `WRITE_FAILED`.
 */
export async function writeDataset(folder: string, plan: DatasetPlan, options: WriteOptions): Promise<WriteResult> {
  const countBefore = await readCountOfSameData(folder, plan);
  // Pairs of an earlier, larger count stay, and with them their cameras.
  const entries = Array.from({ length: Math.max(plan.count, countBefore) }, (_, index) => ({
    scene: plan.firstScene + Math.floor(index / plan.framesPerScene),
    frame: index % plan.framesPerScene,
  }));
  await writeJsonAtomic(`${folder}/synth.json`, {
    format: 'cyclops-synth',
    rendererVersion,
    command: options.command,
    plan: { ...plan, count: entries.length },
  });
  const camera = syntheticCamera(plan.width, plan.height);
  await writeJsonAtomic(
    `${folder}/cameras.json`,
    Object.fromEntries(entries.map(({ scene, frame }) => [syntheticId(plan.domain, scene, frame), camera])),
  );
  const poses = new Map<string, readonly number[]>();
  let done = 0;
  let skipped = 0;
  const blocks = blocksOf(folder, plan);
  const finished = await runBlocks(blocks, options, (reply) => {
    poses.set(`${reply.scene}/${reply.frame}`, reply.pose);
    done++;
    if (reply.skipped) skipped++;
    options.onProgress?.(done, skipped);
  });
  if (finished && plan.framesPerScene > 1) await writePoses(folder, plan, poses);
  return { status: finished ? 'finished' : 'stopped', written: done - skipped, skipped, total: plan.count };
}

/** How many pairs the folder was made for before, 0 if it is new; refuses a folder of other settings. */
async function readCountOfSameData(folder: string, plan: DatasetPlan): Promise<number> {
  const path = `${folder}/synth.json`;
  const found = await readConfig(path, synthSchema).catch((error: unknown) => {
    if (isCyclopsError(error, 'FILE_MISSING')) return undefined;
    throw error;
  });
  if (found === undefined) return 0;
  const { count, ...there } = found.plan;
  const { count: _wanted, ...wanted } = plan;
  if (found.rendererVersion !== rendererVersion || !isDeepStrictEqual(there, wanted)) {
    throw new CyclopsError(
      'DATA_INVALID',
      `${path}: expected the same settings (${JSON.stringify(wanted)}, renderer ${rendererVersion}), found ${JSON.stringify(there)}, renderer ${found.rendererVersion}; choose another folder`,
    );
  }
  return count;
}

function blocksOf(folder: string, plan: DatasetPlan): BlockRequest[] {
  const blocks: BlockRequest[] = [];
  for (let index = 0; index < plan.count; ) {
    const scene = plan.firstScene + Math.floor(index / plan.framesPerScene);
    const firstFrame = index % plan.framesPerScene;
    const frames = Math.min(blockFrames, plan.framesPerScene - firstFrame, plan.count - index);
    blocks.push({ plan, folder, scene, firstFrame, frames });
    index += frames;
  }
  return blocks;
}

/** Gives the blocks to threads until none is left; whether all were done. */
async function runBlocks(
  blocks: readonly BlockRequest[],
  { workers, signal }: WriteOptions,
  onPair: (reply: Extract<BlockReply, { kind: 'pair' }>) => void,
): Promise<boolean> {
  let next = 0;
  let failure: Error | undefined;
  const mayGoOn = (): boolean => failure === undefined && signal?.aborted !== true && next < blocks.length;
  const runThread = (): Promise<void> =>
    new Promise((resolve) => {
      const worker = new Worker(new URL('./dataset-worker.js', import.meta.url));
      const give = (): void => {
        if (mayGoOn()) worker.postMessage(blocks[next++]!);
        else void worker.terminate().then(() => resolve());
      };
      worker.on('message', (reply: BlockReply) => {
        if (reply.kind === 'pair') onPair(reply);
        else {
          if (reply.kind === 'failed') failure ??= errorFromPlain(reply.error);
          give();
        }
      });
      worker.on('error', (error: Error) => {
        failure ??= error;
        resolve();
      });
      give();
    });
  await Promise.all(Array.from({ length: Math.max(1, Math.min(workers, blocks.length)) }, runThread));
  if (failure !== undefined) throw failure;
  return next >= blocks.length;
}

/** One file a scene, as KITTI odometry writes poses: a 3x4 matrix a row, camera of that frame to camera of the first. */
async function writePoses(
  folder: string,
  plan: DatasetPlan,
  poses: ReadonlyMap<string, readonly number[]>,
): Promise<void> {
  for (let index = 0; index < plan.count; index += plan.framesPerScene) {
    const scene = plan.firstScene + index / plan.framesPerScene;
    const first = poses.get(`${scene}/0`);
    if (first === undefined) continue;
    const rows: string[] = [];
    for (let frame = 0; frame < plan.framesPerScene; frame++) {
      const pose = poses.get(`${scene}/${frame}`);
      if (pose === undefined) break;
      rows.push(
        relativePose(first, pose)
          .map((value) => value.toExponential(9))
          .join(' '),
      );
    }
    const name = syntheticId(plan.domain, scene, 0).slice(0, -'-0000'.length);
    await writeAtomic(`${folder}/poses/${name}.txt`, `${rows.join('\n')}\n`);
  }
}

/** inverse(first) * pose, both 3x4 rigid. */
export function relativePose(first: readonly number[], pose: readonly number[]): number[] {
  const result: number[] = [];
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 4; column++) {
      let sum = 0;
      for (let k = 0; k < 3; k++) {
        // The rotation's inverse is its transpose.
        const value = pose[k * 4 + column]! - (column === 3 ? first[k * 4 + 3]! : 0);
        sum += first[k * 4 + row]! * value;
      }
      result.push(sum);
    }
  }
  return result;
}
