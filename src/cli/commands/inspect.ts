import { errorCodes } from '../../base/errors.js';
import { readBytes } from '../../base/files.js';
import type { GraphSummary } from '../../export/summary.js';
import { compareGolden, type GoldenComparison, goldenInput } from '../../model-package/golden.js';
import { type LoadedModelPackage, readModelPackage } from '../../model-package/read.js';
import { bytesPerPixel } from '../../model-package/schema.js';
import type { Command } from '../command.js';
import { tensorRtRows } from '../tensorrt-option.js';
import { formatBytes } from '../terminal.js';

/** `cyclops inspect`: what a model package holds and costs. */
export const command: Command = {
  name: 'inspect',
  summary: 'Show what a model package holds: input, output, camera, origin, operators, cost.',
  usage: 'PATH [options]',
  options: {
    golden: { type: 'boolean', help: 'run the golden picture on the CPU and compare with the package' },
    json: { type: 'boolean', help: 'print everything as JSON' },
  },
  positionals: { min: 1, max: 1 },
  details: `
PATH is a package folder, its model.json or its model.onnx. Digest, schema, and the graph's input and output are checked.

  cyclops inspect models/street --golden
`,
  async run(values, positionals) {
    const loaded = await readModelPackage(positionals[0]!);
    const { decodeOutline, summarizeGraph } = await import('../../export/index.js');
    const bytes = await readBytes(loaded.onnxPath);
    const graph = summarizeGraph(decodeOutline(bytes, loaded.onnxPath));
    const golden = values.golden === true ? await runGolden(loaded, bytes) : undefined;
    const text =
      values.json === true
        ? JSON.stringify({ ...loaded, onnxBytes: bytes.byteLength, graph, ...(golden === undefined ? {} : { golden }) })
        : describe(loaded, bytes.byteLength, graph, golden);
    process.stdout.write(`${text}\n`);
    return golden?.ok === false ? errorCodes.MODEL_MISMATCH : 0;
  },
};

async function runGolden({ package: model }: LoadedModelPackage, bytes: Uint8Array): Promise<GoldenComparison> {
  const { openOnnx } = await import('../../export/index.js');
  const { height, width, channels } = model.input;
  const session = await openOnnx(bytes, model.name);
  const depthM = await session
    .run(goldenInput(height, width, channels), [1, height, width, bytesPerPixel(channels)])
    .finally(() => session.close());
  return compareGolden(model, depthM);
}

function describe(
  { package: model, onnxPath }: LoadedModelPackage,
  onnxBytes: number,
  graph: GraphSummary,
  golden: GoldenComparison | undefined,
): string {
  const { input, output, camera, provenance } = model;
  const fieldOfView = (2 * Math.atan(input.width / (2 * camera.fxPx)) * 180) / Math.PI;
  const metrics = Object.entries(provenance.metrics).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`);
  const operators = Object.entries(graph.operators).map(([op, count]) => `${count} ${op}`);
  const rows: [string, string][] = [
    ['file', `${onnxPath} (${formatBytes(onnxBytes)}, opset ${model.onnx.opset}, ${model.precision})`],
    ['sha256', model.onnx.sha256],
    [
      'input',
      `${input.name} uint8 [1, ${input.height}, ${input.width}, ${bytesPerPixel(input.channels)}] ${input.channels}`,
    ],
    [
      'output',
      `${output.name} float32 [1, ${output.height}, ${output.width}, 1] metres, ${output.minM} to ${output.maxM}`,
    ],
    [
      'camera',
      `fx ${camera.fxPx.toFixed(2)} px (${fieldOfView.toFixed(1)} degrees across), baseline ${camera.baselineM.toFixed(4)} m`,
    ],
    ['network', `${provenance.network}, method ${provenance.method}, step ${provenance.step}, seed ${provenance.seed}`],
    ['data', provenance.data],
    ['metrics', metrics.join(', ') || 'none'],
    ['made by', provenance.command],
    ['cost', `${(graph.parameters / 1e6).toFixed(2)} M parameters, ${(graph.macs / 1e9).toFixed(2)} GMAC an image`],
    ['nodes', `${graph.nodes}: ${operators.join(', ')}`],
  ];
  if (model.engine !== undefined) {
    rows.push(['engine', `${model.engine.file}, built from the graph with SHA-256 ${model.engine.builtFrom}`]);
  } else if (model.tensorRt !== undefined) rows.push(...tensorRtRows(model.tensorRt, onnxPath));
  if (golden !== undefined) {
    const verdict = golden.ok ? 'ok' : 'FAILED';
    rows.push([
      'golden',
      `${verdict}: max relative difference ${golden.maxRelativeDifference.toExponential(2)} (limit ${golden.tolerance})`,
    ]);
  }
  return [model.name, ...rows.map(([name, value]) => `  ${name.padEnd(9)}${value}`)].join('\n');
}
