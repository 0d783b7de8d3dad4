import { existsSync } from 'node:fs';
import { CyclopsError } from '../../base/errors.js';
import type { RgbImage } from '../../geometry/raster.js';
import { readLabelsInfo, readPairLabels } from '../labels.js';
import {
  type FolderSpec,
  folderLayouts,
  type StereoSample,
  type StereoSource,
  type TruthWanted,
  type ViewSample,
} from '../sample.js';
import { selectBySplit } from '../splits.js';
import { assertSameSize } from './files.js';
import { fingerprintOf } from './fingerprint.js';
import { readImage } from './images.js';
import type { Layout, PairCamera, PairFiles } from './layout.js';

/**
 * Opens a folder of images in one of the published layouts. With `labels`, a folder of pseudo labels takes the place
 * of all ground truth. No image is read until `read`.
 * @throws CyclopsError `FILE_MISSING` (folder, a wanted id), `DATA_EMPTY`, `CONFIG_INVALID` (cameras.json),
 * `DATA_INVALID` where the labels were made from other images or cameras.
 */
export async function openFolder(spec: FolderSpec, layout: Layout): Promise<StereoSource> {
  if (!existsSync(spec.folder)) throw missingFolder(spec.folder);
  const { pairs: listed, root } = await layout.list(spec);
  if (listed.length === 0) {
    throw new CyclopsError('DATA_EMPTY', `${spec.folder}: expected ${layout.expects}, found no images there`);
  }
  const all = spec.list === undefined ? listed : await splitPairs(listed, spec.list, spec.folder);
  const pairs = spec.ids === undefined ? all : selectPairs(all, spec.ids, spec.folder);
  const settings = settingsOf(spec);
  const imagesFingerprint = await fingerprintImages(root, all, settings);
  const labels = spec.labels === undefined ? undefined : await readLabelsInfo(spec.labels);
  if (labels !== undefined && labels.dataFingerprint !== imagesFingerprint) {
    throw new CyclopsError(
      'DATA_INVALID',
      `${spec.labels}/labels.json dataFingerprint: these labels were made from other images or cameras than those in ${spec.folder}; label this folder with cyclops label`,
    );
  }
  return {
    spec,
    length: pairs.length,
    // Labels take the place of the truth, so that only they count.
    fingerprint: await fingerprintOf(root, {
      facts: [
        pairs === all ? imagesFingerprint : await fingerprintImages(root, pairs, settings),
        labels,
        ...(spec.truth === undefined ? [] : [spec.truth]),
      ],
      sizes: labels === undefined ? pairs.flatMap(({ truthFiles }) => truthFiles) : [],
    }),
    imagesFingerprint,
    idAt: (index) => pairAt(index).id,
    async read(index, wanted = 'both') {
      const pair = pairAt(index);
      const [view, right] = await Promise.all([readView(pair, spec.labels, wanted), readRightView(pair)]);
      assertSameSize(view.left, pair.left, right, pair.right ?? '');
      return { ...view, right };
    },
    readView: async (index) => readView(pairAt(index), spec.labels, 'both'),
  };

  function pairAt(index: number): PairFiles {
    const pair = pairs[index];
    if (pair === undefined) throw new Error(`assertion failed: pair ${index} of ${pairs.length}`);
    return pair;
  }
}

/** `FILE_MISSING` for a folder of data; a word before a colon that is no layout is told apart from a folder's name. */
export function missingFolder(folder: string): CyclopsError {
  const word = /^([a-z][\w-]*):/i.exec(folder)?.[1];
  const hint = word === undefined ? '' : ` ("${word}" is no layout: ${folderLayouts.join(', ')})`;
  return new CyclopsError('FILE_MISSING', `${folder}: no such folder${hint}`);
}

/** What of a spec changes the images themselves; nothing where it says nothing, so that older fingerprints hold. */
function settingsOf({ pass }: FolderSpec): readonly unknown[] {
  return pass === undefined ? [] : [{ pass }];
}

/** The fingerprint of what a teacher looks at: both views' files, and cameras by content. */
function fingerprintImages(root: string, pairs: readonly PairFiles[], settings: readonly unknown[]): Promise<string> {
  return fingerprintOf(root, {
    facts: [...pairs.map(({ id, knownCamera }) => [id, knownCamera]), ...settings],
    sizes: pairs.flatMap(({ left, right }) => (right === undefined ? [left] : [left, right])),
    contents: [
      ...new Set(
        pairs.filter(({ knownCamera }) => knownCamera === undefined).flatMap(({ cameraFiles }) => cameraFiles),
      ),
    ],
  });
}

