import { flipImage, flipMap } from '../../../data/augment.js';
import type { StereoSample } from '../../../data/sample.js';
import type { FloatMap } from '../../../geometry/raster.js';
import { needed } from '../../methods/method.js';
import type { Predictor, ViewPrediction } from '../../predict/predict.js';
import { type LabelProducer, teacherRole } from './producer.js';

/** A pixel keeps the stereo network's disparity from this visibility on. */
const visibleFrom = 0.5;

/**
 * Occlusion-aware fusion (Chen et al., ICCV 2021, stage 3): d = V d_stereo + (1 - V) d_mono, V = 1 where the other view
 * sees the pixel. Both networks' disparities are those of the pair's own baseline, so nothing is aligned. Our reading of
 * the abstract: V is hard, cut at 0.5.
 */
export const fused: LabelProducer = {
  name: 'fused',
  summary: 'a stereo network where both views see a pixel, a mono network elsewhere',
  networks: {
    teacher: teacherRole,
    mono: { inputs: 'mono', help: 'A mono network, for what one view hides (Chen et al., ICCV 2021)' },
  },
  async predict({ teacher, mono }, sample) {
    const stereo = await needed(teacher).predictBoth(sample);
    const [left, right] = await monoOfBothViews(needed(mono), sample);
    return { left: fuse(stereo.left, left), right: fuse(stereo.right, right) };
  },
};

/** The right view is looked at mirrored, as training showed it: so a mono network has learnt both. */
async function monoOfBothViews(mono: Predictor, { right, ...sample }: StereoSample): Promise<[FloatMap, FloatMap]> {
  const { width } = sample.left;
  const cxPx = width - 1 - (sample.camera.cxPx + sample.camera.doffsPx);
  const mirrored = { ...sample, left: flipImage(right), camera: { ...sample.camera, cxPx } };
  return [await mono.predict(sample), flipMap(await mono.predict(mirrored))];
}

function fuse(stereo: ViewPrediction, mono: FloatMap): ViewPrediction {
  const data = stereo.disparity.data.map((disparity, i) =>
    stereo.visible.data[i]! >= visibleFrom && !Number.isNaN(disparity) ? disparity : mono.data[i]!,
  );
  return { ...stereo, disparity: { ...stereo.disparity, data } };
}
