import type { StereoCamera } from '../geometry/camera.js';
import { disparityFromDepth } from '../geometry/disparity.js';
import type { CropWindow } from '../geometry/network-view.js';
import { networkView } from '../geometry/network-view.js';
import type { FloatMap, RgbImage } from '../geometry/raster.js';
import { createFloatMap } from '../geometry/raster.js';
import { resizeMapBilinear } from '../image/resize.js';
import { readModelPackage } from '../model-package/read.js';
import { openOrtNode } from './engine/ort-node/ort-node.js';
import { networkInput } from './network-input.js';

/** An image with its camera, whose baseline says at which disparity a depth stands. */
export interface CameraImage {
  readonly left: RgbImage;
  readonly camera: StereoCamera;
}

/** An exported model, ready to look at images as a stream would. */
export interface ModelPredictor {
  /** Left disparity, px at the image's width; NaN outside the network's field of view. */
  predict(image: CameraImage): Promise<FloatMap>;
  close(): Promise<void>;
}

/**
 * Opens a model package in ONNX Runtime for measuring: the image is cropped to the training field of view and depth
 * scaled by the focal ratio exactly as `cyclops run` does it.
 * @throws CyclopsError `MODEL_INVALID`, `MODEL_MISMATCH`; `predict` throws `CAMERA_INVALID`, `ENGINE_FAILED`.
 */
export async function openModelPredictor(path: string): Promise<ModelPredictor> {
  const loaded = await readModelPackage(path);
  const { input, camera } = loaded.package;
  const engine = await openOrtNode(loaded, { provider: 'cpu', threads: 0 });
  return {
    async predict({ left, camera: imageCamera }) {
      const view = networkView({ ...camera, width: input.width, height: input.height }, imageCamera);
      const { depthM } = await engine.infer(networkInput(left, view.crop, input));
      const networkDepth = { width: input.width, height: input.height, data: depthM };
      const metres = { ...networkDepth, data: networkDepth.data.map((z) => z * view.depthScale) };
      // Disparity is what is interpolated: it is linear on planes, depth is not.
      const disparity = disparityFromDepth(metres, imageCamera);
      return pasted(left, view.crop, resizeMapBilinear(disparity, view.crop.width, view.crop.height));
    },
    close: () => engine.close(),
  };
}

/** A window's map put back to its place, unknown around it. */
function pasted(image: RgbImage, window: CropWindow, map: FloatMap): FloatMap {
  const out = createFloatMap(image.width, image.height, Number.NaN);
  for (let y = Math.max(0, window.y); y < Math.min(image.height, window.y + window.height); y++) {
    const row = map.data.subarray((y - window.y) * map.width, (y - window.y + 1) * map.width);
    out.data.set(row, y * image.width + window.x);
  }
  return out;
}
