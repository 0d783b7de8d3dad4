import { createEta, createLiveLine, progressText } from '../../base/terminal.js';
import type { Command, OptionValues } from '../command.js';
import { choiceOption, integerOption, numberOption, optionalText, sizeOption } from '../options.js';
import { listenForStop } from '../stop-signal.js';

/** Pairs on a preview that is made without a data set. */
const previewPairs = 8;

/** `cyclops synth`: parse, call, show progress. */
export const command: Command = {
  name: 'synth',
  summary: 'Render a synthetic stereo data set with exact disparity and visibility of both views.',
  usage: '--domain street|flying [--count N -o DIR] [--preview FILE.png]',
  options: {
    domain: {
      type: 'string',
      value: 'NAME',
      help: 'street (drives with KITTI geometry) or flying (objects in the air)',
    },
    count: { type: 'string', value: 'N', default: '100', help: 'Pairs to render' },
    seed: { type: 'string', value: 'N', default: '1', help: 'another seed is another world' },
    size: { type: 'string', value: 'WxH', default: '1242x375', help: 'size of the images' },
    output: { type: 'string', short: 'o', value: 'DIR', help: 'data folder in the KITTI 2015 layout' },
    'frames-per-scene': {
      type: 'string',
      value: 'N',
      default: '1',
      help: 'consecutive frames (10 a second) of each scene',
    },
    drive: { type: 'boolean', help: 'one scene only: all frames along one drive' },
    scene: { type: 'string', value: 'N', help: 'with --drive or --preview: which scene, default 0' },
    jpeg: { type: 'boolean', help: 'images as JPEG of quality 95 in place of PNG' },
    reflective: { type: 'string', value: 'SHARE', default: '0.1', help: 'share of reflecting surfaces, 0 to 1' },
    textureless: { type: 'string', value: 'SHARE', default: '0.12', help: 'share of textureless surfaces, 0 to 1' },
    workers: { type: 'string', value: 'N', help: 'threads; default: one a core' },
    preview: { type: 'string', value: 'FILE', help: 'write a contact sheet (PNG) of the first pairs' },
    json: { type: 'boolean', help: 'print the result as JSON' },
  },
  positionals: { min: 0, max: 0 },
  details: `
Writes training/image_2, image_3 (left, right), disp_occ_0 (disparity of all pixels, 16-bit PNG, value / 256 px),
disp_noc_0 (of those that the other camera sees), the same for the right view in disp_occ_0_right and
disp_noc_0_right, cameras.json, synth.json (the settings), and poses/SCENE.txt where scenes have several frames. The
same seed gives the same bytes, whatever the number of threads. Interrupted, the same command goes on.

  cyclops synth --domain street --count 2000 --seed 1 -o data/street
  cyclops synth --domain street --count 300 --drive -o data/drive
  cyclops synth --domain flying --preview flying.png`,
  run: runSynth,
};

async function runSynth(values: OptionValues): Promise<number> {
  const { CyclopsError } = await import('../../base/errors.js');
  const domain = choiceOption(values, 'domain', ['street', 'flying'] as const);
  const count = integerOption(values, 'count', 1, 1_000_000);
  const size = sizeOption(values, 'size');
  const folder = optionalText(values, 'output');
  const previewPath = optionalText(values, 'preview');
  if (folder === undefined && previewPath === undefined) {
    throw new CyclopsError('USAGE_INVALID', 'expected --output DIR, --preview FILE, or both');
  }
  const isDrive = values.drive === true;
  const firstScene = optionalText(values, 'scene') === undefined ? 0 : integerOption(values, 'scene', 0, 999_999);
  if (firstScene > 0 && !isDrive && folder !== undefined) {
    throw new CyclopsError('USAGE_INVALID', '--scene: expected together with --drive, or with --preview alone');
  }
  const plan = {
    domain,
    seed: integerOption(values, 'seed', 0, 0xffff_ffff),
    count,
    ...size,
    firstScene,
    framesPerScene: isDrive ? 1_000_000 : integerOption(values, 'frames-per-scene', 1, 100_000),
    jpeg: values.jpeg === true,
    hard: {
      reflective: numberOption(values, 'reflective', 0, 1),
      textureless: numberOption(values, 'textureless', 0, 1),
    },
  };
  const { availableParallelism } = await import('node:os');
  const workers =
    optionalText(values, 'workers') === undefined ? availableParallelism() : integerOption(values, 'workers', 1, 256);

  let exitCode = 0;
  if (folder !== undefined) exitCode = await renderFolder(folder, plan, workers, values);
  if (previewPath !== undefined && exitCode === 0) await renderPreview(previewPath, plan);
  return exitCode;
}

type Plan = import('../../data/synthetic/dataset.js').DatasetPlan;

async function renderFolder(folder: string, plan: Plan, workers: number, values: OptionValues): Promise<number> {
  const { writeDataset } = await import('../../data/synthetic/dataset.js');
  const line = createLiveLine();
  const stop = listenForStop((name) => line.log(`${name}: finishing what the threads are rendering`));
  let eta: ReturnType<typeof createEta> | undefined;
  let startAt = 0;
  try {
    const result = await writeDataset(folder, plan, {
      workers,
      command: `cyclops ${process.argv.slice(2).join(' ')}`,
      signal: stop.signal,
      onProgress: (done, skipped) => {
        // The rate counts pairs that were rendered: those found take no time.
        if (eta === undefined || skipped > startAt) {
          startAt = skipped;
          eta = createEta(plan.count, { startAt: done });
        }
        line.update(progressText('render', done, plan.count, eta, 'pairs'));
      },
    });
    line.close();
    const { written, skipped, total } = result;
    const text =
      result.status === 'finished'
        ? `${total} pairs in ${folder} (${written} rendered now, ${skipped} before)`
        : `stopped after ${written + skipped} of ${total} pairs; the same command goes on`;
    process.stdout.write(values.json === true ? `${JSON.stringify(result)}\n` : `${text}\n`);
    return result.status === 'finished' ? 0 : 130;
  } finally {
    line.close();
    stop.release();
  }
}

async function renderPreview(path: string, plan: Plan): Promise<void> {
  const { renderPair } = await import('../../data/synthetic/render-pair.js');
  const { previewSheet } = await import('../../data/synthetic/preview.js');
  const { encodePng } = await import('../../image/codec.js');
  const { writeAtomic } = await import('../../base/files.js');
  const { domain, seed, count, width, height, hard, framesPerScene, firstScene } = plan;
  const total = Math.min(previewPairs, count);
  const line = createLiveLine();
  const eta = createEta(total);
  const pairs = Array.from({ length: total }, (_, index) => {
    line.update(progressText('preview', index, total, eta, 'pairs'));
    return renderPair({
      domain,
      seed,
      // Of a drive, frames spread over its length; otherwise one frame of each of the first scenes.
      scene: firstScene + (framesPerScene >= count ? 0 : index),
      frame: framesPerScene >= count ? Math.floor((index * count) / total) : 0,
      width,
      height,
      hard,
    });
  });
  line.update(progressText('preview', total, total, eta, 'pairs'));
  line.close();
  await writeAtomic(path, await encodePng(previewSheet(pairs, `${domain}, seed ${seed}`)));
  process.stdout.write(`${path}\n`);
}
