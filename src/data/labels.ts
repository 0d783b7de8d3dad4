import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readConfig } from '../base/config.js';
import { CyclopsError } from '../base/errors.js';
import { readBytes, writeAtomic, writeJsonAtomic } from '../base/files.js';
import type { FloatMap, MaskMap, RgbImage } from '../geometry/raster.js';
import {
  decodeMaskPng,
  decodePng16,
  decodeSharePng,
  encodeMaskPng,
  encodePng16,
  encodeSharePng,
} from '../image/png16.js';
import { resizeDisparity, resizeMapBilinear, resizeMaskNearest } from '../image/resize.js';
import type { StereoSample, TruthWanted } from './sample.js';

/** The form of `labels.json`. */
export const labelsSchema = z.strictObject({
  format: z.literal('cyclops-labels'),
  formatVersion: z.literal(1),
  /** Path or name of the checkpoint that made the labels, for people. */
  teacher: z.string(),
  /** Digest of the checkpoint: labels of another one are never mixed in. */
  checkpointSha256: z.string(),
  /** Size of the images the teacher was shown, px. */
  width: z.int().positive(),
  height: z.int().positive(),
  /** `imagesFingerprint` of the labelled source: its images and cameras, not its truth. */
  dataFingerprint: z.string(),
  /** Whatever else decided the result: tolerances, refinement. */
  settings: z.record(z.string(), z.unknown()),
});

/** The content of `labels.json`: which teacher made a folder of pseudo labels, and how. */
export type LabelsInfo = z.output<typeof labelsSchema>;

/** What a teacher says about one pair. Maps have any one size; disparity is px at that width, NaN = unknown. */
export type PairLabels = Pick<
  StereoSample,
  'disparityLeft' | 'disparityRight' | 'visibleLeft' | 'visibleRight' | 'confidenceLeft' | 'confidenceRight'
>;

/** Labels of a pair can be written once they have a left disparity. */
export type WritableLabels = PairLabels & { readonly disparityLeft: FloatMap };

/** Writes the labels of pairs into one folder; a pair counts as done only when all its files are there. */
export interface LabelWriter {
  isDone(id: string): boolean;
  /** @throws CyclopsError `DISK_FULL` or `WRITE_FAILED`. */
  write(id: string, labels: WritableLabels): Promise<void>;
}

/**
 * Opens a labels folder for writing, making it if needed. Labelling again goes on where it stopped.
 * @throws CyclopsError `DATA_INVALID` if the folder holds labels of another teacher, size, source or settings.
 */
export async function openLabelWriter(folder: string, info: LabelsInfo): Promise<LabelWriter> {
  const infoPath = join(folder, 'labels.json');
  if (existsSync(infoPath)) {
    const found = await readLabelsInfo(folder);
    for (const key of ['checkpointSha256', 'width', 'height', 'dataFingerprint', 'settings'] as const) {
      const [was, is] = [JSON.stringify(found[key]), JSON.stringify(info[key])];
      if (was !== is) {
        throw new CyclopsError(
          'DATA_INVALID',
          `${infoPath} ${key}: the folder holds labels made with ${was}, not ${is}`,
        );
      }
    }
  } else {
    await writeJsonAtomic(infoPath, labelsSchema.parse(info));
  }
  return {
    isDone: (id) => existsSync(pathOf(folder, 'disp_left', id)),
    write: (id, labels) => writePairLabels(folder, id, labels),
  };
}

const files = [
  { key: 'disparityRight', subfolder: 'disp_right', encode: encodePng16 },
  { key: 'visibleLeft', subfolder: 'visible_left', encode: encodeMaskPng },
  { key: 'visibleRight', subfolder: 'visible_right', encode: encodeMaskPng },
  { key: 'confidenceLeft', subfolder: 'confidence_left', encode: encodeSharePng },
  { key: 'confidenceRight', subfolder: 'confidence_right', encode: encodeSharePng },
] as const;

/**
 * Encodes and writes one pair's labels. The left disparity comes last: its file says that a pair is done.
 * @throws CyclopsError `DISK_FULL` or `WRITE_FAILED`.
 */
export async function writePairLabels(folder: string, id: string, labels: WritableLabels): Promise<void> {
  const { disparityLeft, ...others } = labels;
  for (const { key, subfolder, encode } of files) {
    const map = others[key];
    if (map !== undefined) await writeAtomic(pathOf(folder, subfolder, id), encode(map as FloatMap & MaskMap));
  }
  await writeAtomic(pathOf(folder, 'disp_left', id), encodePng16(disparityLeft));
}

/** Reads `labels.json` of a labels folder. @throws CyclopsError `FILE_MISSING`, `CONFIG_INVALID`. */
export async function readLabelsInfo(folder: string): Promise<LabelsInfo> {
  return readConfig(join(folder, 'labels.json'), labelsSchema);
}

/**
 * Reads one pair's labels at the size of its images; labels stored at another size are resized, disparity times the
 * width ratio.
 * @throws CyclopsError `FILE_MISSING` if the pair was not labelled, `IMAGE_INVALID`.
 */
export async function readPairLabels(
  folder: string,
  id: string,
  { width, height }: Pick<RgbImage, 'width' | 'height'>,
  wanted: TruthWanted = 'both',
): Promise<PairLabels> {
  const disparity = async (subfolder: string): Promise<FloatMap | undefined> => {
    const map = await readOptional(pathOf(folder, subfolder, id), decodePng16);
    return map === undefined || isSize(map, width, height) ? map : resizeDisparity(map, width, height);
  };
  const visible = async (subfolder: string): Promise<MaskMap | undefined> => {
    const map = await readOptional(pathOf(folder, subfolder, id), decodeMaskPng);
    return map === undefined || isSize(map, width, height) ? map : resizeMaskNearest(map, width, height);
  };
  const confidence = async (subfolder: string): Promise<FloatMap | undefined> => {
    const map = await readOptional(pathOf(folder, subfolder, id), decodeSharePng);
    return map === undefined || isSize(map, width, height) ? map : resizeMapBilinear(map, width, height);
  };
  if (!existsSync(pathOf(folder, 'disp_left', id))) {
    throw new CyclopsError('FILE_MISSING', `${pathOf(folder, 'disp_left', id)}: pair ${id} has no label`);
  }
  const right =
    wanted === 'left'
      ? {}
      : {
          disparityRight: await disparity('disp_right'),
          visibleRight: await visible('visible_right'),
          confidenceRight: await confidence('confidence_right'),
        };
  if (wanted === 'right' && right.disparityRight !== undefined) return withoutUndefined(right);
  return withoutUndefined({
    disparityLeft: await disparity('disp_left'),
    visibleLeft: await visible('visible_left'),
    confidenceLeft: await confidence('confidence_left'),
    ...right,
  });
}

async function readOptional<T>(path: string, decode: (bytes: Uint8Array, name: string) => T): Promise<T | undefined> {
  return existsSync(path) ? decode(await readBytes(path), path) : undefined;
}

function pathOf(folder: string, subfolder: string, id: string): string {
  return join(folder, subfolder, `${id}.png`);
}

function isSize(map: FloatMap | MaskMap, width: number, height: number): boolean {
  return map.width === width && map.height === height;
}

function withoutUndefined(labels: { readonly [K in keyof PairLabels]: PairLabels[K] | undefined }): PairLabels {
  return Object.fromEntries(Object.entries(labels).filter(([, map]) => map !== undefined));
}
