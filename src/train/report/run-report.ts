import { stringify } from 'yaml';
import { writeAtomic } from '../../base/files.js';
import type { BatchData } from '../../data/batch.js';
import { methodNamed } from '../methods/index.js';
import { describeData, type RunInfo } from '../run/run-head.js';
import type { RunRecord } from '../run/run-log.js';
import type { tf } from '../tensorflow/tf.js';
import { makeExamples } from './examples.js';
import { formatReport, type Report, type ReportStatus } from './report.js';

/** Examples in the report. */
const exampleCount = 4;

/**
 * Writes the report of a run, atomically, so that a browser never sees half of it.
 * @throws CyclopsError `DISK_FULL`, `WRITE_FAILED`.
 */
export async function writeRunReport(
  path: string,
  run: {
    readonly status: ReportStatus;
    readonly step: number;
    readonly facts: RunInfo;
    readonly model: tf.LayersModel;
    readonly records: readonly RunRecord[];
    /** Where examples come from; none = no examples. */
    readonly batches: readonly BatchData[];
    /** Batches so far without a usable pixel of truth. */
    readonly emptyBatches: number;
    /** Pairs so far whose images have another shape than the first one's. */
    readonly otherShapes: number;
  },
): Promise<void> {
  const { facts, step } = run;
  const { config } = facts;
  const { paper, stages } = methodNamed(config.method);
  const report: Report = {
    title: `${config.network}: ${stages[config.stage]?.title ?? config.stage}`,
    status: run.status,
    step,
    steps: config.steps,
    writtenAt: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    facts: [
      ['Method', paper],
      [
        'Network',
        `${config.network}, width ${config.widthMultiplier}, ${facts.parameters.toLocaleString('en')} parameters`,
      ],
      ['Input', `${config.width}x${config.height}, batch ${config.batch}`],
      ['Data', describeData(config)],
      ['Data fingerprint', facts.dataFingerprint],
      ...(run.emptyBatches === 0 ? [] : [['Batches without a usable pixel', String(run.emptyBatches)] as const]),
      ...(run.otherShapes === 0 ? [] : [['Pairs of another shape', String(run.otherShapes)] as const]),
      ['Validation', facts.validation],
      ['Command', facts.command],
      ['Started', facts.startedAt],
      ['Configuration', stringify(config)],
    ],
    records: run.records,
    exampleStep: step,
    examples: run.batches.length === 0 ? [] : await makeExamples(run.model, facts.entry, run.batches, exampleCount),
  };
  await writeAtomic(path, formatReport(report));
}
