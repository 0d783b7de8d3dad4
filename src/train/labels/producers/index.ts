import { CyclopsError } from '../../../base/errors.js';
import type { StereoSample } from '../../../data/sample.js';
import { openPredictor, type Predictor } from '../../predict/predict.js';
import { fused } from './fused.js';
import { describeNetworks, type LabelProducer, type PairPrediction, type ProducerNetworks } from './producer.js';
import { teacher } from './teacher.js';

/** All ways to make labels, by name. */
export const labelProducers: Readonly<Record<string, LabelProducer>> = { teacher, fused };

/** A producer whose networks are loaded. One call at a time. */
export interface OpenProducer {
  /** Its networks as `labels.json` names them. */
  readonly networks: ProducerNetworks;
  predict(sample: StereoSample): Promise<PairPrediction>;
  close(): void;
}

/** Who makes labels, with which networks. */
export interface ProducerSpec {
  readonly producer: string;
  /** Checkpoint folders, or the run folders around them, by role. */
  readonly checkpoints: Readonly<Record<string, string>>;
}

/** @throws CyclopsError `CONFIG_INVALID` for a name that is not in the table. */
export function producerNamed(name: string): LabelProducer {
  const producer = Object.hasOwn(labelProducers, name) ? labelProducers[name] : undefined;
  if (producer !== undefined) return producer;
  throw new CyclopsError(
    'CONFIG_INVALID',
    `label producer: expected one of ${Object.keys(labelProducers).join(', ')}, found "${name}"`,
  );
}

/** Loads a producer's networks. @throws CyclopsError `CONFIG_INVALID`, `CHECKPOINT_INVALID`. */
export async function openProducer({ producer: name, checkpoints }: ProducerSpec): Promise<OpenProducer> {
  const producer = producerNamed(name);
  const networks = await describeNetworks(producer, checkpoints);
  const predictors: Record<string, Predictor> = {};
  const close = (): void => {
    for (const predictor of Object.values(predictors)) predictor.close();
  };
  try {
    for (const [role, { checkpoint }] of Object.entries(networks)) predictors[role] = await openPredictor(checkpoint);
  } catch (error) {
    close();
    throw error;
  }
  return { networks, predict: (sample) => producer.predict(predictors, sample), close };
}
