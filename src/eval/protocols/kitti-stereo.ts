import { type Protocol, wholeImage } from './protocol.js';

const variants = [
  { label: 'noc', rules: { pixels: 'noc', crop: 'none', maxDepthM: 80 } },
  { label: 'all', rules: { ...wholeImage, maxDepthM: 80 } },
] as const;

/** The stereo benchmark of KITTI 2015, with its foreground objects. */
export const kitti2015 = {
  title: 'KITTI stereo 2015, pixels of all images together',
  variants,
  columns: ['d1Bg', 'd1Fg', 'd1', 'epe'],
  worstBy: 'd1',
} as const satisfies Protocol;

/** The stereo benchmark of KITTI 2012. */
export const kitti2012 = {
  title: 'KITTI stereo 2012, pixels of all images together',
  variants,
  columns: ['bad2', 'bad3', 'd1', 'epe'],
  worstBy: 'bad3',
} as const satisfies Protocol;
