import { type Protocol, wholeImage } from './protocol.js';

/** What KITTI's 16-bit PNG can hold, metres: the benchmark itself has no cap. */
const largestStoredM = 65_535 / 256;

/** KITTI's single-image depth benchmark. */
export const kittiDepth = {
  title: "KITTI's single-image depth benchmark, metrics of its development kit",
  truth: 'annotated',
  variants: [{ label: 'no cap', rules: { ...wholeImage, maxDepthM: largestStoredM } }],
  columns: ['silog', 'sqErrorRel', 'absErrorRel', 'iRmse'],
  worstBy: 'silog',
} as const satisfies Protocol;
