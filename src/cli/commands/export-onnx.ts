import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CyclopsError } from '../../base/errors.js';
import { formatBytes } from '../../base/format.js';
import { packageVersion } from '../../base/paths.js';
import type { ExportResult, PrecisionKind, PrecisionOptions } from '../../export/index.js';
import { activationTypes, calibrationMethods, precisions } from '../../model-package/schema.js';
import type { TensorRtOptions } from '../../model-package/tensorrt/options.js';
import { startActivity, withActivity } from '../activity.js';
import type { CalibrationTarget } from '../calibration-frames.js';
import type { Command, OptionValues } from '../command.js';
import {
  depthGraphOptionNames,
  depthGraphOptionSpecs,
  depthGraphOptions,
  descriptionOption,
} from '../depth-graph-options.js';
import { exportBareGraph, isLayersModel, printPlan } from '../export-graph.js';
import { formatRows, type Row, signatureRows } from '../graph-text.js';
import { choiceOption, integerOption, listOption, optionalText, requiredText, sizeOption } from '../options.js';
import { program } from '../program.js';
import { tensorRtFrom, tensorRtOptionSpecs, tensorRtRows } from '../tensorrt-option.js';

/** `cyclops export-onnx`: a student checkpoint becomes a model package. */
export const command: Command = {
  name: 'export-onnx',
  summary: 'Turn a student checkpoint into a model package: model.onnx + model.json.',
  usage: 'CHECKPOINT|MODEL.json -o DIR|FILE.onnx [options]',
  options: {
    output: { type: 'string', short: 'o', value: 'PATH', help: 'folder for model.onnx and model.json, or FILE.onnx' },
    name: { type: 'string', value: 'NAME', help: 'name in the package [network and input size]' },
    size: {
      type: 'string',
      value: 'WxH',
      help: 'refuse unless the network was trained at this input size; for MODEL.json: sides it leaves open',
    },
    ...depthGraphOptionSpecs,
    facts: {
      type: 'string',
      value: 'FILE',
      help: 'YAML that makes MODEL.json a depth network: colours, camera, meaning of its output',
    },
    precision: {
      type: 'string',
      value: 'NAME',
      default: 'fp32',
      help: `numbers inside the network: ${precisions.join(', ')}; the last two need --calibrate`,
    },
    calibrate: { type: 'string', value: 'FRAMES', help: 'folder of images, folder of pairs, or street:SEED:COUNT' },
    'calibration-frames': { type: 'string', value: 'N', default: '32', help: 'at most so many frames, evenly spread' },
    calibration: {
      type: 'string',
      value: 'METHOD',
      help: `How ranges are chosen for int8: ${calibrationMethods.join(', ')} [entropy]`,
    },
    activations: {
      type: 'string',
      value: 'TYPE',
      help: 'Of int8: uint8 for ONNX Runtime on a CPU, int8 for TensorRT [int8 with --tensorrt, else uint8]',
    },
    'dry-run': { type: 'boolean', help: 'print what the export would hold and cost; run and write nothing' },
    'no-parity': { type: 'boolean', help: 'do not compare ONNX Runtime with tfjs (then TensorFlow is not needed)' },
    ...tensorRtOptionSpecs,
    epcontext: {
      type: 'string',
      value: 'ENGINE',
      help: 'package an engine that trtexec built: CHECKPOINT is then the model package it was built from',
    },
    json: { type: 'boolean', help: 'print the result as JSON' },
  },
  positionals: { min: 1, max: 1 },
  details: `
CHECKPOINT is a run folder of cyclops train (its latest checkpoint) or a checkpoint folder, such as RUN/best. The graph
takes uint8 images [1, H, W, C] and gives metres [1, H, W, 1]; normalisation and disparity -> depth are part of it.
Every export is compared with tfjs on several images; a relative difference above 1e-4 fails with PARITY_FAILED, and
nothing is written. fp16 keeps the depth head in float32 and refuses a network whose tensors overflow on the frames;
int8 keeps the first and the last layer in float32. Calibrate on frames like those the network will see. For these two,
CHECKPOINT may also be an fp32 package that export-onnx wrote.

MODEL.json is any tfjs LayersModel (model.save, or tensorflowjs_converter): it becomes FILE.onnx with its own tensors in
and out, float32 and channels last; only --size, --no-parity, --dry-run and --json count. With --facts FACTS.yaml, which
says what colours it wants, what its output means and what its camera was, it becomes a model package like any other.

  cyclops export-onnx runs/student/best -o models/mine
  cyclops export-onnx runs/student/best -o out/rgba.onnx --channels RGBA    # what nvvidconv gives
  cyclops export-onnx runs/student/best -o models/mine/orin --channels RGBA --tensorrt orin
  cyclops export-onnx runs/student/best -o models/mine/int8 --precision int8 \\
      --calibrate street:5000:32
  cyclops export-onnx models/mine -o models/mine/fp16 --precision fp16 --calibrate frames/
  cyclops export-onnx runs/student/best --dry-run
  cyclops export-onnx segmentation/model.json -o segmentation.onnx
  cyclops export-onnx mine/model.json --facts mine.yaml -o models/mine
  cyclops export-onnx runs/student/best -o models/mine/whole --frame-size 1280x720 --fx 910
  cyclops export-onnx runs/student/best -o models/mine/double --flip-tta --confidence flip
  cyclops export-onnx models/mine/orin --epcontext model.engine -o models/mine/orin-engine
`,
  async run(values, positionals) {
    const checkpoint = positionals[0]!;
    const described = descriptionOption(values);
    const isBare = isLayersModel(checkpoint) && described === undefined;
    if (isBare) {
      const what = 'a model.json, which becomes a bare graph with its own tensors; --facts makes it a depth network';
      refuseOthers(values, ['size', 'no-parity', 'dry-run'], what);
    }
    if (described !== undefined && !isLayersModel(checkpoint)) {
      throw new CyclopsError(
        'USAGE_INVALID',
        `--facts goes with a model.json, found ${checkpoint}, which says all of it`,
      );
    }
    if (values['dry-run'] === true) {
      if (await isPackage(checkpoint)) {
        throw new CyclopsError(
          'USAGE_INVALID',
          `--dry-run: ${checkpoint} is a package; cyclops inspect shows all of it`,
        );
      }
      if (!isBare && described === undefined) await checkSize(values, checkpoint);
      return printPlan(values, checkpoint, precisionAsked(values, tensorRtFrom(values)));
    }
    if (isBare) return exportBareGraph(values, checkpoint);
    const output = requiredText(values, 'output');
    const askedOfTensorRt = tensorRtFrom(values);
    if (values.epcontext !== undefined) return packEngine(values, checkpoint, output);
    if (await isPackage(checkpoint)) return reduce(values, checkpoint, output, askedOfTensorRt);
    if (described === undefined) await checkSize(values, checkpoint);
    const around = { ...depthGraphOptions(values), ...(described === undefined ? {} : { described }) };
    const precision = await precisionFrom(values, askedOfTensorRt, async () => {
      const { buildDepthGraph, openNetwork } = await import('../../export/index.js');
      const { input, camera } = buildDepthGraph(await openNetwork(checkpoint, described), around).facts;
      return { camera: { ...camera, width: input.width, height: input.height }, channels: input.channels };
    });
    const tensorRt = settingsFor(askedOfTensorRt, precision);
    // The comparison runs on the CPU: a GPU may round to TF32, and may be full of a training that is still going on.
    process.env.CUDA_VISIBLE_DEVICES = '';
    const { exportOnnx } = await import('../../export/index.js');
    const name = optionalText(values, 'name');
    const activity = startActivity('exporting');
    const result = await exportOnnx(checkpoint, output, {
      onStep: (what) => activity.show(what),
      ...(name === undefined ? {} : { name }),
      ...around,
      ...(precision === undefined ? {} : { precision }),
      ...(tensorRt === undefined ? {} : { tensorRt }),
      parity: values['no-parity'] !== true,
      command: commandLine(values, checkpoint, output),
      version: packageVersion(),
    }).finally(() => activity.close());
    process.stdout.write(values.json === true ? `${JSON.stringify(result)}\n` : `${describe(result)}\n`);
    return 0;
  },
};

