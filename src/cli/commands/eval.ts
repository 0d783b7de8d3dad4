import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { assertNever } from '../../base/assert.js';
import { CyclopsError } from '../../base/errors.js';
import { writeAtomic } from '../../base/files.js';
import type { SourceSpec, StereoSource } from '../../data/sample.js';
import { openSource } from '../../data/sources/index.js';
import { parseSourceSpec } from '../../data/sources/parse-spec.js';
import { constantBaseline, leftOnly, positionBaseline, storedLabels } from '../../eval/baselines.js';
import type { Evaluation, Predict } from '../../eval/evaluate.js';
import { evaluateDisparity } from '../../eval/evaluate.js';
import { evaluationSheet } from '../../eval/pictures.js';
import type { TableFormat } from '../../eval/tables.js';
import { formatRanges, formatTable, imageRows, rowOf } from '../../eval/tables.js';
import { encodePng } from '../../image/codec.js';
import type { Command, OptionValues } from '../command.js';
import { choiceOption, integerOption, numberOption, optionalText, requiredText, sizeOption } from '../options.js';

/** `cyclops eval`: one predictor against the ground truth of one source. */
export const command: Command = {
  name: 'eval',
  summary: 'measure a network or stored disparity against ground truth',
  usage: '--data DATA (--network DIR | --model PATH | --labels DIR | --baseline NAME) [options]',
  details: `
DATA is a folder in the KITTI 2015 layout, or street:SEED:COUNT or flying:SEED:COUNT for rendered pairs. Exactly one
thing is measured: a checkpoint (teacher or student), an exported model, a folder of pseudo labels, or a baseline.
--baseline left-only takes --network too: it shows a teacher the left image twice.

  cyclops eval --data data/kitti2015 --network runs/teacher
  cyclops eval --data street:900:40 --network runs/student --pictures out/eval
  cyclops eval --data data/kitti2015 --baseline constant --format markdown

Depth figures are means over images, disparity figures are over all pixels; docs/evaluation.md defines each.`,
  options: {
    data: { type: 'string', value: 'DATA', help: 'what to measure on' },
    network: { type: 'string', value: 'DIR', help: 'a checkpoint' },
    model: { type: 'string', value: 'PATH', help: 'a model package, run as cyclops run does' },
    labels: { type: 'string', value: 'DIR', help: 'a folder of pseudo labels' },
    baseline: { type: 'string', value: 'NAME', help: 'constant, position or left-only' },
    pixels: { type: 'string', value: 'WHICH', default: 'all', help: 'all, or noc: only what both views see' },
    'max-depth': { type: 'string', value: 'M', default: '80', help: 'cap of depth, metres' },
    crop: { type: 'string', value: 'NAME', default: 'none', help: 'none or garg' },
    ids: { type: 'string', value: 'ID,ID', help: 'only these pairs of a folder' },
    count: { type: 'string', value: 'N', help: 'only the first N pairs' },
    size: { type: 'string', value: 'WxH', default: '1242x375', help: 'size of rendered pairs' },
    frames: { type: 'string', value: 'N', default: '1', help: 'consecutive frames of each rendered street' },
    format: { type: 'string', value: 'NAME', default: 'table', help: 'table, markdown, csv or json' },
    'per-image': { type: 'boolean', help: 'a line for every pair too' },
    pictures: { type: 'string', value: 'DIR', help: 'write a sheet a pair: input, depth, truth, error' },
    name: { type: 'string', value: 'TEXT', help: "the method's name in the table" },
  },
  positionals: { min: 0, max: 0 },
  async run(values) {
    const format = choiceOption(values, 'format', ['table', 'markdown', 'csv', 'json']);
    const options = {
      pixels: choiceOption(values, 'pixels', ['all', 'noc']),
      maxDepthM: numberOption(values, 'max-depth', 1, 1000),
      crop: choiceOption(values, 'crop', ['none', 'garg']),
      ...(values.count === undefined ? {} : { count: integerOption(values, 'count', 1, 1_000_000) }),
    } as const;
    const subject = chooseSubject(values);
    const pictures = optionalText(values, 'pictures');
    const source = await openSource(dataOption(values));
    const predictor = await openSubject(subject, source);
    try {
      if (pictures !== undefined) await mkdir(pictures, { recursive: true });
      const evaluation = await evaluateDisparity(source, predictor.predict, {
        ...options,
        async onImage(sample, filled, result) {
          if (pictures === undefined) return;
          await writeAtomic(
            join(pictures, `${sample.id}.png`),
            await encodePng(evaluationSheet(sample, filled, result)),
          );
        },
      });
      const name = optionalText(values, 'name') ?? nameOf(subject);
      process.stdout.write(`${formatResult(name, evaluation, format, values['per-image'] === true)}\n`);
      for (const { id, reason } of evaluation.skipped) process.stderr.write(`skipped ${id}: ${reason}\n`);
    } finally {
      await predictor.close();
    }
    return 0;
  },
};

