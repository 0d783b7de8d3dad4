import { type Protocol, wholeImage } from './protocol.js';

/** Make3D, the test of networks that were trained elsewhere. */
export const make3d = {
  title: 'Make3D, 134 test images, C1 (below 70 m), middle of the image, scaled by the median',
  variants: [{ label: 'C1', rules: { ...wholeImage, maxDepthM: 70, scaling: 'median' } }],
  columns: ['absRel', 'sqRel', 'rmse', 'log10', 'log10Rms'],
  worstBy: 'absRel',
} as const satisfies Protocol;
