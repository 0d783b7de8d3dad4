import { existsSync } from 'node:fs';
import { messageOf } from '../base/errors.js';
import { readBytes } from '../base/files.js';
import type { StereoCamera } from '../geometry/camera.js';
import { depthFromDisparity } from '../geometry/disparity.js';
import type { FloatMap, RgbImage } from '../geometry/raster.js';
import { colorizeDepth } from '../image/colormap.js';
import { decodePfm } from '../image/pfm.js';
import { decodeGreyPng } from '../image/png-grey.js';
import { resizeArea } from '../image/resize.js';
import type { SheetCell } from '../image/sheet.js';
import { contactSheet } from '../image/sheet.js';
import type { FolderLayout, FolderSpec } from './sample.js';
import { readPairTruth } from './sources/folder.js';
import { readImage as readRgb } from './sources/images.js';
import type { Layout, Listing, PairFiles, Truth } from './sources/layout.js';
import { selectBySplit } from './splits.js';

/** Something wrong with one file. */
export interface Damage {
  readonly path: string;
  /** The pair it belongs to, if any. */
  readonly id?: string;
  /** A sentence that names the file. */
  readonly reason: string;
}

/** What a data folder holds, and all that is wrong with it. */
export interface DataCheck {
  readonly folder: string;
  readonly layout: FolderLayout;
  /** Left images found; with a list, those that it names. */
  readonly pairs: number;
  /** Pairs of which both views can be read and have a camera. */
  readonly stereo: number;
  /** Left views that can be read and have a camera, with or without a right one. */
  readonly mono: number;
  readonly sizes: readonly { readonly width: number; readonly height: number; readonly pairs: number }[];
  readonly cameras: readonly { readonly camera: StereoCamera; readonly pairs: number }[];
  /** Kind of truth -> pairs that have it. */
  readonly truth: Readonly<Partial<Record<keyof Truth, number>>>;
  readonly damage: readonly Damage[];
}

