import { CyclopsError } from '../../base/errors.js';
import { packageVersion } from '../../base/paths.js';
import type { ExportResult } from '../../export/index.js';
import { channelOrders } from '../../model-package/schema.js';
import type { Command, OptionValues } from '../command.js';
import { choiceOption, listOption, numberOption, optionalText, requiredText, sizeOption } from '../options.js';
import { tensorRtFrom, tensorRtOptionSpecs, tensorRtRows } from '../tensorrt-option.js';
import { formatBytes } from '../terminal.js';

/** `cyclops export-onnx`: a student checkpoint becomes a model package. */
export const command: Command = {
  name: 'export-onnx',
  summary: 'Turn a student checkpoint into a model package: model.onnx + model.json.',
  usage: 'CHECKPOINT -o DIR|FILE.onnx [options]',
  options: {
    output: { type: 'string', short: 'o', value: 'PATH', help: 'folder for model.onnx and model.json, or FILE.onnx' },
    name: { type: 'string', value: 'NAME', help: 'name in the package [network and input size]' },
    channels: {
      type: 'string',
      value: 'ORDER',
      default: 'RGB',
      help: `byte order of the pictures it will get: ${channelOrders.join(', ')}`,
    },
    size: { type: 'string', value: 'WxH', help: 'refuse unless the network was trained at this input size' },
    'min-depth': { type: 'string', value: 'M', default: '0.5', help: 'nearest depth it gives, metres' },
    'max-depth': { type: 'string', value: 'M', default: '80', help: 'farthest depth it gives, metres' },
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
takes uint8 pictures [1, H, W, C] and gives metres [1, H, W, 1]; normalisation and disparity -> depth are part of it.
Every export is compared with tfjs on several pictures; a relative difference above 1e-4 fails with PARITY_FAILED, and
nothing is written.

  cyclops export-onnx out/student/best -o models/street
  cyclops export-onnx out/student/best -o street.onnx --channels RGBA     # what a Jetson's nvvidconv gives
  cyclops export-onnx out/student/best -o models/orin --channels RGBA --tensorrt orin
  cyclops export-onnx models/orin --epcontext model.engine -o models/orin-engine  # after trtexec, on the board
`,
  async run(values, positionals) {
    const checkpoint = positionals[0]!;
    const output = requiredText(values, 'output');
    const tensorRt = tensorRtFrom(values);
    if (values.epcontext !== undefined) return packEngine(values, checkpoint, output);
    await checkSize(values, checkpoint);
    // The comparison runs on the CPU: a GPU may round to TF32, and may be full of a training that is still going on.
    process.env.CUDA_VISIBLE_DEVICES = '';
    const { exportOnnx } = await import('../../export/index.js');
    const name = optionalText(values, 'name');
    const result = await exportOnnx(checkpoint, output, {
      ...(name === undefined ? {} : { name }),
      channels: choiceOption(values, 'channels', channelOrders),
      minM: numberOption(values, 'min-depth', 0.01, 1000),
      maxM: numberOption(values, 'max-depth', 0.02, 10000),
      ...(tensorRt === undefined ? {} : { tensorRt }),
      parity: values['no-parity'] !== true,
      command: commandLine(values, checkpoint, output),
      version: packageVersion(),
    });
    process.stdout.write(values.json === true ? `${JSON.stringify(result)}\n` : `${describe(result)}\n`);
    return 0;
  },
};

/** `--epcontext`: nothing is exported; an engine gets the facts of the package it was built from. */
async function packEngine(values: OptionValues, source: string, output: string): Promise<number> {
  const foreign = Object.keys(values).find(
    (name) => !['output', 'epcontext', 'json', 'help'].includes(name) && isGiven(values, name),
  );
  if (foreign !== undefined) {
    throw new CyclopsError(
      'USAGE_INVALID',
      `--${foreign} does not go with --epcontext: the engine is packaged with what its package says`,
    );
  }
  const { packageEngine } = await import('../../export/index.js');
  const result = await packageEngine(source, requiredText(values, 'epcontext'), output);
  process.stdout.write(
    values.json === true
      ? `${JSON.stringify(result)}\n`
      : `${result.package.name}: engine for the GPU and the TensorRT version it was built with
  written  ${result.onnxPath}
           ${result.enginePath} (${formatBytes(result.engineBytes)})
           ${result.manifestPath}
  run      cyclops run ${result.folder} --provider tensorrt --source SOURCE\n`,
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
  const { readCheckpointHead } = await import('../../train/checkpoint-files.js');
  const { folder, head } = await readCheckpointHead(checkpoint);
  if (head.width === width && head.height === height) return;
  throw new CyclopsError(
    'CHECKPOINT_INVALID',
    `${folder}/run.json: expected a network of ${width}x${height} (--size), found ${head.width}x${head.height}; a network is exported at the size it was trained at, because its camera belongs to that size`,
  );
}

function commandLine(values: OptionValues, checkpoint: string, output: string): string {
  const options = ['name', 'channels', 'min-depth', 'max-depth', 'tensorrt'].flatMap((key) => {
    const value = values[key];
    return typeof value === 'string' ? [`--${key} ${value}`] : [];
  });
  const settings = listOption(values, 'tensorrt-option').map((text) => `--tensorrt-option ${text}`);
  return ['cyclops export-onnx', checkpoint, '-o', output, ...options, ...settings].join(' ');
}

function describe(result: ExportResult): string {
  const { package: written, summary, parity, passes } = result;
  const { input, output } = written;
  const changes = passes
    .filter(({ nodesBefore, nodesAfter }) => nodesBefore !== nodesAfter)
    .map(({ name, nodesBefore, nodesAfter }) => `${name} ${nodesBefore} -> ${nodesAfter}`);
  const overhead = (100 * (result.onnxBytes - result.weightBytes)) / result.weightBytes;
  const parityText =
    parity === undefined
      ? 'not checked (--no-parity)'
      : `max relative difference ${parity.maxRelativeDifference.toExponential(2)} over ${parity.images} pictures (limit 1e-4; ${(100 * parity.insideShare).toFixed(0)} % of the pixels inside the depth range)`;
  return [
    `${written.name}: ${written.provenance.network}, step ${written.provenance.step}`,
    `  input    ${input.name} uint8 [1, ${input.height}, ${input.width}, ${input.channels === 'RGB' ? 3 : 4}] ${input.channels}`,
    `  output   ${output.name} float32 [1, ${output.height}, ${output.width}, 1] metres, ${output.minM} to ${output.maxM}`,
    `  size     ${(summary.parameters / 1e6).toFixed(2)} M parameters, ${(summary.macs / 1e9).toFixed(2)} GMAC, ${summary.nodes} nodes`,
    `  passes   ${changes.join(', ') || 'nothing to change'}`,
    `  parity   ${parityText}`,
    `  written  ${result.onnxPath} (${formatBytes(result.onnxBytes)}; checkpoint weights ${overhead >= 0 ? '+' : ''}${overhead.toFixed(1)} %)`,
    `           ${result.manifestPath}`,
    ...(written.tensorRt === undefined ? [] : tensorRtRows(written.tensorRt, result.onnxPath)).map(
      ([name, text]) => `  ${name.padEnd(9)}${text}`,
    ),
  ].join('\n');
}