/** A table's metrics are those of the whole list: a folder that lacks some of it is refused. */
async function splitPairs(pairs: readonly PairFiles[], list: string, folder: string): Promise<readonly PairFiles[]> {
  const found = await selectBySplit(pairs, list, folder);
  if (found.missing.length > 0) {
    throw new CyclopsError(
      'FILE_MISSING',
      `${folder}: ${found.missing.length} of the images that ${list} names are not there, the first is ${found.missing[0]} (line ${found.missingLines[0]}): expected an id, or the end of the path of a left image; cyclops data check tells all`,
    );
  }
  return found.pairs;
}

function selectPairs(pairs: readonly PairFiles[], ids: readonly string[], folder: string): PairFiles[] {
  const byId = new Map(pairs.flatMap((pair) => (pair.alias === undefined ? [] : [[pair.alias, pair] as const])));
  for (const pair of pairs) byId.set(pair.id, pair);
  return ids.map((wanted) => {
    const pair = byId.get(wanted);
    if (pair === undefined) throw new CyclopsError('FILE_MISSING', `${folder}: no pair with the id "${wanted}"`);
    return pair;
  });
}

async function readView(pair: PairFiles, labels: string | undefined, wanted: TruthWanted): Promise<ViewSample> {
  const stored = await readImage(pair.left);
  const camera = await readPairCamera(pair, stored);
  const left = pair.crop?.(stored) ?? stored;
  if (wanted === 'none') return { id: pair.id, left, camera, origin: pair.left };
  const truth =
    labels === undefined
      ? await readPairTruth(pair, camera, wanted)
      : await readPairLabels(labels, pair.id, left, wanted);
  return { id: pair.id, left, camera, origin: pair.left, ...truth };
}

/**
 * The camera of a pair's images as used.
 * @param stored the left image as it lies on disk.
 * @throws CyclopsError `IMAGE_SIZE_MISMATCH` where the calibration is for another size; `FILE_MISSING`, `CAMERA_INVALID`.
 */
async function readPairCamera(pair: PairFiles, stored: RgbImage): Promise<PairCamera> {
  const camera = pair.knownCamera ?? (await pair.readCamera(stored));
  const used = pair.crop?.(stored) ?? stored;
  if (camera.width !== used.width || camera.height !== used.height) {
    throw new CyclopsError(
      'IMAGE_SIZE_MISMATCH',
      `${pair.left}: expected ${camera.width}x${camera.height} as its calibration says, found ${used.width}x${used.height}`,
    );
  }
  return camera;
}

/**
 * A pair's truth, of the size of its images as used.
 * @throws CyclopsError `IMAGE_SIZE_MISMATCH`, also for images that were scaled since; and those of its files.
 */
export async function readPairTruth(
  pair: PairFiles,
  camera: PairCamera,
  wanted: TruthWanted = 'both',
): Promise<Partial<StereoSample>> {
  const { resizedFrom } = camera;
  if (resizedFrom !== undefined && pair.truthFiles.length > 0) {
    throw new CyclopsError(
      'IMAGE_SIZE_MISMATCH',
      `${pair.truthFiles[0]}: this truth is for images of ${resizedFrom.width}x${resizedFrom.height}, expected that size, found ${pair.left} scaled to ${camera.width}x${camera.height}: whether its values were scaled too is not told; take the images at their published size`,
    );
  }
  const truth = await pair.readTruth(camera, wanted);
  for (const [key, map] of Object.entries(truth)) {
    // The one map that may be coarser than its image.
    if (key !== 'depthLeft')
      assertSameSize(camera, pair.left, map, `${key} of ${pair.id} (${pair.truthFiles.join(', ')})`);
  }
  return truth;
}

async function readRightView(pair: PairFiles): Promise<RgbImage> {
  if (pair.right === undefined) {
    throw new CyclopsError('FILE_MISSING', `${pair.left}: images of this kind have no right view`);
  }
  if (!existsSync(pair.right)) {
    throw new CyclopsError('FILE_MISSING', `${pair.right}: the right view of ${pair.left} is missing`);
  }
  const stored = await readImage(pair.right);
  return pair.crop?.(stored) ?? stored;
}
