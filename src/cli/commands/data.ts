import { CyclopsError } from '../../base/errors.js';
import { writeAtomic } from '../../base/files.js';
import { createEta, createLiveLine, progressText } from '../../base/terminal.js';
import { checkData, type DataCheck, damageKinds } from '../../data/check.js';
import { layouts } from '../../data/sources/layouts/index.js';
import { encodePng } from '../../image/codec.js';
import type { Command } from '../command.js';
import { dataSpec, folderOptions } from '../data-option.js';
import { integerOption, optionalText } from '../options.js';

/** `cyclops data check DIR`: what a folder holds, and all that is wrong with it. */
export const command: Command = {
  name: 'data',
  summary: 'check a folder of data: counts, sizes, cameras, all damage',
  usage: 'check DIR [options]',
  details: `
Reads every file of a folder in any of the layouts of docs/data.md and says what it found. It goes on after whatever is
missing or broken and counts it by kind at the end, with some examples (--all names every file); then the exit code is 3.

  cyclops data check data/kitti2015 --sheet out/kitti2015.png
  cyclops data check /data/kitti_raw --list splits/eigen/test_files.txt --truth annotated
  cyclops data check /data/cityscapes --count 200 --json`,
  options: {
    ...folderOptions,
    all: { type: 'boolean', help: 'name every damaged file, not three of each kind' },
    count: { type: 'string', value: 'N', help: 'only N pairs, evenly spaced' },
    sheet: { type: 'string', value: 'FILE', help: 'write a contact sheet (PNG) of some pairs and their truth' },
    'on-sheet': { type: 'string', value: 'N', default: '12', help: 'pairs on the contact sheet' },
    json: { type: 'boolean', help: 'print the findings as JSON' },
  },
  positionals: { min: 2, max: 2 },
  async run(values, [action, folder]) {
    if (action !== 'check') throw new CyclopsError('USAGE_INVALID', `data: expected check, found "${action}"`);
    const spec = dataSpec(folder!, values, { width: 0, height: 0, framesPerScene: 1 });
    if (spec.kind === 'synthetic') {
      throw new CyclopsError('USAGE_INVALID', `data check: expected a folder, found "${folder}"`);
    }
    const live = createLiveLine();
    let eta: ReturnType<typeof createEta> | undefined;
    const { check, sheet } = await checkData(spec, layouts[spec.kind], {
      ...(values.count === undefined ? {} : { count: integerOption(values, 'count', 1, 10_000_000) }),
      onSheet: integerOption(values, 'on-sheet', 1, 200),
      onProgress: (done, total) => {
        eta ??= createEta(total, { startAt: done });
        live.update(progressText('checking', done, total, eta, 'pairs'));
      },
    });
    live.close();
    const sheetPath = optionalText(values, 'sheet');
    if (sheetPath !== undefined && sheet !== undefined) await writeAtomic(sheetPath, await encodePng(sheet));
    process.stdout.write(
      `${values.json === true ? JSON.stringify(check, null, 2) : checkText(check, values.all === true)}\n`,
    );
    return check.damage.length === 0 ? 0 : 3;
  },
};

/** Damaged files of a kind that are named unless all shall be. */
const exampleCount = 3;

/** The findings for people. */
function checkText(check: DataCheck, isAllNamed: boolean): string {
  const lines = [
    `${check.folder}: layout ${check.layout}`,
    `pairs     ${check.pairs} found, ${check.stereo} with both views, ${check.mono - check.stereo} with the left one only`,
    ...(check.withCamera === check.mono ? [] : [`camera    known for ${check.withCamera} of ${check.mono}`]),
    ...check.sizes.map(({ width, height, pairs }) => `size      ${width}x${height}: ${pairs}`),
    ...check.cameras.map(
      ({ camera, pairs }) =>
        `camera    fx ${camera.fxPx.toFixed(2)} px, baseline ${camera.baselineM.toFixed(4)} m${camera.doffsPx === 0 ? '' : `, doffs ${camera.doffsPx.toFixed(2)} px`}: ${pairs}`,
    ),
    `truth     ${
      Object.entries(check.truth)
        .map(([kind, pairs]) => `${kind} ${pairs}`)
        .join(', ') || 'none'
    }`,
    check.damage.length === 0 ? 'damage    none' : `damage    ${check.damage.length} files or names`,
    ...damageLines(check, isAllNamed ? Number.POSITIVE_INFINITY : exampleCount),
  ];
  return lines.join('\n');
}

/** A line a kind of damage with its count, and some or all of the files below it. */
function damageLines({ damage }: DataCheck, examples: number): string[] {
  return damageKinds.flatMap((kind) => {
    const found = damage.filter((one) => one.kind === kind);
    if (found.length === 0) return [];
    const more = found.length - examples;
    return [
      `  ${kind}: ${found.length}`,
      ...found.slice(0, examples).map(({ reason }) => `    ${reason}`),
      ...(more > 0 ? [`    and ${more} more; --all names them`] : []),
    ];
  });
}
