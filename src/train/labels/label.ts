import { openLabelWriter } from '../../data/labels.js';
import type { StereoSample, StereoSource } from '../../data/sample.js';
import { imagesOf } from '../predict/refine-pair.js';
import { labelsInfoOf, missingPairs, writeLabelPreview } from './label-folder.js';
import { openLabelThreads } from './label-threads.js';
import { type OpenProducer, openProducer, type ProducerSpec } from './producers/index.js';

/** What labelling needs. */
export interface LabelOptions extends ProducerSpec {
  readonly source: StereoSource;
  readonly folder: string;
  /** Match every pair again at full size, with the producer's disparity as prior; not unless given. */
  readonly refine?: boolean;
  /** Aborted: the pairs in progress are finished, then labelling stops; running it again goes on. */
  readonly signal: AbortSignal;
  readonly onProgress?: (done: number, total: number, skipped: number) => void;
  /** Where a contact sheet (PNG) of the labels is written at the end. */
  readonly preview?: string;
}

/** How labelling ended. */
export interface LabelResult {
  readonly total: number;
  /** Pairs labelled now, and pairs that were labelled before. */
  readonly written: number;
  readonly skipped: number;
  readonly status: 'finished' | 'stopped';
}

/**
 * Writes disparity, visibility and confidence of both views for every pair of a source, restartable.
 * @throws CyclopsError `CHECKPOINT_INVALID` (also for a mono network as teacher), `DATA_INVALID` if the folder holds other labels,
 * `DISK_FULL`, and those of the source.
 */
export async function labelSource(options: LabelOptions): Promise<LabelResult> {
  const { source, signal } = options;
  const producer = await openProducer(options);
  try {
    return await labelAll(producer, options);
  } finally {
    producer.close();
  }

  async function labelAll(
    { networks, predict }: OpenProducer,
    { folder, onProgress, refine = false }: LabelOptions,
  ): Promise<LabelResult> {
    const total = source.length;
    const writer = await openLabelWriter(folder, await labelsInfoOf(options.producer, networks, source, refine));
    const missing = missingPairs(source, writer);
    const skipped = total - missing.length;
    let written = 0;
    const threads = openLabelThreads(folder);
    try {
      let pending = readAhead(source, missing[0]);
      for (const [position, index] of missing.entries()) {
        if (signal.aborted) break;
        const sample = (await pending)!;
        // The next pair is read, and those before are checked, encoded and written, while the network looks at this one.
        pending = readAhead(source, missing[position + 1]);
        const prediction = await predict(sample);
        const work = { id: source.idAt(index), prediction, ...(refine ? { images: imagesOf(sample) } : {}) };
        await threads.write(work, () => {
          written++;
          onProgress?.(skipped + written, total, skipped);
        });
      }
      await threads.finish();
    } finally {
      await threads.close();
    }
    if (options.preview !== undefined) await writeLabelPreview(options.preview, source, folder, writer);
    return { total, written, skipped, status: written + skipped === total ? 'finished' : 'stopped' };
  }
}

function readAhead(source: StereoSource, index: number | undefined): Promise<StereoSample | undefined> {
  const sample = index === undefined ? Promise.resolve(undefined) : source.read(index, 'none');
  // An error is thrown where the sample is awaited; until then it must not count as unhandled.
  sample.catch(() => undefined);
  return sample;
}
