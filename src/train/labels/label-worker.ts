/** A labelling thread: refinement, left-right check, encoding and writing of one pair after another. It never loads TensorFlow. */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../base/assert.js';
import { type WritableLabels, writePairLabels } from '../../data/labels.js';
import { type PlainError, plainFromError } from '../../data/loader-messages.js';
import { type PairImages, refinePair } from '../predict/refine-pair.js';
import { labelsFrom } from './label-maps.js';
import type { PairPrediction } from './producers/producer.js';

/** One pair's prediction, to become files; refined first where its images are given. */
export interface LabelRequest {
  readonly id: string;
  readonly prediction: PairPrediction;
  readonly images?: PairImages;
}

/** The pair's files are there, or why not. */
export type LabelReply = { readonly kind: 'written' } | { readonly kind: 'failed'; readonly error: PlainError };

assert(parentPort !== null, 'label-worker runs as a worker thread');
const port = parentPort;
const { folder } = workerData as { readonly folder: string };

port.on('message', (request: LabelRequest) => {
  writePairLabels(folder, request.id, labelsOf(request)).then(
    () => reply({ kind: 'written' }),
    (error: unknown) => reply({ kind: 'failed', error: plainFromError(error) }),
  );
});

function labelsOf({ prediction, images }: LabelRequest): WritableLabels {
  return labelsFrom(images === undefined ? prediction : refinePair(images, prediction));
}

function reply(message: LabelReply): void {
  port.postMessage(message);
}