/** How a folder is checked. */
export interface CheckOptions {
  /** Check only so many pairs, evenly spaced; all unless given. */
  readonly count?: number;
  /** Pairs on the contact sheet. */
  readonly onSheet: number;
  /** Called after each pair. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Images of the sheet are kept at this width, px, so that memory stays bounded. */
const sheetWidth = 420;

/**
 * Reads every file of a folder and tells what is there. Whatever is missing or broken is written down and the check goes
 * on: one run tells all damage.
 * @returns the findings, and a contact sheet of some pairs with their truth (undefined if no image can be read).
 */
export async function checkData(
  spec: FolderSpec,
  layout: Layout,
  options: CheckOptions,
): Promise<{ readonly check: DataCheck; readonly sheet: RgbImage | undefined }> {
  const damage: Damage[] = [];
  const note = (path: string, error: unknown, id?: string): void => {
    const text = messageOf(error);
    damage.push({ path, ...(id === undefined ? {} : { id }), reason: text.includes(path) ? text : `${path}: ${text}` });
  };
  const listed = await listOrNote(spec, layout, note);
  const chosen = await splitOrNote(spec, listed.pairs, note);
  for (const path of listed.orphans) {
    if (spec.list === undefined) note(path, 'belongs to no left image');
  }
  const count = Math.min(chosen.length, options.count ?? chosen.length);
  const pairs = Array.from({ length: count }, (_, i) => chosen[Math.floor((i * chosen.length) / count)]!);
  const shown = new Set(
    Array.from({ length: Math.min(options.onSheet, count) }, (_, i) => Math.floor((i * count) / options.onSheet)),
  );
  const tally = createTally();
  const cells: SheetCell[] = [];
  for (const [index, pair] of pairs.entries()) {
    const found = await checkPair(pair, (path, error) => note(path, error, pair.id));
    tally.add(found);
    if (shown.has(index) && found.left !== undefined) cells.push(...cellsOf(pair, found));
    options.onProgress?.(index + 1, count);
  }
  return {
    check: { folder: spec.folder, layout: layout.name, pairs: chosen.length, ...tally.result(), damage },
    sheet: cells.length === 0 ? undefined : contactSheet(cells, { columns: 4, cellWidth: sheetWidth }),
  };
}

type Note = (path: string, error: unknown) => void;

async function listOrNote(spec: FolderSpec, layout: Layout, note: Note): Promise<Listing> {
  try {
    const listing = await layout.list(spec);
    if (listing.pairs.length === 0) note(spec.folder, `expected ${layout.expects}, found no images there`);
    return listing;
  } catch (error) {
    note(spec.folder, error);
    return { pairs: [], root: spec.folder, orphans: [] };
  }
}

async function splitOrNote(spec: FolderSpec, pairs: readonly PairFiles[], note: Note): Promise<readonly PairFiles[]> {
  if (spec.list === undefined) return pairs;
  try {
    const selection = await selectBySplit(pairs, spec.list, spec.folder);
    for (const name of selection.missing) note(name, `${spec.list} names it, and the folder has no such image`);
    return selection.pairs;
  } catch (error) {
    note(spec.list, error);
    return [];
  }
}

/** What could be read of one pair; maps and images have the size of the images as used. */
interface PairFindings {
  readonly left: RgbImage | undefined;
  readonly hasRight: boolean;
  readonly camera: StereoCamera | undefined;
  readonly truth: Truth;
}

async function checkPair(pair: PairFiles, note: Note): Promise<PairFindings> {
  const attempt = async <T>(path: string, read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      note(path, error);
      return undefined;
    }
  };
  const { right: rightPath } = pair;
  const left = await attempt(pair.left, () => readRgb(pair.left));
  const right =
    rightPath === undefined
      ? undefined
      : await attempt(rightPath, async () => {
          if (!existsSync(rightPath)) throw new Error('the right view is missing');
          return readRgb(rightPath);
        });
  if (left !== undefined && right !== undefined && (left.width !== right.width || left.height !== right.height)) {
    note(rightPath!, `expected ${left.width}x${left.height} like the left view, found ${right.width}x${right.height}`);
  }
  // A broken left view hides no damage of the camera and the truth: the right one has the same size.
  const stored = left ?? right;
  const used = stored === undefined ? undefined : (pair.crop?.(stored) ?? stored);
  const cameraPath = pair.cameraFiles[0] ?? pair.left;
  let camera: StereoCamera | undefined;
  if (stored !== undefined && used !== undefined) {
    camera = await attempt(cameraPath, async () => pair.knownCamera ?? (await pair.readCamera(stored)));
    if (camera !== undefined && (camera.width !== used.width || camera.height !== used.height)) {
      note(cameraPath, `is for ${camera.width}x${camera.height}, but ${pair.left} has ${used.width}x${used.height}`);
      camera = undefined;
    }
  }
  // Truth is checked against the images; without a camera, any will do to see whether its files can be read.
  const forTruth =
    camera ?? (used === undefined ? undefined : { ...anyCamera, width: used.width, height: used.height });
  const truth = await checkTruth(pair, forTruth, note);
  for (const name of unusableTruth(truth)) note(pair.truthFiles[0] ?? pair.left, `${name} has no usable pixel`);
  return { left: left === undefined ? undefined : used, hasRight: right !== undefined, camera, truth };
}

/** The truth of a pair; where it cannot be had, every file of it is looked at by itself, so that none hides another. */
async function checkTruth(pair: PairFiles, camera: StereoCamera | undefined, note: Note): Promise<Truth> {
  if (pair.truthFiles.length === 0) return {};
  let fault: unknown;
  if (camera !== undefined) {
    try {
      return await readPairTruth(pair, camera);
    } catch (error) {
      fault = error;
    }
  }
  let isFileBroken = false;
  for (const path of pair.truthFiles) {
    try {
      await readTruthFile(path);
    } catch (error) {
      note(path, error);
      isFileBroken = true;
    }
  }
  if (fault !== undefined && !isFileBroken) note(pair.truthFiles[0]!, fault);
  return {};
}

