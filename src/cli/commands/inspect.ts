import { CyclopsError, errorCodes, isCyclopsError } from '../../base/errors.js';
import { readBytes } from '../../base/files.js';
import { formatBytes } from '../../base/format.js';
import type { GraphDifferences, GraphEstimate, GraphOutline, GraphSummary } from '../../export/index.js';
import { compareGolden, type GoldenComparison, goldenInput } from '../../model-package/golden.js';
import { readOnnxHeader } from '../../model-package/onnx-header.js';
import { type LoadedModelPackage, readModelPackage } from '../../model-package/read.js';
import { bytesPerPixel, metadataKey } from '../../model-package/schema.js';
import { withActivity } from '../activity.js';
import type { Command } from '../command.js';
import { differenceRows, estimateRows, formatRows, type Row, signatureRows } from '../graph-text.js';
import { tensorRtRows } from '../tensorrt-option.js';

/** `cyclops inspect`: what a model package holds and costs. */
export const command: Command = {
  name: 'inspect',
  summary: 'Show what a model package or ONNX file holds and costs, or where two differ.',
  usage: 'PATH [PATH2] [options]',
  options: {
    golden: { type: 'boolean', help: 'run the golden image on the CPU and compare with the package' },
    json: { type: 'boolean', help: 'print everything as JSON' },
  },
  positionals: { min: 1, max: 2 },
  details: `
PATH is a package folder, its model.json or its model.onnx: digest, schema, and the graph's input and output are checked.
An ONNX file that is no package shows its graph alone. Of two, the differences come last: fields of the packages, nodes
and weights, matched by name.

  cyclops inspect models/street --golden
  cyclops inspect models/street models/street-int8
`,
  async run(values, positionals) {
    const inspected = await withActivity('reading', () => Promise.all(positionals.map(inspect)));
    const [first, second] = inspected;
    const runFirst = (): Promise<GoldenComparison> => withActivity('running the golden image', () => runGolden(first!));
    const golden = values.golden === true ? await runFirst() : undefined;
    const differences =
      second === undefined ? undefined : await withActivity('comparing', () => compare(first!, second));
    if (values.json === true) {
      const parts = inspected.map(({ outline: _outline, bytes, ...rest }) => ({
        ...rest,
        onnxBytes: bytes.byteLength,
      }));
      const [only, other] = parts;
      const json = {
        ...only,
        ...(golden === undefined ? {} : { golden }),
        ...(other && { second: other, differences }),
      };
      process.stdout.write(`${JSON.stringify(json)}\n`);
    } else {
      const texts = inspected.map((one) => describe(one, one === first ? golden : undefined));
      if (differences !== undefined) texts.push(differenceText(differences));
      process.stdout.write(`${texts.join('\n\n')}\n`);
    }
    return golden?.ok === false ? errorCodes.MODEL_MISMATCH : 0;
  },
};

/** One model file: a package, or an ONNX graph alone. */
interface Inspected extends Partial<LoadedModelPackage> {
  readonly onnxPath: string;
  readonly bytes: Uint8Array;
  readonly outline: GraphOutline;
  readonly graph: GraphSummary;
  readonly estimate: GraphEstimate;
}

async function inspect(path: string): Promise<Inspected> {
  const { decodeOutline, estimateGraph, summarizeGraph } = await import('../../export/index.js');
  const loaded = await readModelPackage(path).catch(async (error: unknown) => {
    if (await isBareGraph(path, error)) return undefined;
    throw error;
  });
  const onnxPath = loaded?.onnxPath ?? path;
  const bytes = await readBytes(onnxPath);
  const outline = decodeOutline(bytes, onnxPath);
  return { ...loaded, onnxPath, bytes, outline, graph: summarizeGraph(outline), estimate: estimateGraph(outline) };
}

/** Whether a file is no package because it is a whole ONNX graph that nobody made one of. */
async function isBareGraph(path: string, error: unknown): Promise<boolean> {
  if (!path.endsWith('.onnx') || !isCyclopsError(error, 'MODEL_INVALID')) return false;
  const bytes = await readBytes(path);
  return !readOnnxHeader(bytes, path).metadata.has(metadataKey);
}

