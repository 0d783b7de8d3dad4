import type { DepthTruth } from '../data/sample.js';
import type { ProtocolName } from './protocols/index.js';
import type { ColumnName, MetricRow } from './tables.js';

/** A row of a published table. */
export interface ReferenceRow extends MetricRow {
  readonly protocol: ProtocolName;
  /** The variant of the protocol it was measured by. */
  readonly variant: string;
  /** What true depth it was measured against, where the protocol leaves that open. */
  readonly truth?: DepthTruth;
  readonly source: string;
}

type Metrics = Readonly<Partial<Record<ColumnName, number>>>;

const guo = 'Guo et al., ECCV 2018';
const monodepth2 = 'Godard et al., ICCV 2019';
const depthHints = 'Watson et al., ICCV 2019';

const eigen = (values: readonly number[]): Metrics =>
  metricsOf(['absRel', 'sqRel', 'rmse', 'rmseLog', 'delta1', 'delta2', 'delta3'], values);

function metricsOf(names: readonly ColumnName[], values: readonly number[]): Metrics {
  return Object.fromEntries(names.map((name, i) => [name, values[i]]).filter(([, value]) => value !== undefined));
}

/** Mono networks against camera z, as Guo et al. measure; cap 80 m, then 50 m. */
const guoMono: readonly (readonly [name: string, variant: string, values: readonly number[]])[] = [
  ['direct supervision, all of K', 'cap 80 m', [0.105, 0.717, 4.422, 0.183, 0.874, 0.959, 0.983]],
  ['direct supervision, 100 of K', 'cap 80 m', [0.187, 1.563, 6.283, 0.273, 0.732, 0.889, 0.953]],
  ['StereoNoFt->Mono', 'cap 80 m', [0.109, 0.822, 4.656, 0.192, 0.868, 0.958, 0.981]],
  ['StereoUnsupFt->Mono', 'cap 80 m', [0.105, 0.811, 4.634, 0.189, 0.874, 0.959, 0.982]],
  ['StereoUnsupFt->Mono pt', 'cap 80 m', [0.099, 0.745, 4.424, 0.182, 0.884, 0.963, 0.983]],
  ['StereoUnsupFt->Mono pt C,K', 'cap 80 m', [0.095, 0.703, 4.316, 0.177, 0.892, 0.966, 0.984]],
  ['StereoSupFt100->Mono', 'cap 80 m', [0.111, 0.771, 4.449, 0.185, 0.868, 0.958, 0.983]],
  ['StereoSupFt100->Mono pt', 'cap 80 m', [0.101, 0.69, 4.254, 0.173, 0.884, 0.966, 0.986]],
  ['StereoSupFt100->Mono pt C,K', 'cap 80 m', [0.096, 0.641, 4.095, 0.168, 0.892, 0.967, 0.986]],
  ['StereoSupFtAll->Mono pt', 'cap 80 m', [0.097, 0.653, 4.17, 0.17, 0.889, 0.967, 0.986]],
  ['StereoUnsupFt->Mono pt', 'cap 50 m', [0.094, 0.555, 3.347, 0.172, 0.895, 0.968, 0.985]],
  ['StereoUnsupFt->Mono pt C,K', 'cap 50 m', [0.09, 0.522, 3.258, 0.168, 0.902, 0.969, 0.985]],
  ['StereoSupFt100->Mono pt', 'cap 50 m', [0.097, 0.549, 3.259, 0.164, 0.895, 0.97, 0.988]],
  ['StereoSupFt100->Mono pt C,K', 'cap 50 m', [0.092, 0.515, 3.163, 0.159, 0.901, 0.971, 0.988]],
];

/** Mono networks against the lidar's forward axis, cap 80 m. */
const forwardMono: readonly (readonly [name: string, source: string, values: readonly number[]])[] = [
  ['Monodepth R50 S 512x256', monodepth2, [0.133, 1.142, 5.533, 0.23, 0.83, 0.936, 0.97]],
  ['Monodepth2 R18 S 640x192', monodepth2, [0.109, 0.873, 4.96, 0.209, 0.864, 0.948, 0.975]],
  ['Monodepth2 R18 S 640x192 pp', monodepth2, [0.108, 0.842, 4.891, 0.207, 0.866, 0.949, 0.976]],
  ['Monodepth2 R18 S 1024x320', monodepth2, [0.107, 0.849, 4.764, 0.201, 0.874, 0.953, 0.977]],
  ['Monodepth2 R18 MS 640x192', monodepth2, [0.106, 0.818, 4.75, 0.196, 0.874, 0.957, 0.979]],
  ['Monodepth2 R18 M 640x192, median-scaled', monodepth2, [0.115, 0.903, 4.863, 0.193, 0.877, 0.959, 0.981]],
  ['Depth Hints R50 S 640x192 pp', depthHints, [0.102, 0.762, 4.602, 0.189, 0.88]],
  ['Depth Hints R50 S 1024x320 pp', depthHints, [0.096, 0.71, 4.393, 0.185, 0.89]],
  ['LSIM 512x256', 'Goldman et al., CVPRW 2019, as Papers with Code lists it', [0.113]],
];

