/** A labelling thread: left-right check, encoding and writing of one pair after another. It never loads TensorFlow. */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../base/assert.js';
import { writePairLabels } from '../data/labels.js';
import { type PlainError, plainFromError } from '../data/loader-messages.js';
import { labelsFrom, type PairPrediction } from './label-maps.js';

/** One pair's prediction, to become files. */
export interface LabelRequest {
  readonly id: string;
  readonly prediction: PairPrediction;
}

/** The pair's files are there, or why not. */
export type LabelReply = { readonly kind: 'written' } | { readonly kind: 'failed'; readonly error: PlainError };

assert(parentPort !== null, 'label-worker runs as a worker thread');
const port = parentPort;
const { folder } = workerData as { readonly folder: string };

port.on('message', ({ id, prediction }: LabelRequest) => {
  writePairLabels(folder, id, labelsFrom(prediction)).then(
    () => reply({ kind: 'written' }),
    (error: unknown) => reply({ kind: 'failed', error: plainFromError(error) }),
  );
});

function reply(message: LabelReply): void {
  port.postMessage(message);
}
