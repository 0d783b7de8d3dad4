import { eigenColumns, type Protocol, wholeImage } from './protocol.js';

/** The Eigen test split against the ground truth that KITTI accumulated over several scans. */
export const eigenImproved = {
  title: 'KITTI raw, improved ground truth (652 images of the Eigen test split), whole image',
  truth: 'annotated',
  variants: [{ label: 'cap 80 m', rules: { ...wholeImage, maxDepthM: 80 } }],
  columns: eigenColumns,
  worstBy: 'absRel',
} as const satisfies Protocol;
