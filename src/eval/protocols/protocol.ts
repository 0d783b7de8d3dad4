import type { DepthTruth } from '../../data/sample.js';
import type { Rules } from '../evaluate.js';
import type { ColumnName } from '../tables.js';

/** A published way to measure: which pixels count, by which rules, and which metrics are reported. */
export interface Protocol {
  readonly title: string;
  /** What true depth is taken from, of data that have several. */
  readonly truth?: DepthTruth;
  /** Rows of the table: the same predictions by several rules. */
  readonly variants: readonly { readonly label: string; readonly rules: Rules }[];
  readonly columns: readonly ColumnName[];
  /** The metric by which images are ordered, worst first. */
  readonly worstBy: ColumnName;
}

/** The metrics of the tables that follow Eigen et al. 2014. */
export const eigenColumns = ['absRel', 'sqRel', 'rmse', 'rmseLog', 'delta1', 'delta2', 'delta3'] as const;

/** Every pixel of the whole image. */
export const wholeImage = { crop: 'none', pixels: 'all' } as const;
