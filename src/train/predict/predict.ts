import { assert } from '../../base/assert.js';
import { flipImage, flipMap } from '../../data/augment.js';
import type { StereoSample, ViewSample } from '../../data/sample.js';
import { scaleIntrinsics } from '../../geometry/camera.js';
import { agreement, disparityForCamera } from '../../geometry/disparity.js';
import type { FloatMap, MaskMap, RgbImage } from '../../geometry/raster.js';
import { resizeArea, resizeMapBilinear } from '../../image/resize.js';
import { readCheckpointHead } from '../checkpoint/checkpoint-files.js';
import type { Checkpoint } from '../checkpoint/checkpoint-schema.js';
import { networks } from '../networks/index.js';
import { loadNetwork } from '../networks/network.js';
import type { tf } from '../tensorflow/tf.js';
import { infer, mapOf } from './infer.js';

/** What a network says about one view of a pair, at the size of its images. */
export interface ViewPrediction {
  /** px at the image's width; NaN where the network gave none above 0. */
  readonly disparity: FloatMap;
  /**
   * Probability that a pixel is seen by the other camera, 0..1; of a network without a visibility head 1 where both
   * views' disparities agree, else 0.
   */
  readonly visible: FloatMap;
  /** Of a refined view: where the images were matched. */
  readonly matched?: MaskMap;
}

/** A trained network ready to look at samples. One call at a time. */
export interface Predictor {
  readonly head: Checkpoint;
  /**
   * Left disparity, px at the sample's image width and for the sample's camera; NaN where the network gave none above 0.
   * A mono network's is brought from its training camera to the sample's: depth by the ratio of the focal lengths (of the
   * whole image at the network's size), disparity by that of the baselines.
   */
  predict(sample: ViewSample): Promise<FloatMap>;
  /** Both views; a stereo network's only. */
  predictBoth(sample: StereoSample): Promise<{ readonly left: ViewPrediction; readonly right: ViewPrediction }>;
  close(): void;
}

/** Where a network looks at images of another size than its own. */
export interface PredictorOptions {
  /**
   * `full`: at the image's size, sides rounded up to what the network needs (how Guo et al. run the teacher);
   * `trained`: at the network's own input size. Default: `full` for a stereo network, `trained` for a mono one, which knows
   * sizes of things only at the size it was trained at.
   */
  readonly inputSize?: 'full' | 'trained';
}

/**
 * Opens a checkpoint (or the run folder around it) for prediction.
 * @throws CyclopsError `CHECKPOINT_INVALID`.
 */
export async function openPredictor(path: string, options: PredictorOptions = {}): Promise<Predictor> {
  const { head } = await readCheckpointHead(path);
  const entry = networks[head.network];
  const inputSize = options.inputSize ?? (head.inputs === 'stereo' ? 'full' : 'trained');
  const sizeFor = (image: RgbImage): Size => (inputSize === 'trained' ? head : roundedUp(image, entry.sidesMultipleOf));
  const { modelFor, close } = cacheModel(path);
  // Damaged weights are told now, not at the first sample.
  if (inputSize === 'trained') await modelFor(head);

  return {
    head,
    async predict(sample) {
      const { width, height } = sizeFor(sample.left);
      const left = rgb01(resizeArea(sample.left, width, height));
      const right = head.inputs === 'stereo' ? rgb01(resizeArea(rightOf(sample), width, height)) : left;
      const model = await modelFor({ width, height });
      const { disparityPx } = await infer(model, entry, { left, right, width, height, count: 1 });
      const map = mapOf(disparityPx, 0, width, height);
      if (head.inputs === 'stereo') return atImageSize(map, sample.left);
      const trained = scaleIntrinsics(head.camera, width, height);
      const camera = scaleIntrinsics(sample.camera, width, height);
      return atImageSize(disparityForCamera(map, trained, camera), sample.left);
    },
    async predictBoth(sample) {
      assert(head.inputs === 'stereo', 'only a stereo network knows both views');
      const { width, height } = sizeFor(sample.left);
      const model = await modelFor({ width, height });
      const left = resizeArea(sample.left, width, height);
      const right = resizeArea(sample.right, width, height);
      // The right view's disparity is the left one's of the mirrored, exchanged pair, mirrored back.
      const result = await infer(model, entry, {
        left: rgb01(left, flipImage(right)),
        right: rgb01(right, flipImage(left)),
        width,
        height,
        count: 2,
      });
      const viewsOf = (values: Float32Array): readonly [left: FloatMap, right: FloatMap] => [
        mapOf(values, 0, width, height),
        flipMap(mapOf(values, 1, width, height)),
      ];
      const disparity = viewsOf(result.disparityPx);
      const visible =
        result.visible === undefined
          ? [agreement(disparity[0], disparity[1], -1), agreement(disparity[1], disparity[0], 1)]
          : viewsOf(result.visible);
      const viewOf = (index: 0 | 1): ViewPrediction => ({
        disparity: atImageSize(disparity[index], sample.left),
        visible: resizeMapBilinear(visible[index]!, sample.left.width, sample.left.height),
      });
      return { left: viewOf(0), right: viewOf(1) };
    },
    close,
  };
}

function rightOf(sample: ViewSample): RgbImage {
  assert(sample.right !== undefined, 'a stereo network looks at both views');
  return sample.right;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** One network at a time: a source's images have one size, or nearly. */
function cacheModel(path: string): { modelFor(size: Size): Promise<tf.LayersModel>; close(): void } {
  let kept: { readonly size: Size; readonly model: tf.LayersModel } | undefined;
  return {
    async modelFor(size) {
      if (kept?.size.width === size.width && kept.size.height === size.height) return kept.model;
      kept?.model.dispose();
      kept = undefined;
      const { model } = await loadNetwork(path, size);
      kept = { size: { width: size.width, height: size.height }, model };
      return model;
    },
    close() {
      kept?.model.dispose();
      kept = undefined;
    },
  };
}

/** A disparity map at network size -> the image's size, times the width ratio; what is not above 0 is unknown. */
function atImageSize(map: FloatMap, image: RgbImage): FloatMap {
  const resized = resizeMapBilinear(map, image.width, image.height);
  const scale = image.width / map.width;
  const data = resized.data.map((value) => (value > 0 ? value * scale : Number.NaN));
  return { width: image.width, height: image.height, data };
}

function roundedUp(image: RgbImage, multiple: number): Size {
  const up = (side: number): number => Math.ceil(side / multiple) * multiple;
  return { width: up(image.width), height: up(image.height) };
}

/** Images of one size, one after another, as values 0..1. */
function rgb01(...images: readonly RgbImage[]): Float32Array {
  const out = new Float32Array(images.reduce((sum, { data }) => sum + data.length, 0));
  let at = 0;
  for (const { data } of images) for (let i = 0; i < data.length; i++) out[at++] = data[i]! / 255;
  return out;
}
