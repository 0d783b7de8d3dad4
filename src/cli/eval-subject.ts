import { assert, assertNever } from '../base/assert.js';
import { CyclopsError } from '../base/errors.js';
import type { StereoSource, ViewSample } from '../data/sample.js';
import { constantBaseline, leftOnly, type OnProgress, positionBaseline, storedLabels } from '../eval/baselines.js';
import type { Predict } from '../eval/evaluate.js';
import { withFlipTta } from '../eval/flip-tta.js';
import type { Predictor } from '../train/predict/predict.js';
import type { OptionValues } from './command.js';
import { choiceOption, optionalText } from './options.js';

/** The one thing that is measured. */
export type Subject =
  | { readonly kind: 'network'; readonly checkpoint: string; readonly isLeftOnly: boolean; readonly isRefined: boolean }
  | { readonly kind: 'model'; readonly path: string }
  | { readonly kind: 'labels'; readonly folder: string }
  | { readonly kind: 'constant' | 'position' };

/**
 * What the options ask to measure.
 * @throws CyclopsError `USAGE_INVALID` unless it is exactly one thing.
 */
export function chooseSubject(values: OptionValues): Subject {
  const network = optionalText(values, 'network');
  const model = optionalText(values, 'model');
  const labels = optionalText(values, 'labels');
  const baseline =
    values.baseline === undefined ? undefined : choiceOption(values, 'baseline', ['constant', 'position', 'left-only']);
  const isLeftOnly = baseline === 'left-only';
  const isRefined = values.refine === true;
  if (isRefined && (network === undefined || isLeftOnly)) {
    throw new CyclopsError('USAGE_INVALID', '--refine: goes with --network, and not with --baseline');
  }
  const given = [network, model, labels, isLeftOnly ? undefined : baseline].filter(
    (value) => value !== undefined,
  ).length;
  if (given !== 1) {
    throw new CyclopsError(
      'USAGE_INVALID',
      isLeftOnly && given === 0
        ? '--baseline left-only: expected --network with the stereo network to blindfold'
        : `eval: expected one of --network, --model, --labels, --baseline, found ${given}`,
    );
  }
  if (network !== undefined) return { kind: 'network', checkpoint: network, isLeftOnly, isRefined };
  if (isLeftOnly) throw new CyclopsError('USAGE_INVALID', '--baseline left-only: goes with --network only');
  if (model !== undefined) return { kind: 'model', path: model };
  if (labels !== undefined) return { kind: 'labels', folder: labels };
  return { kind: baseline === 'position' ? 'position' : 'constant' };
}

/** A subject ready to look at samples. */
export interface OpenSubject {
  readonly predict: Predict;
  /** `left` where it looks at the left view alone, so that the right one need not exist. */
  readonly views: 'both' | 'left';
  close(): Promise<void>;
}

/**
 * Opens what is measured.
 * @param isFlipTta average each prediction with that of the mirrored image.
 * @param onProgress of what a baseline looks at before it can predict.
 * @throws CyclopsError of the checkpoint, model or labels; `USAGE_INVALID` for flip test-time augmentation of what
 *   looks at two views.
 */
export async function openSubject(
  subject: Subject,
  source: StereoSource,
  isFlipTta: boolean,
  onProgress?: OnProgress,
): Promise<OpenSubject> {
  const close = async (): Promise<void> => {};
  if (isFlipTta && subject.kind !== 'network' && subject.kind !== 'model') {
    throw notFlipped(`${nameOf(subject)} has no network to look again`);
  }
  switch (subject.kind) {
    case 'network': {
      if (subject.isLeftOnly) await assertTeacher(subject.checkpoint, '--baseline left-only');
      if (subject.isRefined) await assertTeacher(subject.checkpoint, '--refine');
      // TensorFlow is loaded only when there is a network to run.
      const { openPredictor } = await import('../train/predict/predict.js');
      const opened = await openPredictor(subject.checkpoint);
      const predict = subject.isRefined ? refined(opened) : (sample: ViewSample) => opened.predict(sample);
      const views = opened.head.inputs === 'stereo' && !subject.isLeftOnly ? 'both' : 'left';
      if (isFlipTta && opened.head.inputs === 'stereo') {
        opened.close();
        throw notFlipped(`${subject.checkpoint} is a stereo network and looks at two views`);
      }
      const asked = subject.isLeftOnly ? leftOnly(predict) : isFlipTta ? withFlipTta(predict) : predict;
      return { predict: asked, views, close: async () => opened.close() };
    }
    case 'model': {
      const { openModelPredictor } = await import('../runtime/model-predictor.js');
      const opened = await openModelPredictor(subject.path);
      const predict: Predict = (sample) => opened.predict(sample);
      return {
        predict: isFlipTta ? withFlipTta(predict) : predict,
        views: 'left',
        close: () => opened.close(),
      };
    }
    case 'labels':
      return { predict: storedLabels(subject.folder), views: 'left', close };
    case 'constant':
      return { predict: await constantBaseline(source, onProgress), views: 'left', close };
    case 'position':
      return { predict: await positionBaseline(source, onProgress), views: 'left', close };
    default:
      return assertNever(subject);
  }
}

function notFlipped(reason: string): CyclopsError {
  return new CyclopsError('USAGE_INVALID', `--flip-tta: goes with a mono network; ${reason}`);
}

/** A teacher's left view, matched again at full size. */
function refined(teacher: Predictor): Predict {
  return async ({ right, ...sample }) => {
    assert(right !== undefined, 'a teacher looks at both views');
    const { refineLeft } = await import('../train/predict/refine-pair.js');
    const pair = { ...sample, right };
    return refineLeft(pair, await teacher.predictBoth(pair)).disparity;
  };
}

async function assertTeacher(checkpoint: string, option: string): Promise<void> {
  const { readCheckpointHead } = await import('../train/checkpoint/checkpoint-files.js');
  if ((await readCheckpointHead(checkpoint)).head.inputs === 'stereo') return;
  throw new CyclopsError(
    'USAGE_INVALID',
    `${option}: expected a stereo network, but ${checkpoint} is a mono network and sees the left image alone anyway`,
  );
}

/** What a subject is called in tables unless it is given a name. */
export function nameOf(subject: Subject): string {
  switch (subject.kind) {
    case 'network':
      return `${subject.checkpoint}${subject.isLeftOnly ? ', left image only' : subject.isRefined ? ', refined' : ''}`;
    case 'model':
      return subject.path;
    case 'labels':
      return subject.folder;
    default:
      return `${subject.kind} disparity`;
  }
}
