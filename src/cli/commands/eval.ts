import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CyclopsError } from '../../base/errors.js';
import { writeAtomic } from '../../base/files.js';
import { createEta, createLiveLine, progressText } from '../../base/terminal.js';
import type { SingleSpec } from '../../data/sample.js';
import { openSource } from '../../data/sources/index.js';
import type { Rules } from '../../eval/evaluate.js';
import { evaluateByRules } from '../../eval/evaluate.js';
import { evaluationSheet } from '../../eval/prediction-image.js';
import type { ProtocolName } from '../../eval/protocols/index.js';
import { protocolNames, protocols } from '../../eval/protocols/index.js';
import type { Protocol } from '../../eval/protocols/protocol.js';
import type { ReportImage } from '../../eval/report.js';
import { evaluationReportHtml } from '../../eval/report.js';
import { imageRows, metricOf } from '../../eval/tables.js';
import { encodeJpeg, encodePng } from '../../image/codec.js';
import { startActivity } from '../activity.js';
import type { Command, OptionValues } from '../command.js';
import { dataSpec, folderOptions } from '../data-option.js';
import { chooseSubject, nameOf, openSubject } from '../eval-subject.js';
import type { Measured } from '../eval-text.js';
import { formatMeasured, reportOf, skippedLines } from '../eval-text.js';
import { choiceOption, integerOption, numberOption, optionalText, requiredText, sizeOption } from '../options.js';

