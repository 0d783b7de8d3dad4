import type { BatchData } from '../../data/batch.js';
import type { FloatMap, RgbImage } from '../../geometry/raster.js';
import { encodeJpeg } from '../../image/codec.js';
import { colorizeDisparity } from '../../image/colormap.js';
import { greyImage, middleRange } from '../../image/map-image.js';
import { resizeArea } from '../../image/resize.js';
import type { NetworkEntry } from '../networks/index.js';
import { infer, mapOf } from '../predict/infer.js';
import type { tf } from '../tensorflow/tf.js';
import type { ReportExample } from './report.js';

/** Width of the images in the report, px: four examples stay well under a megabyte. */
const imageWidth = 420;

/** Images of what the network says about the first samples of some batches, beside its input and the target. */
export async function makeExamples(
  model: tf.LayersModel,
  entry: NetworkEntry,
  batches: readonly BatchData[],
  count: number,
): Promise<ReportExample[]> {
  const examples: ReportExample[] = [];
  const shown = new Set<string>();
  for (const batch of batches) {
    if (examples.length >= count) break;
    const { disparityPx, visible } = await infer(model, entry, { ...batch, count: batch.batchSize });
    for (let index = 0; index < batch.batchSize && examples.length < count; index++) {
      // A batch is filled up with pairs that were there before, where there are fewer than it takes.
      if (shown.has(batch.ids[index]!)) continue;
      shown.add(batch.ids[index]!);
      const { width, height } = batch;
      const target = batch.disparityLeft === undefined ? undefined : mapOf(batch.disparityLeft, index, width, height);
      const prediction = mapOf(disparityPx, index, width, height);
      const { low, high } = middleRange(target ?? prediction);
      const color = (map: FloatMap): RgbImage => colorizeDisparity(unknownAsNaN(map), low, high);
      const images: [string, RgbImage][] = [
        [entry.inputs === 'stereo' ? 'left' : 'input', rgbOf(batch.left, index, batch)],
      ];
      if (entry.inputs === 'stereo') images.push(['right', rgbOf(batch.right, index, batch)]);
      images.push([`prediction, ${low.toFixed(1)} to ${high.toFixed(1)} px`, color(prediction)]);
      if (target !== undefined) images.push(['target', color(target)]);
      if (visible !== undefined)
        images.push(['visible in the other view', greyImage(mapOf(visible, index, width, height))]);
      examples.push({
        id: batch.ids[index]!,
        images: await Promise.all(images.map(([caption, image]) => encodeImage(caption, image))),
      });
    }
  }
  return examples;
}

async function encodeImage(caption: string, image: RgbImage): Promise<ReportExample['images'][number]> {
  const scale = Math.min(1, imageWidth / image.width);
  const small = scale === 1 ? image : resizeArea(image, imageWidth, Math.max(1, Math.round(image.height * scale)));
  return { caption, mime: 'image/jpeg', bytes: await encodeJpeg(small, 85) };
}

function rgbOf(values: Float32Array, index: number, { width, height }: BatchData): RgbImage {
  const size = width * height * 3;
  const data = Uint8Array.from(values.subarray(index * size, (index + 1) * size), (value) => Math.round(value * 255));
  return { width, height, data };
}

/** In a batch 0 means unknown. A network's value below 0 is no disparity either, but is shown as the farthest colour. */
function unknownAsNaN(map: FloatMap): FloatMap {
  return { ...map, data: map.data.map((value) => (value === 0 ? Number.NaN : Math.max(value, 1e-3))) };
}
