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
  /** 1 = the pixel is seen by the other camera too. */
  readonly visibleLeft?: MaskMap;
  readonly visibleRight?: MaskMap;
  /** Pseudo-label confidence of a teacher, 0..1; absent for ground truth. */
  readonly confidenceLeft?: FloatMap;
  readonly confidenceRight?: FloatMap;
  /** File or generator and seed: what to name in an error about this sample. */
  readonly origin: string;
}

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
  read(index: number): Promise<StereoSample>;
}

/** What to open: plain JSON, so that it crosses thread borders and stands in `run.json`. */
export type SourceSpec =
  | {
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
  | {
      readonly kind: 'kitti-2015';
      readonly folder: string;
      readonly labels?: string;
      readonly ids?: readonly string[];
    };