/** `cyclops eval`: one predictor against the ground truth of one source. */
export const command: Command = {
  name: 'eval',
  summary: 'measure a network or stored disparity against ground truth',
  usage: '--data DATA (--network DIR | --model PATH | --labels DIR | --baseline NAME) [options]',
  details: `
DATA is a folder in any of the layouts of docs/data.md, or street:SEED:COUNT or flying:SEED:COUNT for rendered pairs.
Exactly one thing is measured: a checkpoint (teacher or student), an exported model, a folder of disparity as pseudo labels
are stored, or a baseline. --baseline left-only takes --network too: it shows a teacher the left image twice.

--protocol measures as a published table does and prints its rows beside ours: ${protocolNames.join(', ')}.
What is given by hand (--crop, --max-depth, ...) goes before what the protocol says.

  cyclops eval --data data/kitti2015 --network runs/teacher --protocol kitti-2015 \\
      --report out/teacher.html
  cyclops eval --data kitti_raw --list eigen/test_files.txt --network runs/student --protocol eigen
  cyclops eval --data street:900:40 --network runs/student --images out/eval
  cyclops eval --data data/kitti2015 --baseline constant --format markdown

Depth metrics are means over images, disparity metrics are over all pixels; docs/evaluation.md defines each.`,
  options: {
    data: { type: 'string', value: 'DATA', help: 'what to measure on' },
    ...folderOptions,
    network: { type: 'string', value: 'DIR', help: 'a checkpoint' },
    refine: {
      type: 'boolean',
      help: "match again at full size with the network's disparity as prior (stereo networks)",
    },
    model: { type: 'string', value: 'PATH', help: 'a model package, run as cyclops run does' },
    labels: { type: 'string', value: 'DIR', help: 'a folder of stored disparity' },
    baseline: {
      type: 'string',
      value: 'NAME',
      help: 'What knows nothing of the image: constant, position or left-only',
    },
    protocol: { type: 'string', value: 'NAME', help: 'measure as a published table does' },
    pixels: { type: 'string', value: 'WHICH', help: 'Which count: all, or noc (only what both views see) [all]' },
    'max-depth': { type: 'string', value: 'M', help: 'cap of depth, metres [80]' },
    'min-depth': { type: 'string', value: 'M', help: 'true depth must be above, metres [0.001]' },
    crop: {
      type: 'string',
      value: 'NAME',
      help: 'Part of the image that counts: none (all of it), garg or eigen [none]',
    },
    scaling: {
      type: 'string',
      value: 'NAME',
      help: 'Of each prediction: none, median (a factor an image), or both [none]',
    },
    'flip-tta': {
      type: 'boolean',
      help: 'Flip test-time augmentation: average with the mirrored image (mono networks)',
    },
    ids: { type: 'string', value: 'ID,ID', help: 'only these pairs of a folder' },
    count: { type: 'string', value: 'N', help: 'only the first N pairs' },
    size: { type: 'string', value: 'WxH', default: '1242x375', help: 'size of rendered pairs' },
    frames: { type: 'string', value: 'N', default: '1', help: 'consecutive frames of each rendered street' },
    format: { type: 'string', value: 'NAME', default: 'table', help: 'Of the result: table, markdown, csv or json' },
    'per-image': { type: 'boolean', help: 'a line for every pair too, worst first' },
    images: { type: 'string', value: 'DIR', help: 'write a sheet a pair: input, depth, truth, error' },
    report: { type: 'string', value: 'FILE', help: 'write an HTML page: tables, every image, error maps of the worst' },
    'report-images': { type: 'string', value: 'N', default: '24', help: 'images on that page' },
    name: { type: 'string', value: 'TEXT', help: "the method's name in the table" },
  },
  positionals: { min: 0, max: 0 },
  async run(values) {
    const format = choiceOption(values, 'format', ['table', 'markdown', 'csv', 'json']);
    const protocol = values.protocol === undefined ? undefined : choiceOption(values, 'protocol', protocolNames);
    const variants = variantsOf(values, protocol);
    const subject = chooseSubject(values);
    const images = optionalText(values, 'images');
    const report = optionalText(values, 'report');
    const gallery = createGallery(report === undefined ? 0 : integerOption(values, 'report-images', 0, 1000));
    const spec = dataOption(values, protocol);
    const source = await openSource(spec);
    const live = createLiveLine();
    const progressOf = (label: string): ((done: number, total: number) => void) => {
      let eta: ReturnType<typeof createEta> | undefined;
      return (done, total) => {
        eta ??= createEta(total, { startAt: done });
        live.update(progressText(label, done, total, eta, 'pairs'));
      };
    };
    const isFlipTta = values['flip-tta'] === true;
    const opening = startActivity(`opening ${nameOf(subject)}`);
    const fit = progressOf('fit');
    const onFit = (done: number, total: number): void => {
      opening.close();
      fit(done, total);
    };
    const predictor = await openSubject(subject, source, isFlipTta, onFit).finally(() => opening.close());
    const order = protocol === undefined ? 'absRel' : protocols[protocol].worstBy;
    try {
      if (images !== undefined) await mkdir(images, { recursive: true });
      const evaluations = await evaluateByRules(
        source,
        predictor.predict,
        variants.map(({ rules }) => rules),
        {
          ...(values.count === undefined ? {} : { count: integerOption(values, 'count', 1, 1_000_000) }),
          views: predictor.views,
          onProgress: progressOf('measure'),
          async onImage(sample, filled, results) {
            const result = results.find((found) => found !== undefined);
            if (result === undefined || (images === undefined && report === undefined)) return;
            const row = imageRows({ images: [result] })[0]!;
            const badness = metricOf(row, order) ?? metricOf(row, 'd1') ?? 0;
            if (images === undefined && !gallery.wants(badness)) return;
            const sheet = evaluationSheet(sample, filled, result);
            if (images !== undefined) await writeAtomic(join(images, `${sample.id}.png`), await encodePng(sheet));
            if (gallery.wants(badness)) {
              const caption = `${order} ${badness.toPrecision(4)}`;
              gallery.add(badness, { id: sample.id, caption, jpeg: await encodeJpeg(sheet, 80) });
            }
          },
        },
      );
      live.close();
      const measured: Measured = {
        name: optionalText(values, 'name') ?? nameOf(subject),
        data: requiredText(values, 'data'),
        protocol,
        truth: spec.kind === 'kitti-raw' ? (spec.truth ?? 'lidar-z') : undefined,
        // A set of rules that nothing is known for (no mask of occlusion) has no row.
        variants: variants
          .map(({ label }, i) => ({ label, evaluation: evaluations[i]! }))
          .filter(({ evaluation }) => evaluation.images.length > 0),
        isFlipTta: values['flip-tta'] === true,
      };
      process.stdout.write(`${formatMeasured(measured, format, values['per-image'] === true)}\n`);
      if (report !== undefined) await writeAtomic(report, evaluationReportHtml(reportOf(measured, gallery.images())));
      for (const [i, { label }] of variants.entries()) {
        const where = variants.length > 1 ? ` (${label})` : '';
        for (const line of skippedLines(evaluations[i]!.skipped)) process.stderr.write(`${line}${where}\n`);
      }
    } finally {
      live.close();
      await predictor.close();
    }
    return 0;
  },
};