/** What `--precision` and its fellows ask for; undefined for fp32. */
function precisionAsked(values: OptionValues, tensorRt: TensorRtOptions | undefined): PrecisionKind | undefined {
  const kind = choiceOption(values, 'precision', precisions);
  const foreign = ['calibrate', 'calibration', 'activations'].find(
    (name) => values[name] !== undefined && kind !== 'int8' && !(name === 'calibrate' && kind === 'fp16'),
  );
  if (foreign !== undefined) {
    throw new CyclopsError('USAGE_INVALID', `--${foreign} does not go with --precision ${kind}`);
  }
  if (kind !== 'int8') return kind === 'fp32' ? undefined : { kind };
  const forTensorRt = tensorRt === undefined ? 'uint8' : 'int8';
  const activations =
    values.activations === undefined ? forTensorRt : choiceOption(values, 'activations', activationTypes);
  if (tensorRt !== undefined && activations === 'uint8') {
    throw new CyclopsError('USAGE_INVALID', '--activations uint8 does not go with --tensorrt, which takes int8 alone');
  }
  return { kind, activations };
}

/** The same with the frames read. */
async function precisionFrom(
  values: OptionValues,
  tensorRt: TensorRtOptions | undefined,
  target: () => Promise<CalibrationTarget>,
): Promise<PrecisionOptions | undefined> {
  const asked = precisionAsked(values, tensorRt);
  if (asked === undefined) return undefined;
  if (values.calibrate === undefined) {
    throw new CyclopsError(
      'USAGE_INVALID',
      `--precision ${asked.kind} needs --calibrate FRAMES: ${asked.kind === 'int8' ? 'ranges come from' : 'overflow is looked for on'} real frames`,
    );
  }
  const method = values.calibration === undefined ? undefined : choiceOption(values, 'calibration', calibrationMethods);
  const count = integerOption(values, 'calibration-frames', 1, 1000);
  const { readCalibrationFrames } = await import('../calibration-frames.js');
  const frames = requiredText(values, 'calibrate');
  const calibration = await withActivity(`reading frames of ${frames}`, async () =>
    readCalibrationFrames(frames, await target(), count),
  );
  return { ...asked, calibration, ...(asked.kind === 'fp16' || method === undefined ? {} : { method }) };
}

