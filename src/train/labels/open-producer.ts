import type { StereoSample } from '../../data/sample.js';
import { openPredictor, type Predictor } from '../predict/predict.js';
import { type ProducerSpec, producerNamed } from './producers/index.js';
import { describeNetworks, type PairPrediction, type ProducerNetworks } from './producers/producer.js';

/** A producer whose networks are loaded. One call at a time. */
export interface OpenProducer {
  /** Its networks as `labels.json` names them. */
  readonly networks: ProducerNetworks;
  predict(sample: StereoSample): Promise<PairPrediction>;
  close(): void;
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