/** The sets of rules to measure by: the protocol's or one general one, with what was given by hand put over them. */
function variantsOf(
  values: OptionValues,
  protocol: ProtocolName | undefined,
): readonly { readonly label: string; readonly rules: Rules }[] {
  const maxDepthM = values['max-depth'] === undefined ? undefined : numberOption(values, 'max-depth', 1, 1000);
  const byHand: Partial<Rules> = {
    ...(values.pixels === undefined ? {} : { pixels: choiceOption(values, 'pixels', ['all', 'noc']) }),
    ...(maxDepthM === undefined ? {} : { maxDepthM }),
    ...(values['min-depth'] === undefined ? {} : { minDepthM: numberOption(values, 'min-depth', 0, 1000) }),
    ...(values.crop === undefined ? {} : { crop: choiceOption(values, 'crop', ['none', 'garg', 'eigen']) }),
  };
  const scaling =
    values.scaling === undefined ? undefined : choiceOption(values, 'scaling', ['none', 'median', 'both']);
  const given: Protocol['variants'] =
    protocol === undefined
      ? [{ label: 'all', rules: { pixels: 'all', crop: 'none', maxDepthM: 80 } }]
      : protocols[protocol].variants;
  const variants = new Map<string, { readonly label: string; readonly rules: Rules }>();
  for (const { label, rules } of given) {
    for (const scaled of scaling === 'both' ? (['none', 'median'] as const) : [scaling]) {
      const own: Rules = { ...rules, ...byHand, ...(scaled === undefined ? {} : { scaling: scaled }) };
      const cap = maxDepthM === undefined ? label : label.replace(/cap \d+ m/, `cap ${maxDepthM} m`);
      // Two rows of a protocol that become alike by what was given are one.
      variants.set(JSON.stringify(own), { label: scaled === 'median' ? `${cap}, median-scaled` : cap, rules: own });
    }
  }
  return [...variants.values()];
}

function dataOption(values: OptionValues, protocol: ProtocolName | undefined): SingleSpec {
  const spec = dataSpec(requiredText(values, 'data'), values, {
    ...sizeOption(values, 'size'),
    framesPerScene: integerOption(values, 'frames', 1, 10_000),
  });
  const wanted: Protocol | undefined = protocol === undefined ? undefined : protocols[protocol];
  const truth = spec.kind === 'kitti-raw' && spec.truth === undefined ? wanted?.truth : undefined;
  const ids = optionalText(values, 'ids');
  if (spec.kind === 'synthetic') {
    if (ids !== undefined) throw new CyclopsError('USAGE_INVALID', '--ids: only folders have pairs with names');
    return spec;
  }
  return {
    ...spec,
    ...(truth === undefined ? {} : { truth }),
    ...(ids === undefined ? {} : { ids: ids.split(',').map((id) => id.trim()) }),
  };
}

/** Keeps the images of the worst images, a bounded number of them. */
function createGallery(limit: number) {
  const kept: { readonly badness: number; readonly image: ReportImage }[] = [];
  return {
    wants: (badness: number): boolean => limit > 0 && (kept.length < limit || badness > kept.at(-1)!.badness),
    add(badness: number, image: ReportImage): void {
      kept.push({ badness, image });
      kept.sort((a, b) => b.badness - a.badness);
      kept.length = Math.min(kept.length, limit);
    },
    images: (): readonly ReportImage[] => kept.map(({ image }) => image),
  };
}
