import type { DepthTruth } from '../../data/sample.js';
import type { Rules } from '../evaluate.js';
import type { ColumnName } from '../tables.js';

/** A published way to measure: what counts, by which rules, and which figures are told. */
export interface Protocol {
  readonly title: string;
  /** What true depth is taken from, of data that have several. */
  readonly truth?: DepthTruth;
  /** Rows of the table: the same predictions by several rules. */
  readonly variants: readonly { readonly label: string; readonly rules: Rules }[];
  readonly columns: readonly ColumnName[];
  /** The figure by which images are ordered, worst first. */
  readonly worstBy: ColumnName;
}

const eigenColumns = ['absRel', 'sqRel', 'rmse', 'rmseLog', 'delta1', 'delta2', 'delta3'] as const;
const noCrop = { crop: 'none', pixels: 'all' } as const;

/** What KITTI's 16-bit PNG can hold, metres: the benchmark itself has no cap. */
const largestStoredM = 65_535 / 256;

/** The protocols by name; each is described in docs/evaluation.md. */
export const protocols = {
  eigen: {
    title: 'KITTI raw, test split of Eigen et al. 2014 (697 pictures), crop of Garg et al. 2016',
    truth: 'lidar-z',
    variants: [
      { label: 'cap 80 m', rules: { pixels: 'all', crop: 'garg', maxDepthM: 80 } },
      { label: 'cap 50 m', rules: { pixels: 'all', crop: 'garg', maxDepthM: 50 } },
    ],
    columns: eigenColumns,
    worstBy: 'absRel',
  },
  'eigen-improved': {
    title: 'KITTI raw, improved ground truth (652 pictures of the Eigen test split), whole picture',
    truth: 'annotated',
    variants: [{ label: 'cap 80 m', rules: { ...noCrop, maxDepthM: 80 } }],
    columns: eigenColumns,
    worstBy: 'absRel',
  },
  'kitti-depth': {
    title: "KITTI's single-image depth benchmark, figures of its development kit",
    truth: 'annotated',
    variants: [{ label: 'no cap', rules: { ...noCrop, maxDepthM: largestStoredM } }],
    columns: ['silog', 'sqErrorRel', 'absErrorRel', 'iRmse'],
    worstBy: 'silog',
  },
  'kitti-2015': {
    title: 'KITTI stereo 2015, pixels of all pictures together',
    variants: [
      { label: 'noc', rules: { pixels: 'noc', crop: 'none', maxDepthM: 80 } },
      { label: 'all', rules: { ...noCrop, maxDepthM: 80 } },
    ],
    columns: ['d1Bg', 'd1Fg', 'd1', 'epe'],
    worstBy: 'd1',
  },
  'kitti-2012': {
    title: 'KITTI stereo 2012, pixels of all pictures together',
    variants: [
      { label: 'noc', rules: { pixels: 'noc', crop: 'none', maxDepthM: 80 } },
      { label: 'all', rules: { ...noCrop, maxDepthM: 80 } },
    ],
    columns: ['bad2', 'bad3', 'd1', 'epe'],
    worstBy: 'bad3',
  },
  'scene-flow': {
    title: 'Scene Flow, every pixel with disparity above 0',
    variants: [{ label: 'all', rules: { ...noCrop, maxDepthM: 1000 } }],
    columns: ['epe', 'bad1', 'bad3'],
    worstBy: 'epe',
  },
  make3d: {
    title: 'Make3D, 134 test pictures, C1 (below 70 m), middle of the picture, scaled by the median',
    variants: [{ label: 'C1', rules: { ...noCrop, maxDepthM: 70, scaling: 'median' } }],
    columns: ['absRel', 'sqRel', 'rmse', 'log10', 'log10Rms'],
    worstBy: 'absRel',
  },
} as const satisfies Readonly<Record<string, Protocol>>;

/** The name of a protocol. */
export type ProtocolName = keyof typeof protocols;

/** The names of the protocols. */
export const protocolNames = Object.keys(protocols) as ProtocolName[];
