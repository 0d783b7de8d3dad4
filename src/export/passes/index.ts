import type { Graph } from '../graph/graph.js';
import { dropDead } from './drop-dead.js';
import { foldAffine } from './fold-affine.js';
import { foldBatchNorm } from './fold-batch-norm.js';
import { foldPadding } from './fold-padding.js';
import { foldScale } from './fold-scale.js';
import type { Pass } from './pass.js';
import { shareConstants } from './share-constants.js';
import { simplifyReorders } from './simplify-reorders.js';

/**
 * In this order: padding first, so that a convolution stands directly behind what it reads; then batch norm and other
 * constants behind a layer, which need the unscaled kernel only once; then the image's scale; then axes that are moved
 * for nothing; last what is there twice, and what the others left unused.
 */
export const passes: readonly Pass[] = [
  foldPadding,
  foldBatchNorm,
  foldAffine,
  foldScale,
  simplifyReorders,
  shareConstants,
  dropDead,
];

/** What one pass did, for people. */
export interface PassReport {
  readonly name: string;
  readonly nodesBefore: number;
  readonly nodesAfter: number;
}

/** Runs all passes. */
export function runPasses(graph: Graph): { readonly graph: Graph; readonly reports: readonly PassReport[] } {
  const reports: PassReport[] = [];
  let current = graph;
  for (const pass of passes) {
    const next = pass.apply(current);
    reports.push({ name: pass.name, nodesBefore: current.nodes.length, nodesAfter: next.nodes.length });
    current = next;
  }
  return { graph: current, reports };
}
