import { existsSync } from 'node:fs';
import { CyclopsError, isCyclopsError } from '../base/errors.js';
import type { PartialTrainingConfig, TrainingConfig } from '../train/config/config.js';
import { defaultsFromInit, resolveTrainingConfig } from '../train/config/resolve-config.js';
import type { Plan } from './plan.js';
import { isTraining, type TrainingStep } from './training-step.js';

/**
 * The complete configuration of a training step, whose `init` is there.
 * @throws CyclopsError `CONFIG_INVALID`, `CHECKPOINT_INVALID`.
 */
export async function trainingConfigOf(step: TrainingStep): Promise<TrainingConfig> {
  const { init } = step.settings;
  return complete(step, init === undefined ? {} : await defaultsFromInit(init));
}

/**
 * Checks the settings of all training steps together, before hours go into the first: a network that is not there yet
 * counts as what its step says.
 * @throws CyclopsError `CONFIG_INVALID` naming the step.
 */
export async function checkTraining(plan: Plan): Promise<void> {
  const made = new Map<string, TrainingConfig>();
  for (const step of plan.steps) {
    if (!isTraining(step)) continue;
    const { init } = step.settings;
    const from = init === undefined ? undefined : made.get(init);
    try {
      const known = from ?? (init !== undefined && existsSync(init) ? await defaultsFromInit(init) : {});
      const { network, widthMultiplier, width, height } = known;
      const config = complete(step, { network, widthMultiplier, width, height });
      made.set(step.output, config);
      if (from === undefined) continue;
      for (const field of ['network', 'widthMultiplier'] as const) {
        if (config[field] === from[field]) continue;
        throw new CyclopsError('CONFIG_INVALID', `${field}: expected ${from[field]} like init, found ${config[field]}`);
      }
    } catch (error) {
      if (!isCyclopsError(error, 'CONFIG_INVALID')) throw error;
      throw new CyclopsError('CONFIG_INVALID', `${plan.file} steps.${step.name}: ${error.message}`, { cause: error });
    }
  }
}

function complete({ settings }: TrainingStep, defaults: PartialTrainingConfig): TrainingConfig {
  return resolveTrainingConfig({ ...defaults, ...settings });
}
