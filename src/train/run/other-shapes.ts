import type { BatchData } from '../../data/batch.js';
import type { StereoCamera } from '../../geometry/camera.js';
import type { RunRecord } from './run-log.js';

/** Shapes of the cameras of one data set differ by less than this; its share. */
const toleranceOfShape = 0.05;

/**
 * The pairs of a batch whose images are squeezed into the network's input otherwise than the run's first pair: things there
 * look wider or narrower than the network's camera shows them.
 * @param camera of the first pair at network size.
 */
export function pairsOfOtherShape(
  { ids, cameras }: Pick<BatchData, 'ids' | 'cameras'>,
  camera: Pick<StereoCamera, 'fxPx' | 'fyPx'>,
): readonly string[] {
  const shape = camera.fyPx / camera.fxPx;
  return ids.filter((_, slot) => {
    const { fxPx, fyPx } = cameras[slot]!;
    return Math.abs(fyPx / fxPx / shape - 1) > toleranceOfShape;
  });
}

/** The count that a run's log ends with. */
export function otherShapesOf(records: readonly RunRecord[]): number {
  const last = records.findLast((record) => record.kind === 'step');
  return last?.kind === 'step' ? (last.otherShapes ?? 0) : 0;
}