interface Differences {
  readonly fields: readonly string[];
  readonly graph: GraphDifferences;
}

async function compare(first: Inspected, second: Inspected): Promise<Differences> {
  const { compareGraphs } = await import('../../export/index.js');
  const [a, b] = [fieldsOf(first.package), fieldsOf(second.package)];
  const fields = [...new Set([...a.keys(), ...b.keys()])].flatMap((key) => {
    const [left, right] = [a.get(key) ?? 'nothing', b.get(key) ?? 'nothing'];
    return left === right ? [] : [`${key}: ${left} -> ${right}`];
  });
  return { fields, graph: compareGraphs(first.outline, second.outline) };
}

/** The plain values of a package by their path, but for the probes of its golden output. */
function fieldsOf(value: unknown, path = '', fields = new Map<string, string>()): Map<string, string> {
  if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      if (key !== 'probes') fieldsOf(inner, path === '' ? key : `${path}.${key}`, fields);
    }
  } else if (value !== undefined) fields.set(path, JSON.stringify(value));
  return fields;
}

function differenceText({ fields, graph }: Differences): string {
  const rows = [...fields.map((field): Row => ['package', field]), ...differenceRows(graph)];
  return `differences, A -> B\n${formatRows(rows)}`;
}

async function runGolden({ package: model, bytes, onnxPath }: Inspected): Promise<GoldenComparison> {
  if (model === undefined) {
    throw new CyclopsError('USAGE_INVALID', `--golden: ${onnxPath} is a bare graph, which has no golden output`);
  }
  const { openOnnx } = await import('../../export/index.js');
  const { height, width, channels } = model.input;
  const session = await openOnnx(bytes, model.name);
  const depthM = await session
    .run(goldenInput(height, width, channels), [1, height, width, bytesPerPixel(channels)])
    .finally(() => session.close());
  return compareGolden(model, depthM);
}

function describe(one: Inspected, golden: GoldenComparison | undefined): string {
  const { package: model, onnxPath, bytes, outline, graph, estimate } = one;
  if (model === undefined) {
    const valueText = (name: string): string =>
      `${name} ${outline.types.get(name)} [${
        outline.shapes
          .get(name)
          ?.map((size) => (Number.isNaN(size) ? '?' : size))
          .join(', ') ?? 'unknown'
      }]`;
    const rows: Row[] = [
      ['file', `${onnxPath} (${formatBytes(bytes.byteLength)}), a graph without package facts`],
      ...outline.inputs.map((name): Row => ['input', valueText(name)]),
      ...outline.outputs.map((name): Row => ['output', valueText(name)]),
      ...estimateRows(graph, estimate),
    ];
    return `${onnxPath}\n${formatRows(rows)}`;
  }
  const { input, camera, provenance } = model;
  const fieldOfView = (2 * Math.atan(input.width / (2 * camera.fxPx)) * 180) / Math.PI;
  const metrics = Object.entries(provenance.metrics).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`);
  const rows: Row[] = [
    ['file', `${onnxPath} (${formatBytes(bytes.byteLength)}, opset ${model.onnx.opset}, ${model.precision})`],
    ['sha256', model.onnx.sha256],
    ...signatureRows(model),
    [
      'camera',
      `fx ${camera.fxPx.toFixed(2)} px (${fieldOfView.toFixed(1)} degrees across)${camera.baselineM === undefined ? '' : `, baseline ${camera.baselineM.toFixed(4)} m`}`,
    ],
    ['network', `${provenance.network}, method ${provenance.method}, step ${provenance.step}, seed ${provenance.seed}`],
    ['data', provenance.data],
    ['metrics', metrics.join(', ') || 'none'],
    ['made by', provenance.command],
    ...estimateRows(graph, estimate),
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
  return `${model.name}\n${formatRows(rows)}`;
}
