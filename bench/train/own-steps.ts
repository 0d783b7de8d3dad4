import type { Batch } from '../../src/data/loader.js';
import type { TrainingConfig } from '../../src/train/config/config.js';
import { stageOf } from '../../src/train/config/resolve-config.js';
import type { StageContext, StageLoss } from '../../src/train/methods/method.js';
import { networks } from '../../src/train/networks/index.js';
import { createNetwork, trainableVariables } from '../../src/train/networks/network.js';
import { type Adam, createAdam } from '../../src/train/run/adam.js';
import { readStats, runStep, type StepValues } from '../../src/train/run/step.js';
import type { tf } from '../../src/train/tensorflow/tf.js';
import { type Recording, recordOperators } from './op-recorder.js';

/** What some steps took: by the clock, and of all cores together. */
export interface StepTimes {
  readonly seconds: number;
  readonly processorSeconds: number;
}

/** Where the time of one step goes, ms; what copies the batch is `data`. */
export interface Phases {
  readonly data: number;
  readonly forward: number;
  readonly backward: number;
  readonly optimizer: number;
}

/** Steps of a training run without its loop: network, loss, gradients, optimizer. */
export interface OwnSteps {
  readonly variables: readonly tf.Variable[];
  /** One step; the first one's numbers are those of the weights as they were drawn. */
  step(): Promise<StepValues>;
  run(steps: number): Promise<StepTimes>;
  /** One step with every operator timed. */
  record(): Promise<{ readonly phases: Phases; readonly ms: number; readonly recording: Recording }>;
  close(): void;
}

/** Opens a network with fresh weights, and its optimizer. */
export async function openOwnSteps(config: TrainingConfig, batch: Batch): Promise<OwnSteps> {
  const entry = networks[config.network];
  const model = createNetwork(config, config);
  const variables = trainableVariables(model);
  const context: StageContext = { model, entry, widthPx: config.width, frozen: {} };
  const stageLoss = await stageOf(config).loss();
  const adam = createAdam(variables);
  let count = 0;

  async function step(by: StageLoss = stageLoss, optimizer: Adam = adam): Promise<StepValues> {
    const { learningRate, clipNorm } = config;
    return readStats(
      runStep(by, context, optimizer, batch, { step: ++count, learningRate, clipNorm, isEncoderResting: false }),
    );
  }
  return {
    variables,
    step: () => step(),
    async run(steps) {
      const start = performance.now();
      const before = process.cpuUsage();
      for (let i = 0; i < steps; i++) await step();
      const { user, system } = process.cpuUsage(before);
      return { seconds: (performance.now() - start) / 1000, processorSeconds: (user + system) / 1e6 };
    },
    async record() {
      const marks: number[] = [];
      const mark = (): void => {
        marks.push(performance.now());
      };
      const marked: StageLoss = (...args) => {
        const lossOfBatch = stageLoss(...args);
        return () => {
          mark();
          const loss = lossOfBatch();
          mark();
          return loss;
        };
      };
      const optimizer: Adam = {
        ...adam,
        apply: (...args) => {
          mark();
          return adam.apply(...args);
        },
      };
      let reading: Promise<StepValues> | undefined;
      mark();
      const recording = recordOperators(() => {
        reading = step(marked, optimizer);
      });
      await reading;
      mark();
      const [start, forward, backward, update, end] = marks as [number, number, number, number, number];
      const phases = {
        data: forward - start,
        forward: backward - forward,
        backward: update - backward,
        optimizer: end - update,
      };
      return { phases, ms: end - start, recording };
    },
    close() {
      adam.dispose();
      model.dispose();
    },
  };
}
