import { existsSync } from 'node:fs';
import { CyclopsError, messageOf } from '../base/errors.js';
import { readBytes } from '../base/files.js';
import type { StereoCamera } from '../geometry/camera.js';
import { depthFromDisparity } from '../geometry/disparity.js';
import type { RgbImage } from '../geometry/raster.js';
import { colorizeDepth } from '../image/colormap.js';
import { dilateSparse } from '../image/map-image.js';
import { decodePfm } from '../image/pfm.js';
import { decodeGreyPng } from '../image/png-grey.js';
import { resizeArea } from '../image/resize.js';
import type { SheetCell } from '../image/sheet.js';
import { contactSheet } from '../image/sheet.js';
import type { FolderLayout, FolderSpec } from './sample.js';
import { missingFolder, readPairTruth } from './sources/folder.js';
import { readImage as readRgb } from './sources/images.js';
import type { Layout, Listing, PairFiles, Truth } from './sources/layout.js';
import { selectBySplit } from './splits.js';

/** The kinds of damage, in the words of a report. */
export const damageKinds = [
  'the list or the calibration of all cannot be read',
  'named by the list, not in the folder',
  'belongs to no left image',
  'left view damaged',
  'right view missing',
  'right view damaged',
  'views of different sizes',
  'no camera',
  'camera of another size',
  'truth damaged',
  'truth without a usable pixel',
] as const;

/** One of the kinds of damage. */
export type DamageKind = (typeof damageKinds)[number];

/** Something wrong with one file. */
export interface Damage {
  readonly kind: DamageKind;
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
  /** Pairs of which both views can be read. */
  readonly stereo: number;
  /** Left views that can be read, with or without a right one. */
  readonly mono: number;
  /** Left views that can be read and have a camera. */
  readonly withCamera: number;
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
 * @throws CyclopsError `FILE_MISSING` (the folder), `DATA_EMPTY` where there is nothing to check.
 */
export async function checkData(
  spec: FolderSpec,
  layout: Layout,
  options: CheckOptions,
): Promise<{ readonly check: DataCheck; readonly sheet: RgbImage | undefined }> {
  if (!existsSync(spec.folder)) throw missingFolder(spec.folder);
  const damage: Damage[] = [];
  const note = (kind: DamageKind, path: string, error: unknown, id?: string): void => {
    const text = messageOf(error);
    const reason = text.includes(path) ? text : `${path}: ${text}`;
    damage.push({ kind, path, ...(id === undefined ? {} : { id }), reason });
  };
  const listed = await listOrNote(spec, layout, note);
  const chosen = await splitOrNote(spec, listed.pairs, note);
  for (const path of listed.orphans) {
    if (spec.list === undefined) note('belongs to no left image', path, 'belongs to no left image');
  }
  if (chosen.length === 0 && damage.length === 0) {
    throw new CyclopsError('DATA_EMPTY', `${spec.folder}: expected ${layout.expects}, found no images there`);
  }
  const count = Math.min(chosen.length, options.count ?? chosen.length);
  const pairs = Array.from({ length: count }, (_, i) => chosen[Math.floor((i * chosen.length) / count)]!);
  const shown = new Set(
    Array.from({ length: Math.min(options.onSheet, count) }, (_, i) => Math.floor((i * count) / options.onSheet)),
  );
  const tally = createTally();
  const cells: SheetCell[] = [];
  for (const [index, pair] of pairs.entries()) {
    const found = await checkPair(pair, (kind, path, error) => note(kind, path, error, pair.id));
    tally.add(found);
    if (shown.has(index) && found.left !== undefined) cells.push(...cellsOf(pair, found));
    options.onProgress?.(index + 1, count);
  }
  return {
    check: { folder: spec.folder, layout: layout.name, pairs: chosen.length, ...tally.result(), damage },
    sheet: cells.length === 0 ? undefined : contactSheet(cells, { columns: 4, cellWidth: sheetWidth }),
  };
}

type Note = (kind: DamageKind, path: string, error: unknown) => void;

async function listOrNote(spec: FolderSpec, layout: Layout, note: Note): Promise<Listing> {
  try {
    return await layout.list(spec);
  } catch (error) {
    note('the list or the calibration of all cannot be read', spec.folder, error);
    return { pairs: [], root: spec.folder, orphans: [] };
  }
}

async function splitOrNote(spec: FolderSpec, pairs: readonly PairFiles[], note: Note): Promise<readonly PairFiles[]> {
  if (spec.list === undefined) return pairs;
  try {
    const selection = await selectBySplit(pairs, spec.list, spec.folder);
    for (const name of selection.missing) {
      note('named by the list, not in the folder', name, `${spec.list} names it, and the folder has no such image`);
    }
    return selection.pairs;
  } catch (error) {
    note('the list or the calibration of all cannot be read', spec.list, error);
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
  const attempt = async <T>(kind: DamageKind, path: string, read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      note(kind, path, error);
      return undefined;
    }
  };
  const { right: rightPath } = pair;
  const left = await attempt('left view damaged', pair.left, () => readRgb(pair.left));
  const hasRightFile = rightPath !== undefined && existsSync(rightPath);
  if (rightPath !== undefined && !hasRightFile) note('right view missing', rightPath, 'the right view is missing');
  const right = hasRightFile ? await attempt('right view damaged', rightPath, () => readRgb(rightPath)) : undefined;
  if (left !== undefined && right !== undefined && (left.width !== right.width || left.height !== right.height)) {
    note(
      'views of different sizes',
      rightPath!,
      `expected ${left.width}x${left.height} like the left view, found ${right.width}x${right.height}`,
    );
  }
  // A broken left view hides no damage of the camera and the truth: the right one has the same size.
  const stored = left ?? right;
  const used = stored === undefined ? undefined : (pair.crop?.(stored) ?? stored);
  const cameraPath = pair.cameraFiles[0] ?? pair.left;
  let camera: StereoCamera | undefined;
  if (stored !== undefined && used !== undefined) {
    camera = await attempt('no camera', cameraPath, async () => pair.knownCamera ?? (await pair.readCamera(stored)));
    if (camera !== undefined && (camera.width !== used.width || camera.height !== used.height)) {
      const found = `is for ${camera.width}x${camera.height}, but ${pair.left} has ${used.width}x${used.height}`;
      note('camera of another size', cameraPath, found);
      camera = undefined;
    }
  }
  // Truth is checked against the images; without a camera, any will do to see whether its files can be read.
  const forTruth =
    camera ?? (used === undefined ? undefined : { ...anyCamera, width: used.width, height: used.height });
  const truth = await checkTruth(pair, forTruth, note);
  for (const name of unusableTruth(truth))
    note('truth without a usable pixel', pair.truthFiles[0] ?? pair.left, `${name} has no usable pixel`);
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
      note('truth damaged', path, error);
      isFileBroken = true;
    }
  }
  if (fault !== undefined && !isFileBroken) note('truth damaged', pair.truthFiles[0]!, fault);
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
  let withCamera = 0;
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
      if (left !== undefined) {
        mono++;
        if (hasRight) stereo++;
        if (camera !== undefined) withCamera++;
      }
      for (const key of Object.keys(found) as (keyof Truth)[]) truth[key] = (truth[key] ?? 0) + 1;
    },
    result: () => ({
      stereo,
      mono,
      withCamera,
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
      image: small(colorizeDepth(dilateSparse(depth, 2), { minM, maxM })),
      label: `true depth ${minM.toPrecision(2)} to ${maxM.toPrecision(2)}`,
    },
  ];
}
