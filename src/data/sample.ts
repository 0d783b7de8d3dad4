import type { StereoCamera } from '../geometry/camera.js';
import type { FloatMap, MaskMap, RgbImage } from '../geometry/raster.js';

/** One rectified stereo pair, with whatever truth its source has. All maps have the size of the images. */
export interface StereoSample {
  /** Unique in its source and stable between runs; also the file stem of what is derived from it. */
  readonly id: string;
  readonly left: RgbImage;
  readonly right: RgbImage;
  readonly camera: StereoCamera;
  /** px, positive; NaN = unknown. */
  readonly disparityLeft?: FloatMap;
  readonly disparityRight?: FloatMap;
  /**
   * Measured depth of the left view, metres, NaN = unknown: only of sources that measure depth (lidar), where it is what
   * depth metrics are taken against; disparity is then derived from it. May be coarser than the image (Make3D).
   */
  readonly depthLeft?: FloatMap;
  /** 1 = part of an independently moving object (KITTI 2015's `obj_map`). */
  readonly foregroundLeft?: MaskMap;
  /** 1 = the pixel is seen by the other camera too. */
  readonly visibleLeft?: MaskMap;
  readonly visibleRight?: MaskMap;
  /** Pseudo-label confidence of a teacher, 0..1; absent for ground truth. */
  readonly confidenceLeft?: FloatMap;
  readonly confidenceRight?: FloatMap;
  /** File or generator and seed: what to name in an error about this sample. */
  readonly origin: string;
}

/** A pair of which the right view may be missing: enough for a network that looks at one image. */
export type ViewSample = Omit<StereoSample, 'right'> & { readonly right?: RgbImage };

/**
 * Whose truth or labels a reader needs, as decoding them is most of the work: of both views (the default), of one, or
 * none. Where `right` has no disparity, the left view's is read in its place. A source may give more than was asked for.
 */
export type TruthWanted = 'both' | 'left' | 'right' | 'none';

/**
 * An indexed, lazily read collection of pairs. Reading the same index twice gives the same bytes. `spec` is plain data
 * from which `openSource` (src/data/sources/index.ts) rebuilds the source inside a worker thread.
 */
export interface StereoSource {
  readonly spec: SourceSpec;
  readonly length: number;
  /**
   * Changes whenever the data change: names and sizes of all files with cameras and labels, or generator version and
   * seed. A copied or moved folder keeps it.
   */
  readonly fingerprint: string;
  /** The same of images and cameras alone, of the whole folder even where `ids` chooses: what labels are bound to. */
  readonly imagesFingerprint: string;
  /** The id of a pair, without reading it. */
  idAt(index: number): string;
  /** @throws CyclopsError naming the file: missing right view, wrong size, truncated image. */
  read(index: number, truth?: TruthWanted): Promise<StereoSample>;
  /** The same without the right view, which need not exist: for networks that look at one image, and for metrics. */
  readonly readView?: (index: number) => Promise<ViewSample>;
}

/** The folders of images that cyclops reads as their publishers lay them out. */
export const folderLayouts = [
  'kitti-2012',
  'kitti-2015',
  'kitti-raw',
  'kitti-depth',
  'kitti-odometry',
  'scene-flow',
  'cityscapes',
  'middlebury',
  'make3d',
  'recording',
] as const;

/** The name of a folder layout. */
export type FolderLayout = (typeof folderLayouts)[number];

/**
 * What true depth is taken from, of KITTI raw: the scan's points along the camera's axis (`lidar-z`) or along the lidar's
 * own forward axis (`lidar-forward`), which published tables mix; the improved ground truth (`annotated`); or nothing.
 */
export const depthTruths = ['lidar-z', 'lidar-forward', 'annotated', 'none'] as const;

/** The name of a kind of true depth. */
export type DepthTruth = (typeof depthTruths)[number];

/** A folder of images to open. */
export interface FolderSpec {
  readonly kind: FolderLayout;
  readonly folder: string;
  /** A folder of pseudo labels that takes the place of all ground truth. */
  readonly labels?: string;
  /** Only the pairs with these ids, in this order. */
  readonly ids?: readonly string[];
  /** Only the pairs that this text file names, in its order: a split, in any of the published forms. */
  readonly list?: string;
  /** KITTI raw; `lidar-z` unless given. */
  readonly truth?: DepthTruth;
  /** Scene Flow: which rendering; `final` unless given, or what is there. */
  readonly pass?: 'clean' | 'final';
}

/** Pairs to render. */
export interface SyntheticSpec {
  readonly kind: 'synthetic';
  readonly domain: 'flying' | 'street';
  readonly seed: number;
  readonly count: number;
  readonly width: number;
  readonly height: number;
  /** Consecutive frames of one drive (street only) before the next scene begins. */
  readonly framesPerScene: number;
  /** Shares of reflecting and of textureless surfaces, 0..1; the defaults of src/data/synthetic/shares.ts. */
  readonly hard?: { readonly reflective: number; readonly textureless: number };
}

/** One folder, or one rendered world. */
export type SingleSpec = SyntheticSpec | FolderSpec;

/** The pairs of several sources, one after the other: a network that learns from all of them at once. */
export interface MixedSpec {
  readonly kind: 'mixed';
  readonly parts: readonly SingleSpec[];
}

/** What to open: plain JSON, so that it crosses thread borders and stands in `run.json`. */
export type SourceSpec = SingleSpec | MixedSpec;