const improved: readonly (readonly [name: string, values: readonly number[]])[] = [
  ['Monodepth S', [0.109, 0.811, 4.568, 0.166, 0.877, 0.967, 0.988]],
  ['Monodepth2 R18 S', [0.085, 0.537, 3.868, 0.139, 0.912, 0.979, 0.993]],
  ['Monodepth2 R18 MS', [0.08, 0.466, 3.681, 0.127, 0.926, 0.985, 0.995]],
];

const server: readonly (readonly [name: string, values: readonly number[]])[] = [
  ['Monodepth S', [22.02, 20.58, 17.79, 21.84]],
  ['Monodepth2 R18 M', [15.57, 4.52, 12.98, 16.7]],
  ['Monodepth2 R18 MS', [15.07, 4.16, 11.64, 15.27]],
  ['Monodepth2 R50 MS', [14.41, 3.67, 11.22, 14.73]],
];

const guoSceneFlow: readonly (readonly [name: string, values: readonly number[]])[] = [
  ['StereoNoFt', [3.41, 24.1, 9.6]],
  ['StereoUnsupFt (Godard)', [13.3, 51.5, 36.5]],
  ['StereoUnsupFt', [4.23, 29.3, 12.4]],
  ['StereoSupFt100', [5.27, 43, 18.1]],
];

/** Unsupervised stereo on KITTI's test set, as its server tells; our rows are of training pairs. */
const stereoServer: readonly (readonly [name: string, d1: number])[] = [
  ['OASM', 8.98],
  ['PASMnet', 7.23],
  ['Flow2Stereo', 6.61],
  ['UHP', 6.45],
  ['SsSMnet', 3.4],
  ['S3-IGEV', 2.82],
];

/**
 * Published metrics to stand beside ours, from the papers' tables and their authors' pages unless `source` names another
 * place; the axis of the true depth is told wherever tables differ in it.
 */
export const referenceRows: readonly ReferenceRow[] = [
  ...guoMono.map(
    ([name, variant, values]): ReferenceRow => ({
      protocol: 'eigen',
      truth: 'lidar-z',
      variant,
      name,
      source: guo,
      metrics: eigen(values),
    }),
  ),
  ...forwardMono.map(
    ([name, source, values]): ReferenceRow => ({
      protocol: 'eigen',
      truth: 'lidar-forward',
      variant: 'cap 80 m',
      name,
      source,
      metrics: eigen(values),
    }),
  ),
  ...improved.map(
    ([name, values]): ReferenceRow => ({
      protocol: 'eigen-improved',
      variant: 'cap 80 m',
      name,
      source: monodepth2,
      metrics: eigen(values),
    }),
  ),
  ...server.map(
    ([name, values]): ReferenceRow => ({
      protocol: 'kitti-depth',
      variant: 'no cap',
      name: `${name} (test set)`,
      source: monodepth2,
      metrics: metricsOf(['silog', 'sqErrorRel', 'absErrorRel', 'iRmse'], values),
    }),
  ),
  ...guoSceneFlow.map(
    ([name, values]): ReferenceRow => ({
      protocol: 'scene-flow',
      variant: 'all',
      name,
      source: guo,
      metrics: metricsOf(['epe', 'bad1', 'bad3'], values),
    }),
  ),
  ...stereoServer.map(
    ([name, d1]): ReferenceRow => ({
      protocol: 'kitti-2015',
      variant: 'all',
      name: `${name} (test set)`,
      source: "KITTI's server, as S3-Stereo's plot shows it",
      metrics: { d1 },
    }),
  ),
  {
    protocol: 'make3d',
    variant: 'C1',
    name: 'Monodepth2 R18 M',
    source: monodepth2,
    metrics: { absRel: 0.322, sqRel: 3.589, rmse: 7.417, log10Rms: 0.163 },
  },
];

/** The published rows that were measured as a table of ours was. */
export function referenceRowsFor(
  protocol: ProtocolName,
  variant: string,
  truth: DepthTruth | undefined,
): readonly ReferenceRow[] {
  return referenceRows.filter(
    (row) => row.protocol === protocol && row.variant === variant && (row.truth === undefined || row.truth === truth),
  );
}