/** The maps of disparity and depth without a single pixel that can be learnt from or measured against. */
function unusableTruth(truth: Truth): readonly string[] {
  return (['disparityLeft', 'disparityRight', 'depthLeft'] as const).filter(
    (name) => truth[name]?.data.some((value) => value > 0 && value < Number.POSITIVE_INFINITY) === false,
  );
}

/** Whether a file of truth can be read at all, by its ending. */
async function readTruthFile(path: string): Promise<void> {
  const bytes = await readBytes(path);
  if (path.endsWith('.png')) decodeGreyPng(bytes, path);
  else if (path.endsWith('.pfm')) decodePfm(bytes, path);
}

const anyCamera = { fxPx: 1, fyPx: 1, cxPx: 0, cyPx: 0, baselineM: 1, doffsPx: 0 };

function createTally() {
  const sizes = new Map<string, { width: number; height: number; pairs: number }>();
  const cameras = new Map<string, { camera: StereoCamera; pairs: number }>();
  const truth: Partial<Record<keyof Truth, number>> = {};
  let stereo = 0;
  let mono = 0;
  return {
    add({ left, hasRight, camera, truth: found }: PairFindings): void {
      if (left !== undefined) {
        const key = `${left.width}x${left.height}`;
        const entry = sizes.get(key) ?? { width: left.width, height: left.height, pairs: 0 };
        entry.pairs++;
        sizes.set(key, entry);
      }
      if (camera !== undefined) {
        const key = JSON.stringify(camera);
        const entry = cameras.get(key) ?? { camera, pairs: 0 };
        entry.pairs++;
        cameras.set(key, entry);
      }
      if (left !== undefined && camera !== undefined) {
        mono++;
        if (hasRight) stereo++;
      }
      for (const key of Object.keys(found) as (keyof Truth)[]) truth[key] = (truth[key] ?? 0) + 1;
    },
    result: () => ({
      stereo,
      mono,
      sizes: [...sizes.values()].sort((a, b) => b.pairs - a.pairs),
      cameras: [...cameras.values()].sort((a, b) => b.pairs - a.pairs),
      truth,
    }),
  };
}

/** The left view, and its truth as depth beside it. */
function cellsOf(pair: PairFiles, { left, camera, truth }: PairFindings): SheetCell[] {
  const small = (image: RgbImage): RgbImage =>
    resizeArea(image, sheetWidth, Math.max(1, Math.round((image.height * sheetWidth) / image.width)));
  const image = { image: small(left!), label: pair.id };
  const depth =
    truth.depthLeft ??
    (truth.disparityLeft === undefined || camera === undefined
      ? undefined
      : depthFromDisparity(truth.disparityLeft, camera));
  if (depth === undefined) return [image, { image: small(left!), label: '(no truth)' }];
  const known = depth.data.filter((z) => z > 0 && z < Number.POSITIVE_INFINITY).sort();
  const minM = known[Math.floor(known.length * 0.01)] ?? 1;
  const maxM = Math.max(known[Math.floor(known.length * 0.99)] ?? 100, minM * 1.01);
  return [
    image,
    {
      image: small(colorizeDepth(spread(depth), { minM, maxM })),
      label: `true depth ${minM.toPrecision(2)} to ${maxM.toPrecision(2)}`,
    },
  ];
}

/** Lets each measurement fill its 5x5 neighbourhood where nothing was measured: lidar dots vanish in a small image. */
function spread(map: FloatMap): FloatMap {
  const { width, height, data } = map;
  const out = data.slice();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = data[y * width + x]!;
      if (Number.isNaN(value)) continue;
      for (let row = Math.max(0, y - 2); row <= Math.min(height - 1, y + 2); row++) {
        for (let column = Math.max(0, x - 2); column <= Math.min(width - 1, x + 2); column++) {
          if (Number.isNaN(out[row * width + column]!)) out[row * width + column] = value;
        }
      }
    }
  }
  return { width, height, data: out };
}