type Subject =
  | { readonly kind: 'network'; readonly checkpoint: string; readonly isLeftOnly: boolean }
  | { readonly kind: 'model'; readonly path: string }
  | { readonly kind: 'labels'; readonly folder: string }
  | { readonly kind: 'constant' | 'position' };

function chooseSubject(values: OptionValues): Subject {
  const network = optionalText(values, 'network');
  const model = optionalText(values, 'model');
  const labels = optionalText(values, 'labels');
  const baseline =
    values.baseline === undefined ? undefined : choiceOption(values, 'baseline', ['constant', 'position', 'left-only']);
  const isLeftOnly = baseline === 'left-only';
  const given = [network, model, labels, isLeftOnly ? undefined : baseline].filter(
    (value) => value !== undefined,
  ).length;
  if (given !== 1) {
    throw new CyclopsError(
      'USAGE_INVALID',
      isLeftOnly && given === 0
        ? '--baseline left-only: expected --network with the stereo network to blindfold'
        : `eval: expected one of --network, --model, --labels, --baseline, found ${given}`,
    );
  }
  if (network !== undefined) return { kind: 'network', checkpoint: network, isLeftOnly };
  if (isLeftOnly) throw new CyclopsError('USAGE_INVALID', '--baseline left-only: goes with --network only');
  if (model !== undefined) return { kind: 'model', path: model };
  if (labels !== undefined) return { kind: 'labels', folder: labels };
  return { kind: baseline === 'position' ? 'position' : 'constant' };
}

interface Predictor {
  readonly predict: Predict;
  close(): Promise<void>;
}

async function openSubject(subject: Subject, source: StereoSource): Promise<Predictor> {
  const close = async (): Promise<void> => {};
  switch (subject.kind) {
    case 'network': {
      if (subject.isLeftOnly) await assertTeacher(subject.checkpoint);
      // TensorFlow is loaded only when there is a network to run.
      const { openPredictor } = await import('../../train/predict.js');
      const opened = await openPredictor(subject.checkpoint);
      const predict: Predict = (sample) => opened.predict(sample);
      return { predict: subject.isLeftOnly ? leftOnly(predict) : predict, close: async () => opened.close() };
    }
    case 'model': {
      const { openModelPredictor } = await import('../model-predictor.js');
      const opened = await openModelPredictor(subject.path);
      return { predict: (sample) => opened.predict(sample), close: () => opened.close() };
    }
    case 'labels':
      return { predict: storedLabels(subject.folder), close };
    case 'constant':
      return { predict: await constantBaseline(source), close };
    case 'position':
      return { predict: await positionBaseline(source), close };
    default:
      return assertNever(subject);
  }
}

async function assertTeacher(checkpoint: string): Promise<void> {
  const { readCheckpointHead } = await import('../../train/checkpoint-files.js');
  if ((await readCheckpointHead(checkpoint)).head.role === 'teacher') return;
  throw new CyclopsError(
    'USAGE_INVALID',
    `--baseline left-only: expected a stereo network, but ${checkpoint} is a student and sees the left image alone anyway`,
  );
}

function nameOf(subject: Subject): string {
  switch (subject.kind) {
    case 'network':
      return subject.isLeftOnly ? `${subject.checkpoint}, left image only` : subject.checkpoint;
    case 'model':
      return subject.path;
    case 'labels':
      return subject.folder;
    default:
      return `${subject.kind} disparity`;
  }
}

function dataOption(values: OptionValues): SourceSpec {
  const spec = parseSourceSpec(requiredText(values, 'data'), {
    ...sizeOption(values, 'size'),
    framesPerScene: integerOption(values, 'frames', 1, 10_000),
  });
  const ids = optionalText(values, 'ids');
  if (ids === undefined) return spec;
  if (spec.kind !== 'kitti-2015') throw new CyclopsError('USAGE_INVALID', '--ids: only folders have pairs with names');
  return { ...spec, ids: ids.split(',').map((id) => id.trim()) };
}

function formatResult(name: string, evaluation: Evaluation, format: TableFormat, isPerImage: boolean): string {
  if (format === 'json') {
    const { images, ...totals } = evaluation;
    return JSON.stringify({ name, count: images.length, ...totals, ...(isPerImage ? { images } : {}) }, null, 2);
  }
  const rows = [...(isPerImage ? imageRows(evaluation) : []), rowOf(name, evaluation)];
  const table = formatTable(rows, format);
  if (format === 'csv') return table;
  const crop = evaluation.crop === 'none' ? 'no crop' : `${evaluation.crop} crop`;
  const rules = `${evaluation.pixels === 'noc' ? 'pixels seen by both views' : 'all pixels with truth'}, depth to ${evaluation.maxDepthM} m, ${crop}; ${(evaluation.density * 100).toFixed(1)} % predicted, the rest filled`;
  return `${table}\n\n${formatRanges([{ name, evaluation }], format)}\n\n${rules}`;
}
