import type { ViewSample } from '../data/sample.js';
import { disparityFromDepth } from '../geometry/disparity.js';
import type { FloatMap, RgbImage } from '../geometry/raster.js';
import { createFloatMap, createRgbImage } from '../geometry/raster.js';
import { drawImage } from '../image/font.js';
import { resizeArea, resizeMapBilinear } from '../image/resize.js';
import { readModelPackage } from '../model-package/read.js';
import type { ChannelOrder } from '../model-package/schema.js';
import { bytesPerPixel } from '../model-package/schema.js';
import { openOrtNode } from '../runtime/engine/ort-node.js';
import type { CropWindow } from '../runtime/metric-scale.js';
import { networkView } from '../runtime/metric-scale.js';

/** An exported model, ready to look at samples as the runtime would. */
export interface ModelPredictor {
  /** Left disparity, px at the sample's image width; NaN outside the network's field of view. */
  predict(sample: ViewSample): Promise<FloatMap>;
  close(): Promise<void>;
}

/**
 * Opens a model package in ONNX Runtime for measuring: the picture is cut to the training field of view and depth scaled
 * by the focal ratio exactly as `cyclops run` does it.
 * @throws CyclopsError `MODEL_INVALID`, `MODEL_MISMATCH`; `predict` throws `CAMERA_INVALID`, `ENGINE_FAILED`.
 */
export async function openModelPredictor(path: string): Promise<ModelPredictor> {
  const loaded = await readModelPackage(path);
  const { input, camera } = loaded.package;
  const engine = await openOrtNode(loaded, { provider: 'cpu', threads: 0 });
  return {
    async predict(sample) {
      const view = networkView({ ...camera, width: input.width, height: input.height }, sample.camera);
      const picture = resizeArea(cut(sample.left, view.crop), input.width, input.height);
      const { depthM } = await engine.infer(packed(picture, input.channels));
      const networkDepth = { width: input.width, height: input.height, data: depthM };
      const metres = { ...networkDepth, data: networkDepth.data.map((z) => z * view.depthScale) };
      // Disparity is what is interpolated: it is linear on planes, depth is not.
      const disparity = disparityFromDepth(metres, sample.camera);
      return pasted(sample.left, view.crop, resizeMapBilinear(disparity, view.crop.width, view.crop.height));
    },
    close: () => engine.close(),
  };
}

/** A window of an image; rows beyond the image are black. */
function cut(image: RgbImage, window: CropWindow): RgbImage {
  const out = createRgbImage(window.width, window.height);
  drawImage(out, -window.x, -window.y, image);
  return out;
}

/** The inverse: a window's map put back to its place, unknown around it. */
function pasted(image: RgbImage, window: CropWindow, map: FloatMap): FloatMap {
  const out = createFloatMap(image.width, image.height, Number.NaN);
  for (let y = Math.max(0, window.y); y < Math.min(image.height, window.y + window.height); y++) {
    const row = map.data.subarray((y - window.y) * map.width, (y - window.y + 1) * map.width);
    out.data.set(row, y * image.width + window.x);
  }
  return out;
}

function packed(image: RgbImage, channels: ChannelOrder): Uint8Array<ArrayBuffer> {
  const step = bytesPerPixel(channels);
  const [red, blue] = channels === 'BGRx' ? [2, 0] : [0, 2];
  const out = new Uint8Array(image.width * image.height * step);
  for (let from = 0, to = 0; from < image.data.length; from += 3, to += step) {
    out[to + red] = image.data[from]!;
    out[to + 1] = image.data[from + 1]!;
    out[to + blue] = image.data[from + 2]!;
    if (step === 4) out[to + 3] = 255;
  }
  return out;
}
