import { join } from 'node:path';
import { CyclopsError } from '../../base/errors.js';
import { createEta, createLiveLine, progressText } from '../../base/terminal.js';
import type { StereoSource } from '../../data/sample.js';
import type { LabelResult } from '../../train/labels/label.js';
import type { QueueProgress } from '../../train/labels/label-queue.js';
import { startActivity, withActivity } from '../activity.js';
import type { Command, OptionValues } from '../command.js';
import { numberOption, optionalText, requiredText, sizeOption } from '../options.js';
import { program } from '../program.js';
import { listenForStop } from '../stop-signal.js';

/** `cyclops label`: parse, call, show progress. */
export const command: Command = {
  name: 'label',
  summary: "Write a teacher's disparity, visibility and confidence of both views for every pair.",
  usage: '--teacher CHECKPOINT --data DATA -o DIR [--queue URL]  |  --queue URL --worker',
  options: {
    teacher: { type: 'string', value: 'DIR', help: "a stereo network's checkpoint, or the run folder around it" },
    mono: {
      type: 'string',
      value: 'DIR',
      help: 'a mono network, for what one view hides (Chen et al., ICCV 2021)',
    },
    data: { type: 'string', value: 'DATA', help: 'a folder, street:SEED:COUNT or flying:SEED:COUNT; see docs/data.md' },
    'render-size': { type: 'string', value: 'WxH', default: '1242x375', help: 'size of rendered pairs' },
    output: { type: 'string', short: 'o', value: 'DIR', help: 'labels folder' },
    refine: {
      type: 'boolean',
      help: 'match every pair again at full size, with the teacher as prior: for pairs unlike those it was trained on',
    },
    preview: {
      type: 'string',
      value: 'FILE',
      help: 'contact sheet (PNG) of the labels; default: preview.png in the labels folder',
    },
    queue: {
      type: 'string',
      value: 'URL',
      help: 'let workers label, over the Redis or Valkey server at redis://[:PASSWORD@]HOST[:PORT]; rediss:// for TLS',
    },
    worker: { type: 'boolean', help: 'be a worker of that queue, until Ctrl-C' },
    lease: {
      type: 'string',
      value: 'SECONDS',
      default: '30',
      help: 'worker: without a sign of life for so long, its pairs go to another worker',
    },
    json: { type: 'boolean', help: 'print the result as JSON' },
  },
  positionals: { min: 0, max: 0 },
  details: `
The teacher looks at whole images, sides rounded up to multiples of 64. Labels have the size of the images: 16-bit PNG
disparity (value / 256 px, 0 = none) and 8-bit PNG visibility and confidence, for both views. At the end a contact sheet
shows some pairs beside their labels: look at it before a student learns from them.

--refine matches both views again at full size, with the teacher's disparity as prior: better where both views see the same,
thin things above all, and most on images unlike those the teacher was trained on; worse in what one view hides and in the
sky (docs/labels.md). It takes some seconds of a core a pair, in threads beside the network, and 3 bytes * width * height *
disparities looked at a thread.

Stopped (Ctrl-C) or interrupted, the same command goes on with the pairs that are missing. Labels of another teacher or
of other data are never mixed in. cyclops train takes labels only with the images and cameras they were made from: to
train on rendered pairs, write them as a folder first (cyclops synth) and label that.

With --queue this process only orders the pairs and shows how it goes; any number of workers, here or on other machines,
do them. The labels folder must be one that all of them see. A worker takes teacher, data and folder from the order;
--teacher, --data and -o tell it where the same lie on its machine, if elsewhere. A pair that fails is tried four times; a
pair whose worker was killed goes to another one; Ctrl-C here takes back what no worker has begun, and the same command
goes on.`,
  run: runLabel,
};

async function runLabel(values: OptionValues): Promise<number> {
  const url = optionalText(values, 'queue');
  if (values.worker === true) {
    if (url === undefined) throw new CyclopsError('USAGE_INVALID', '--worker: expected --queue URL beside it');
    if (values.refine === true) {
      throw new CyclopsError('USAGE_INVALID', '--refine: goes with the order; a worker refines what was ordered so');
    }
    return runWorker(values, url);
  }
  const mono = optionalText(values, 'mono');
  const checkpoints = { teacher: requiredText(values, 'teacher'), ...(mono === undefined ? {} : { mono }) };
  const producer = mono === undefined ? 'teacher' : 'fused';
  const folder = requiredText(values, 'output');
  const preview = optionalText(values, 'preview') ?? join(folder, 'preview.png');
  const source = await openData(values, requiredText(values, 'data'));
  const order = { producer, checkpoints, source, folder, preview, refine: values.refine === true };
  return url === undefined ? runLocal(values, order) : runQueue(values, order, url);
}

/** What is to be labelled, and where to. */
interface Order {
  readonly producer: string;
  readonly checkpoints: Readonly<Record<string, string>>;
  readonly source: StereoSource;
  readonly folder: string;
  readonly preview: string;
  readonly refine: boolean;
}