/** TensorRT up to 10 reads Q/DQ nodes only where int8 is switched on; a strongly typed network needs no switch. */
function settingsFor(
  tensorRt: TensorRtOptions | undefined,
  precision: PrecisionOptions | undefined,
): TensorRtOptions | undefined {
  if (tensorRt === undefined || precision?.kind !== 'int8' || tensorRt.stronglyTyped === true) return tensorRt;
  return { ...tensorRt, int8: true };
}

/** Whether the thing to export is an exported package already. */
async function isPackage(path: string): Promise<boolean> {
  if (path.endsWith('.onnx')) return true;
  return stat(join(path, 'model.onnx')).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** A package in place of a checkpoint: it gets another precision and keeps the rest. */
async function reduce(
  values: OptionValues,
  source: string,
  output: string,
  tensorRt: TensorRtOptions | undefined,
): Promise<number> {
  refuseOthers(
    values,
    [
      'name',
      'precision',
      'calibrate',
      'calibration-frames',
      'calibration',
      'activations',
      'tensorrt',
      'tensorrt-option',
    ],
    `${source}, which is a package: its graph says that already`,
  );
  const precision = await precisionFrom(values, tensorRt, async () => {
    const { readModelPackage } = await import('../../model-package/read.js');
    const { input, camera } = (await readModelPackage(source)).package;
    return { camera: { ...camera, width: input.width, height: input.height }, channels: input.channels };
  });
  if (precision === undefined) {
    throw new CyclopsError(
      'USAGE_INVALID',
      `${source}: is a package; expected --precision fp16 or int8, or a checkpoint`,
    );
  }
  const { reducePackage } = await import('../../export/index.js');
  const name = optionalText(values, 'name');
  const settings = settingsFor(tensorRt, precision);
  const result = await withActivity(`reducing to ${precision.kind}`, () =>
    reducePackage(source, output, precision, {
      ...(name === undefined ? {} : { name }),
      ...(settings === undefined ? {} : { tensorRt: settings }),
      command: commandLine(values, source, output, ['name', 'tensorrt']),
    }),
  );
  const lines = [
    `${result.package.name}: ${result.package.provenance.network}, from ${source}`,
    ...precisionRows(result),
    `  written  ${result.onnxPath} (${formatBytes(result.onnxBytes)}, before ${formatBytes(result.sourceBytes)})`,
    `           ${result.manifestPath}`,
  ];
  process.stdout.write(values.json === true ? `${JSON.stringify(result)}\n` : `${lines.join('\n')}\n`);
  return 0;
}

/** Throws `USAGE_INVALID` for an option that was written though it means nothing here. */
function refuseOthers(values: OptionValues, allowed: readonly string[], reason: string): void {
  const known = ['output', 'json', 'help', ...allowed];
  const foreign = Object.keys(values).find((name) => !known.includes(name) && isGiven(values, name));
  if (foreign !== undefined) throw new CyclopsError('USAGE_INVALID', `--${foreign} does not go with ${reason}`);
}

/** `--epcontext`: nothing is exported; an engine gets the facts of the package it was built from. */
async function packEngine(values: OptionValues, source: string, output: string): Promise<number> {
  refuseOthers(values, ['epcontext'], '--epcontext: the engine is packaged with what its package says');
  const { packageEngine } = await import('../../export/index.js');
  const result = await packageEngine(source, requiredText(values, 'epcontext'), output);
  process.stdout.write(
    values.json === true
      ? `${JSON.stringify(result)}\n`
      : `${result.package.name}: engine for the GPU and the TensorRT version it was built with
  written  ${result.onnxPath}
           ${result.enginePath} (${formatBytes(result.engineBytes)})
           ${result.manifestPath}
  run      ${program} run ${result.folder} --provider tensorrt --source SOURCE\n`,
  );
  return 0;
}

/** Whether an option was written, not filled in by its default. */
function isGiven(values: OptionValues, name: string): boolean {
  const value = values[name];
  return value !== undefined && value !== command.options[name]?.default;
}

async function checkSize(values: OptionValues, checkpoint: string): Promise<void> {
  if (values.size === undefined) return;
  const { width, height } = sizeOption(values, 'size');
  const { readCheckpointHead } = await import('../../train/checkpoint/checkpoint-files.js');
  const { folder, head } = await readCheckpointHead(checkpoint);
  if (head.width === width && head.height === height) return;
  throw new CyclopsError(
    'CHECKPOINT_INVALID',
    `${folder}/run.json: expected a network of ${width}x${height} (--size), found ${head.width}x${head.height}; a network is exported at the size it was trained at, because its camera belongs to that size`,
  );
}

function commandLine(
  values: OptionValues,
  checkpoint: string,
  output: string,
  keys: readonly string[] = ['name', 'size', 'facts', ...depthGraphOptionNames, 'tensorrt'],
): string {
  const reducing = ['precision', 'calibrate', 'calibration-frames', 'calibration', 'activations'];
  const options = [...keys, ...(values.precision === 'fp32' ? [] : reducing)].flatMap((key) => {
    const value = values[key];
    if (value === true) return [`--${key}`];
    return typeof value === 'string' ? [`--${key} ${value}`] : [];
  });
  const settings = listOption(values, 'tensorrt-option').map((text) => `--tensorrt-option ${text}`);
  return ['cyclops export-onnx', checkpoint, '-o', output, ...options, ...settings].join(' ');
}

function describe(result: ExportResult): string {
  const { package: written, summary, parity, passes } = result;
  const changes = passes
    .filter(({ nodesBefore, nodesAfter }) => nodesBefore !== nodesAfter)
    .map(({ name, nodesBefore, nodesAfter }) => `${name} ${nodesBefore} -> ${nodesAfter}`);
  const overhead = (100 * (result.onnxBytes - result.weightBytes)) / result.weightBytes;
  const parityText =
    parity === undefined
      ? 'not checked (--no-parity)'
      : `max relative difference ${parity.maxRelativeDifference.toExponential(2)} over ${parity.images} images (limit 1e-4; ${(100 * parity.insideShare).toFixed(0)} % of the pixels inside the depth range)${parity.maxConfidenceDifference === undefined ? '' : `, of confidence ${parity.maxConfidenceDifference.toExponential(2)}`}`;
  return [
    `${written.name}: ${written.provenance.network}, step ${written.provenance.step}`,
    ...formatRows([
      ...signatureRows(written),
      ...(result.viewNote === undefined ? [] : [['view', result.viewNote] satisfies Row]),
    ]).split('\n'),
    `  size     ${(summary.parameters / 1e6).toFixed(2)} M parameters, ${(summary.macs / 1e9).toFixed(2)} GMAC, ${summary.nodes} nodes`,
    `  passes   ${changes.join(', ') || 'nothing to change'}`,
    `  parity   ${parityText}`,
    ...precisionRows(result),
    `  written  ${result.onnxPath} (${formatBytes(result.onnxBytes)}; checkpoint weights ${overhead >= 0 ? '+' : ''}${overhead.toFixed(1)} %)`,
    `           ${result.manifestPath}`,
    ...(written.tensorRt === undefined ? [] : tensorRtRows(written.tensorRt, result.onnxPath)).map(
      ([name, text]) => `  ${name.padEnd(9)}${text}`,
    ),
  ].join('\n');
}

function precisionRows({ package: written, difference }: Pick<ExportResult, 'package' | 'difference'>): string[] {
  if (difference === undefined) return [];
  const { precision, quantization } = written;
  const how =
    quantization === undefined
      ? 'no tensor beyond its range'
      : `${quantization.activations} activations, ${quantization.calibration} calibration`;
  const { frames, meanRelative, maxRelative } = difference;
  return [
    `  ${precision.padEnd(8)} ${how}; to fp32 over ${frames} frames: mean relative difference ${meanRelative.toExponential(2)}, largest ${maxRelative.toExponential(2)}`,
  ];
}
