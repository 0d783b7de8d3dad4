import { tf } from '../tensorflow/tf.js';
import type { RunLog, RunRecord } from './run-log.js';

/**
 * A run's log that also writes its numbers as event files, which `tensorboard --logdir` shows. A resumed run adds a file;
 * of the steps that it repeats, both values stay. Where a file cannot be written, training goes on without them.
 * @param folder is made with the first number.
 */
export function withTensorBoard(log: RunLog, folder: string): RunLog {
  let writer: ReturnType<typeof tf.node.summaryFileWriter> | undefined;
  let isLost = false;
  const write = (record: RunRecord): void => {
    const scalars = scalarsOf(record);
    if (scalars.length === 0 || isLost) return;
    try {
      writer ??= tf.node.summaryFileWriter(folder);
      for (const [name, value] of scalars) writer.scalar(name, value, record.step);
      writer.flush();
    } catch {
      isLost = true;
    }
  };
  return {
    records: log.records,
    async append(record) {
      await log.append(record);
      write(record);
    },
    close: () => log.close(),
  };
}

/** The curves of a record: names with a group before the slash, and finite values. */
export function scalarsOf(record: RunRecord): (readonly [name: string, value: number])[] {
  if (record.kind === 'event') return [];
  const scalars =
    record.kind === 'validation'
      ? Object.entries(record.metrics).map(([name, value]) => [`validation/${name}`, value] as const)
      : [
          ['loss/total', record.loss] as const,
          ...Object.entries(record.losses).map(([name, value]) => [`loss/${name}`, value] as const),
          ['training/learningRate', record.learningRate] as const,
          ['training/gradientNorm', record.gradientNorm] as const,
          ['speed/imagesPerS', record.imagesPerS] as const,
          ['speed/waitShare', record.waitShare] as const,
          ['speed/rssMiB', record.rssMiB] as const,
        ];
  return scalars.filter(([, value]) => Number.isFinite(value));
}
