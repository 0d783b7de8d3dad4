import type { StereoCamera } from '../../geometry/camera.js';
import type { RgbImage } from '../../geometry/raster.js';
import type { FolderLayout, FolderSpec, StereoSample, TruthWanted } from '../sample.js';

/** What a data set knows about a pair beyond its images. */
export type Truth = Partial<
  Pick<
    StereoSample,
    'disparityLeft' | 'disparityRight' | 'depthLeft' | 'foregroundLeft' | 'visibleLeft' | 'visibleRight'
  >
>;

/** Size of an image, px. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A pair's camera at the size of its images. */
export interface PairCamera extends StereoCamera {
  /** The published size, where the images were scaled since: truth in px, or projected by the calibration, is for that. */
  readonly resizedFrom?: Size;
}

/** Where one pair's files are and how they are read. Nothing is read before it is asked for. */
export interface PairFiles {
  readonly id: string;
  /** A second name by which the pair may be chosen. */
  readonly alias?: string;
  readonly left: string;
  /** Named even where the file is missing: reading the pair then fails with this path. Absent if the layout has none. */
  readonly right?: string;
  /** The camera if it was known from the listing; else `cameraFiles` tell it. */
  readonly knownCamera?: StereoCamera;
  /** Small files with the camera; the pair's data change with their content. */
  readonly cameraFiles: readonly string[];
  readonly truthFiles: readonly string[];
  /** The part of both images that is used, as stored; all of it unless given. */
  readonly crop?: (image: RgbImage) => RgbImage;
  /** @param size of the images as stored, px. @returns the camera of the images as used. */
  readCamera(size: Size): Promise<PairCamera>;
  /** @param camera of the images as used. @param wanted a layout may give more than that. */
  readTruth(camera: StereoCamera, wanted: TruthWanted): Promise<Truth>;
}

/** The pairs of a folder, and what was found that belongs to no pair. */
export interface Listing {
  readonly pairs: readonly PairFiles[];
  /** The folder that names of files count from. */
  readonly root: string;
  /** Images of the right view without a left one, ground truth without an image: paths. */
  readonly orphans: readonly string[];
}

/** One published way to lay out a data set. */
export interface Layout {
  readonly name: FolderLayout;
  /** What the folder holds, in a few words, for messages. */
  readonly expects: string;
  /** Whether a folder is certainly laid out so, judged by the names in it. */
  detect(folder: string): boolean;
  /** @throws CyclopsError `FILE_MISSING` (the folder, the list), `DATA_INVALID` (a line of the list). */
  list(spec: FolderSpec): Promise<Listing>;
}
