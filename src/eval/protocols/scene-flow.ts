import { type Protocol, wholeImage } from './protocol.js';

/** Scene Flow, as stereo networks report it. */
export const sceneFlow = {
  title: 'Scene Flow, every pixel with disparity above 0',
  variants: [{ label: 'all', rules: { ...wholeImage, maxDepthM: 1000 } }],
  columns: ['epe', 'bad1', 'bad3'],
  worstBy: 'epe',
} as const satisfies Protocol;
