import { formatBytes } from '../base/format.js';
import type { GraphDifferences, GraphEstimate, GraphSummary } from '../export/index.js';
import { bytesPerPixel, type ModelPackage } from '../model-package/schema.js';

/** A line: what it is about, and the text. */
export type Row = [label: string, text: string];

/** Lines with their labels in one column. */
export function formatRows(rows: readonly Row[]): string {
  return rows.map(([label, text]) => `  ${label.padEnd(9)}${text}`).join('\n');
}

function rangeText({ kind, minM, maxM }: ModelPackage['output']): string {
  return kind === 'relative-inverse-depth'
    ? 'relative inverse depth, 0 far to 1 near, no metres'
    : `metres, ${minM} to ${maxM}`;
}

/** Input and outputs of a package, the part of the image it looks at, and how. */
export function signatureRows({ input, output, view, flipTta, confidence }: ModelPackage): Row[] {
  const size = `${output.height}, ${output.width}`;
  const rows: Row[] = [
    [
      'input',
      `${input.name} uint8 [1, ${input.height}, ${input.width}, ${bytesPerPixel(input.channels)}] ${input.channels}`,
    ],
    ['output', `${output.name} float32 [1, ${size}, 1] ${rangeText(output)}`],
  ];
  if (confidence !== undefined) {
    const source = confidence.source === 'flip' ? 'agreement with the mirror image' : "the network's own";
    rows.push(['', `${confidence.name} float32 [1, ${size}, 1] 0 to 1: ${source}`]);
  }
  if (view !== undefined) {
    const scale = view.depthScale === 1 ? '' : `, depth times ${view.depthScale.toFixed(4)}`;
    rows.push([
      'looks at',
      `${view.width}x${view.height} at (${view.x}, ${view.y}), as ${view.networkWidth}x${view.networkHeight}${scale}; NaN around it`,
    ]);
  }
  if (flipTta === true) rows.push(['flip TTA', 'image and mirror image as a batch of two, blended']);
  return rows;
}

/** Cost, memory, operators and TensorRT's refusals of a graph. */
export function estimateRows(summary: GraphSummary, estimate: GraphEstimate): Row[] {
  const operators = Object.entries(summary.operators).map(([op, count]) => `${count} ${op}`);
  const unknown = summary.unknownNodes === 0 ? '' : ` (${summary.unknownNodes} nodes of unknown shape not counted)`;
  const refused = estimate.fallingBack;
  const list = refused.slice(0, 8).map(({ node, op, reason }) => `${node || '(no name)'} (${op}: ${reason})`);
  const more = refused.length > list.length ? `, and ${refused.length - list.length} more` : '';
  return [
    [
      'cost',
      `${(summary.parameters / 1e6).toFixed(2)} M parameters, ${((2 * summary.macs) / 1e9).toFixed(2)} GFLOP an image (${(summary.macs / 1e9).toFixed(2)} GMAC)${unknown}`,
    ],
    [
      'memory',
      `${formatBytes(estimate.constantBytes)} constants, ${formatBytes(estimate.peakActivationBytes)} activations at most${estimate.peakNode === '' ? '' : ` (at ${estimate.peakNode})`}`,
    ],
    ['nodes', `${summary.nodes}: ${operators.join(', ')}`],
    [
      'fallback',
      refused.length === 0 ? 'none: TensorRT takes every node' : `TensorRT does not take ${list.join(', ')}${more}`,
    ],
  ];
}

/** Where two graphs differ, a line a kind of difference. */
export function differenceRows({
  onlyInFirst,
  onlyInSecond,
  changedNodes,
  weights,
  equalWeights,
}: GraphDifferences): Row[] {
  const rows: Row[] = [];
  if (onlyInFirst.length > 0) rows.push(['only A', listText(onlyInFirst)]);
  if (onlyInSecond.length > 0) rows.push(['only B', listText(onlyInSecond)]);
  if (changedNodes.length > 0) rows.push(['changed', listText(changedNodes)]);
  const sorted = weights.toSorted((a, b) => (b.relative ?? Infinity) - (a.relative ?? Infinity));
  const texts = sorted.map(
    ({ name, relative }) =>
      `${name} (${relative === undefined ? 'other type or shape' : `${(100 * relative).toPrecision(2)} %`})`,
  );
  rows.push([
    'weights',
    `${equalWeights} equal${texts.length === 0 ? '' : `, ${texts.length} differ: ${listText(texts)}`}`,
  ]);
  return rows;
}

function listText(items: readonly string[], most = 8): string {
  const more = items.length > most ? `, and ${items.length - most} more` : '';
  return `${items.slice(0, most).join(', ')}${more}`;
}
