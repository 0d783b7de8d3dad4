import { formatBytes } from '../base/format.js';
import { packageVersion } from '../base/paths.js';
import type { ExportPlan, LayersModelResult, OpenSize, PrecisionKind } from '../export/index.js';
import type { OptionValues } from './command.js';
import { depthGraphOptions, descriptionOption } from './depth-graph-options.js';
import { estimateRows, formatRows, type Row } from './graph-text.js';
import { requiredText, sizeOption } from './options.js';

/** Whether what is to be exported is a tfjs LayersModel of the user's own, not a checkpoint. */
export function isLayersModel(path: string): boolean {
  return path.endsWith('.json');
}

/** `export-onnx --dry-run`: what would come out. @param precision fp32 unless given. @returns the exit code. */
export async function printPlan(values: OptionValues, path: string, precision?: PrecisionKind): Promise<number> {
  const { planDepthNetwork, planLayersModel } = await import('../export/index.js');
  const described = descriptionOption(values);
  const isBare = isLayersModel(path) && described === undefined;
  const plan = isBare
    ? await planLayersModel(path, openSize(values))
    : await planDepthNetwork(path, {
        ...depthGraphOptions(values),
        ...(described === undefined ? {} : { described }),
        ...(precision === undefined ? {} : { precision }),
      });
  process.stdout.write(values.json === true ? `${JSON.stringify(plan)}\n` : `${planText(plan)}\n`);
  return 0;
}

/** `export-onnx MODEL.json`: a bare graph, tensors in and out. @returns the exit code. */
export async function exportBareGraph(values: OptionValues, path: string): Promise<number> {
  const output = requiredText(values, 'output');
  // The comparison runs on the CPU: a GPU may round to TF32.
  process.env.CUDA_VISIBLE_DEVICES = '';
  const { exportLayersModel } = await import('../export/index.js');
  const size = openSize(values);
  const { onnx, ...result } = await exportLayersModel(path, output, {
    ...(size === undefined ? {} : { size }),
    parity: values['no-parity'] !== true,
    version: packageVersion(),
  });
  const text =
    values.json === true
      ? JSON.stringify({ ...result, onnxPath: output, onnxBytes: onnx.byteLength })
      : bareText({ ...result, onnx }, output);
  process.stdout.write(`${text}\n`);
  return 0;
}

function openSize(values: OptionValues): OpenSize | undefined {
  return values.size === undefined ? undefined : sizeOption(values, 'size');
}

function planText(plan: ExportPlan): string {
  const rows: Row[] = [
    ...plan.inputs.map((value): Row => ['input', valueText(value)]),
    ...plan.outputs.map((value): Row => ['output', valueText(value)]),
    ...(plan.viewNote === undefined ? [] : [['view', plan.viewNote] satisfies Row]),
    ...estimateRows(plan.summary, plan.estimate),
    ['passes', passText(plan.passes)],
    ...(plan.precision === 'fp32'
      ? []
      : [['numbers', `${plan.precision}; what frames decide is left open`] satisfies Row]),
    [
      'file',
      `${formatBytes(plan.onnxBytes)} before its metadata (weights ${overhead(plan)}); nothing was run or written`,
    ],
  ];
  return `${plan.name}\n${formatRows(rows)}`;
}

function bareText(result: LayersModelResult, output: string): string {
  const { parity, summary } = result;
  const rows: Row[] = [
    ...result.inputs.map((value): Row => ['input', valueText(value)]),
    ...result.outputs.map((value): Row => ['output', valueText(value)]),
    [
      'size',
      `${(summary.parameters / 1e6).toFixed(2)} M parameters, ${(summary.macs / 1e9).toFixed(2)} GMAC, ${summary.nodes} nodes`,
    ],
    ['passes', passText(result.passes)],
    [
      'parity',
      parity === undefined
        ? 'not checked (--no-parity)'
        : `max relative difference ${parity.maxRelativeDifference.toExponential(2)} over ${parity.rounds} random inputs (limit 1e-4)`,
    ],
    [
      'written',
      `${output} (${formatBytes(result.onnx.byteLength)}; weights ${overhead({ ...result, onnxBytes: result.onnx.byteLength })})`,
    ],
  ];
  return `${output}\n${formatRows(rows)}`;
}

function valueText({ name, type, shape }: ExportPlan['inputs'][number]): string {
  return `${name} ${type} [${shape.join(', ')}]`;
}

function passText(passes: ExportPlan['passes']): string {
  const changes = passes
    .filter(({ nodesBefore, nodesAfter }) => nodesBefore !== nodesAfter)
    .map(({ name, nodesBefore, nodesAfter }) => `${name} ${nodesBefore} -> ${nodesAfter}`);
  return changes.join(', ') || 'nothing to change';
}

function overhead({ onnxBytes, weightBytes }: { readonly onnxBytes: number; readonly weightBytes: number }): string {
  const percent = (100 * (onnxBytes - weightBytes)) / Math.max(1, weightBytes);
  return `${percent >= 0 ? '+' : ''}${percent.toFixed(1)} %`;
}
