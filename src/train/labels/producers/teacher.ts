import { needed } from '../../methods/method.js';
import { type LabelProducer, teacherRole } from './producer.js';

/** A stereo network's disparity and visibility of both views (Guo et al., ECCV 2018, stage 2 to 3). */
export const teacher: LabelProducer = {
  name: 'teacher',
  summary: 'a stereo network',
  networks: { teacher: teacherRole },
  predict: ({ teacher: network }, sample) => needed(network).predictBoth(sample),
};
