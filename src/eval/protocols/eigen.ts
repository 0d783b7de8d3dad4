import { eigenColumns, type Protocol } from './protocol.js';

/** Eigen et al. 2014 on KITTI raw, as Godard et al. 2017 and most papers after them report it. */
export const eigen = {
  title: 'KITTI raw, test split of Eigen et al. 2014 (697 images), crop of Garg et al. 2016',
  truth: 'lidar-z',
  variants: [
    { label: 'cap 80 m', rules: { pixels: 'all', crop: 'garg', maxDepthM: 80 } },
    { label: 'cap 50 m', rules: { pixels: 'all', crop: 'garg', maxDepthM: 50 } },
  ],
  columns: eigenColumns,
  worstBy: 'absRel',
} as const satisfies Protocol;