async function runLocal(values: OptionValues, order: Order): Promise<number> {
  const { labelSource } = await withActivity('loading TensorFlow', () => import('../../train/labels/label.js'));
  const opening = startActivity('opening the network');
  const line = createLiveLine();
  const stop = listenForStop((name) => line.log(`${name}: finishing the pairs in progress`));
  let eta: ReturnType<typeof createEta> | undefined;
  try {
    const result = await labelSource({
      ...order,
      signal: stop.signal,
      onProgress: (done, total, skipped) => {
        // The rate counts from the first pair that the network looked at: pairs done before take no time.
        if (done === skipped) return;
        opening.close();
        eta ??= createEta(total, { startAt: done });
        line.update(progressText('label', done, total, eta, 'pairs'));
      },
    });
    opening.close();
    line.close();
    return printResult(values, order, result, resultText(order, result));
  } finally {
    opening.close();
    line.close();
    stop.release();
  }
}

async function runQueue(values: OptionValues, order: Order, url: string): Promise<number> {
  const { labelByQueue } = await import('../../train/labels/label-queue.js');
  const line = createLiveLine();
  const stop = listenForStop((name) => line.log(`${name}: taking back what no worker has begun`));
  let eta: ReturnType<typeof createEta> | undefined;
  try {
    const result = await labelByQueue({
      ...order,
      url,
      signal: stop.signal,
      onProgress: (progress) => {
        const { done, total, skipped } = progress;
        if (done > skipped) eta ??= createEta(total, { startAt: done });
        const text = eta === undefined ? `label ${done}/${total}` : progressText('label', done, total, eta, 'pairs');
        line.update(`${text}  ${workersText(progress)}`);
      },
    });
    line.close();
    const workers = Object.entries(result.workers).map(([name, pairs]) => `  ${name}: ${pairs} pairs\n`);
    const taken = result.takenOver > 0 ? `  ${result.takenOver} taken from workers that were gone\n` : '';
    return printResult(values, order, result, `${resultText(order, result)}\n${workers.join('')}${taken}`.trimEnd());
  } finally {
    line.close();
    stop.release();
  }
}

async function runWorker(values: OptionValues, url: string): Promise<number> {
  const leaseS = numberOption(values, 'lease', 1, 3600);
  const [teacher, mono, folder, data] = ['teacher', 'mono', 'output', 'data'].map((name) => optionalText(values, name));
  const source = data === undefined ? undefined : (await openData(values, data)).spec;
  const { serveLabels } = await import('../../train/labels/label-queue-worker.js');
  const line = createLiveLine();
  const stop = listenForStop((name) => line.log(`${name}: finishing the pairs in progress`));
  try {
    line.update('worker: waiting for pairs');
    const labelled = await serveLabels({
      url,
      leaseS,
      checkpoints: { ...(teacher === undefined ? {} : { teacher }), ...(mono === undefined ? {} : { mono }) },
      ...(folder === undefined ? {} : { folder }),
      ...(source === undefined ? {} : { source }),
      signal: stop.signal,
      onProgress: (count) => line.update(`worker: ${count} pairs labelled`),
      onMessage: (text) => line.log(text),
    });
    line.close();
    process.stdout.write(values.json === true ? `${JSON.stringify({ labelled })}\n` : `${labelled} pairs labelled\n`);
    return 0;
  } finally {
    line.close();
    stop.release();
  }
}

async function openData(values: OptionValues, text: string): Promise<StereoSource> {
  const size = sizeOption(values, 'render-size');
  const { parseSourceSpec } = await import('../../data/sources/parse-spec.js');
  const { openSource } = await import('../../data/sources/index.js');
  return openSource(parseSourceSpec(text, { ...size, framesPerScene: 1 }));
}

function workersText({ connected, byWorker, takenOver, failed }: QueueProgress): string {
  const parts = [`${connected ?? byWorker.size} workers`];
  if (connected === 0) parts.splice(0, 1, `no worker: start ${program} label --queue URL --worker`);
  else if (byWorker.size > 0) parts.push([...byWorker].map(([name, pairs]) => `${name} ${pairs}`).join(', '));
  if (takenOver > 0) parts.push(`${takenOver} taken over`);
  if (failed > 0) parts.push(`${failed} failed`);
  return parts.join('; ');
}

function resultText({ folder }: Order, { status, written, skipped, total }: LabelResult): string {
  return status === 'finished'
    ? `${total} pairs labelled in ${folder} (${written} now, ${skipped} before)`
    : `stopped after ${written + skipped} of ${total} pairs; the same command goes on`;
}

function printResult(values: OptionValues, { preview }: Order, result: LabelResult, text: string): number {
  process.stdout.write(values.json === true ? `${JSON.stringify(result)}\n` : `${text}\nsee ${preview}\n`);
  return 0;
}
