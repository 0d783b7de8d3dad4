import { join } from 'node:path';
import type { Command, OptionValues } from '../command.js';
import { optionalText, requiredText, sizeOption } from '../options.js';
import { listenForStop } from '../stop-signal.js';
import { createEta, createLiveLine, progressText } from '../terminal.js';

/** `cyclops label`: parse, call, show progress. */
export const command: Command = {
  name: 'label',
  summary: "Write a teacher's disparity, visibility and confidence of both views for every pair.",
  usage: '--teacher CHECKPOINT --data DATA -o DIR',
  options: {
    teacher: { type: 'string', value: 'DIR', help: "a teacher's checkpoint, or the run folder around it" },
    data: { type: 'string', value: 'DATA', help: 'a folder, street:SEED:COUNT or flying:SEED:COUNT; see docs/data.md' },
    'render-size': { type: 'string', value: 'WxH', default: '1242x375', help: 'size of rendered pairs' },
    output: { type: 'string', short: 'o', value: 'DIR', help: 'labels folder' },
    preview: {
      type: 'string',
      value: 'FILE',
      help: 'contact sheet (PNG) of the labels; default: preview.png in the labels folder',
    },
    json: { type: 'boolean', help: 'print the result as JSON' },
  },
  positionals: { min: 0, max: 0 },
  details: `
The teacher looks at whole images, sides rounded up to multiples of 64. Labels have the size of the images: 16-bit PNG
disparity (value / 256 px, 0 = none) and 8-bit PNG visibility and confidence, for both views. At the end a contact sheet
shows some pairs beside their labels: look at it before a student learns from them.

Stopped (Ctrl-C) or interrupted, the same command goes on with the pairs that are missing. Labels of another teacher or
of other data are never mixed in. cyclops train takes labels only with the images and cameras they were made from: to
train on rendered pairs, write them as a folder first (cyclops synth) and label that.`,
  run: runLabel,
};

async function runLabel(values: OptionValues): Promise<number> {
  const teacher = requiredText(values, 'teacher');
  const folder = requiredText(values, 'output');
  const preview = optionalText(values, 'preview') ?? join(folder, 'preview.png');
  const size = sizeOption(values, 'render-size');
  const { parseSourceSpec } = await import('../../data/sources/parse-spec.js');
  const { openSource } = await import('../../data/sources/index.js');
  const source = await openSource(parseSourceSpec(requiredText(values, 'data'), { ...size, framesPerScene: 1 }));
  const { labelSource } = await import('../../train/label.js');

  const line = createLiveLine();
  const stop = listenForStop((name) => line.log(`${name}: finishing the pairs in progress`));
  let eta: ReturnType<typeof createEta> | undefined;
  try {
    const result = await labelSource({
      teacher,
      source,
      folder,
      preview,
      signal: stop.signal,
      onProgress: (done, total, skipped) => {
        // The rate counts from the first pair that the network looked at: pairs done before take no time.
        if (done === skipped) return;
        eta ??= createEta(total, { startAt: done });
        line.update(progressText('label', done, total, eta, 'pairs'));
      },
    });
    line.close();
    const { written, skipped, total } = result;
    const text =
      result.status === 'finished'
        ? `${total} pairs labelled in ${folder} (${written} now, ${skipped} before)`
        : `stopped after ${written + skipped} of ${total} pairs; the same command goes on`;
    process.stdout.write(values.json === true ? `${JSON.stringify(result)}\n` : `${text}\nsee ${preview}\n`);
    return 0;
  } finally {
    line.close();
    stop.release();
  }
}
