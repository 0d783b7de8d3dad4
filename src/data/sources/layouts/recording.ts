import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readConfig } from '../../../base/config.js';
import { compareNatural } from '../../../base/natural-order.js';
import { type RecordingInfo, recordingNames, recordingSchema } from '../../../recording/format.js';
import { foldersIn, imageEndings, listFiles } from '../files.js';
import type { Layout, PairFiles } from '../layout.js';

/**
 * What `cyclops record` wrote: `recording.json` with the rectified rig, `left`, `right`; or a folder of such recordings, one
 * a drive. A pair is what has a left image, which is written last. Ids are the images' names, after the drive's where
 * there are several.
 */
export const recording: Layout = {
  name: 'recording',
  expects: 'recording.json with images in left and right, or a folder of such recordings',
  detect: (folder) => [folder, ...foldersIn(folder)].some(isRecording),
  async list(spec) {
    const isOne = isRecording(spec.folder);
    const folders = isOne ? [spec.folder] : foldersIn(spec.folder).filter(isRecording).sort(compareNatural);
    const listings = await Promise.all(
      folders.map((folder) => listRecording(folder, isOne ? '' : `${basename(folder)}_`)),
    );
    return {
      root: spec.folder,
      pairs: listings.flatMap(({ pairs }) => pairs),
      orphans: listings.flatMap(({ orphans }) => orphans),
    };
  },
};

function isRecording(folder: string): boolean {
  return existsSync(join(folder, recordingNames.info));
}

async function listRecording(
  folder: string,
  prefix: string,
): Promise<{ readonly pairs: readonly PairFiles[]; readonly orphans: readonly string[] }> {
  const infoPath = join(folder, recordingNames.info);
  const info = await readConfig(infoPath, recordingSchema);
  const left = await listFiles(join(folder, recordingNames.left), imageEndings);
  const right = await listFiles(join(folder, recordingNames.right), imageEndings);
  return {
    orphans: [...right].filter(([stem]) => !left.has(stem)).map(([, path]) => path),
    pairs: [...left].map(([stem, path]) => pairFiles(`${prefix}${stem}`, path, right.get(stem), info, infoPath)),
  };
}

function pairFiles(
  id: string,
  left: string,
  right: string | undefined,
  { camera, images }: RecordingInfo,
  infoPath: string,
): PairFiles {
  const expected = join(infoPath, '..', recordingNames.right, `${basename(left).replace(/\.\w+$/, '')}.${images}`);
  return {
    id,
    left,
    right: right ?? expected,
    knownCamera: camera,
    cameraFiles: [infoPath],
    truthFiles: [],
    readCamera: async () => camera,
    readTruth: async () => ({}),
  };
}
