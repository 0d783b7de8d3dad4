/** How a run is going, for the line people watch. */
export interface TrainingProgress {
  readonly step: number;
  readonly steps: number;
  /** Step this process began at. */
  readonly startStep: number;
  /** Averages over the last steps. */
  readonly loss: number;
  readonly losses: Readonly<Record<string, number>>;
  readonly imagesPerS: number;
  readonly waitShare: number;
  readonly learningRate: number;
  /** Estimated time to the last step, s; NaN until known. */
  readonly remainingS: number;
}

/** Averages of the last steps, weighted towards the newest. */
export interface ProgressMeter {
  /** Counts a finished step. */
  add(
    seconds: number,
    waitSeconds: number,
    images: number,
    loss: number,
    losses: Readonly<Record<string, number>>,
  ): void;
  snapshot(step: number, learningRate: number): TrainingProgress;
}

/** Share of a new value in the running averages: a memory of some 20 steps. */
const newShare = 0.05;

/** A meter for a run of `steps` steps that goes on from `startStep`. */
export function createProgressMeter(steps: number, startStep: number): ProgressMeter {
  let weight = 0;
  let seconds = 0;
  let waitSeconds = 0;
  let images = 0;
  let loss = 0;
  const losses: Record<string, number> = {};
  const blend = (old: number, value: number): number => old * (1 - newShare) + value * newShare;
  return {
    add(stepSeconds, stepWaitSeconds, stepImages, stepLoss, stepLosses) {
      weight = blend(weight, 1);
      seconds = blend(seconds, stepSeconds);
      waitSeconds = blend(waitSeconds, stepWaitSeconds);
      images = blend(images, stepImages);
      loss = blend(loss, stepLoss);
      for (const [name, value] of Object.entries(stepLosses)) losses[name] = blend(losses[name] ?? 0, value);
    },
    snapshot(step, learningRate) {
      return {
        step,
        steps,
        startStep,
        loss: loss / weight,
        losses: Object.fromEntries(Object.entries(losses).map(([name, value]) => [name, value / weight])),
        imagesPerS: images / seconds,
        waitShare: waitSeconds / seconds,
        learningRate,
        remainingS: ((steps - step) * seconds) / weight,
      };
    },
  };
}

/** `loss 0.412 (disparity 0.312, visibility 0.1)  12.3 img/s  wait 1.2 %  lr 1e-4`: what follows the bar and the ETA. */
export function formatProgressDetails(progress: TrainingProgress): string {
  const terms = Object.entries(progress.losses);
  const detail =
    terms.length > 1 ? ` (${terms.map(([name, value]) => `${name} ${value.toPrecision(3)}`).join(', ')})` : '';
  return [
    `loss ${progress.loss.toPrecision(3)}${detail}`,
    `${progress.imagesPerS.toPrecision(3)} img/s`,
    `wait ${(100 * progress.waitShare).toFixed(1)} %`,
    `lr ${Number(progress.learningRate.toPrecision(2)).toExponential()}`,
  ].join('  ');
}
