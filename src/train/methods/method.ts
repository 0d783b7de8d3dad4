import type { z } from 'zod';
import { assert } from '../../base/assert.js';
import type { BatchData } from '../../data/batch.js';
import type { NetworkName } from '../checkpoint/checkpoint-schema.js';
import type { TrainingConfig } from '../config/config.js';
import type { Loss } from '../losses/loss.js';
import type { NetworkEntry } from '../networks/index.js';
import type { tf } from '../tensorflow/tf.js';

/**
 * A paper. `PAPER.ts` beside this file says what it is, `PAPER-loss.ts` has its losses, one line in `index.ts` makes it
 * known. Nothing outside these files names a paper, a stage or a setting of one.
 */
export interface Method {
  /** First author, venue, year: `guo-eccv18`. */
  readonly name: string;
  /** Authors, title, venue. */
  readonly paper: string;
  /** Its stages by name, in the order in which a user runs them. */
  readonly stages: Readonly<Record<string, Stage>>;
}

/** One training stage of a method: which networks take part, what a batch must carry, and the loss. */
export interface Stage {
  readonly title: string;
  readonly networks: StageNetworks;
  /** Strict schema of the stage's own settings: `settings` in a run's configuration, options of the command line. */
  readonly settings: z.ZodObject;
  /** The stage with its settings. @throws ZodError if they do not fit the schema. */
  configure(settings: Readonly<Record<string, unknown>>): ConfiguredStage;
}

/** The networks of a stage by role. */
export interface StageNetworks {
  /** The one network that the optimizer moves. */
  readonly trained: {
    readonly inputs: NetworkEntry['inputs'];
    readonly default: NetworkName;
    /** `checkpoint`: it must start from weights that a run before it made (`init`). */
    readonly start: 'anew' | 'checkpoint';
  };
  /** Networks that the loss looks at and that stay as they are, by role. */
  readonly frozen?: Readonly<Record<string, FrozenNetwork>>;
}

/** A network that stays as it is. */
export interface FrozenNetwork {
  readonly inputs: NetworkEntry['inputs'];
  /** `init`: the trained network as it was before the first step; `checkpoint`: the run's configuration names it. */
  readonly from: 'init' | 'checkpoint';
}

/** A stage whose settings are known. */
export interface ConfiguredStage {
  readonly needs: BatchNeeds;
  readonly defaults: StageDefaults;
  /** Checks what only this stage knows about a complete configuration. @throws CyclopsError `CONFIG_INVALID`. */
  check?(config: TrainingConfig, network: NetworkEntry): void;
  /** Loads the stage's loss. Apart from the rest of a stage, because options, help and plans need no TensorFlow. */
  loss(): Promise<StageLoss>;
}

/**
 * The loss of one batch. Called inside a tidy before gradients are recorded: what must not be differentiated (the view of
 * a frozen network, a visibility mask) is computed here. What it returns is differentiated in the trained variables.
 */
export type StageLoss = (context: StageContext, batch: BatchTensors, data: BatchData) => () => Loss;

/** What a batch must carry beside both views. */
export interface BatchNeeds {
  /** Also the views before their colours were changed. */
  readonly clean: boolean;
  /** Where the disparity to learn from comes from: the source's ground truth, a labels folder, or there is none. */
  readonly target: 'truth' | 'labels' | 'none';
  /** Whether the right view's disparity is read too, and whether a batch without it is an error. */
  readonly rightTarget: 'required' | 'optional' | 'unused';
}

/** What a run takes from its stage unless its configuration says otherwise. */
export type StageDefaults = Pick<
  TrainingConfig,
  'augmentation' | 'batch' | 'steps' | 'learningRate' | 'milestones' | 'warmupSteps'
> & { readonly pairs?: number };

/** One batch on the device. B batch, H rows, W columns of the network's input. */
export interface BatchTensors {
  /** [B,H,W,3], RGB 0..1, as the network sees them. */
  readonly left: tf.Tensor4D;
  readonly right: tf.Tensor4D;
  /** [B,H,W,3] the views before colours were changed; where the stage needs them. */
  readonly clean?: Views;
  /** [B,H,W,1] disparity to learn from, px at width W; 0 = unknown. */
  readonly disparityLeft?: tf.Tensor4D;
  readonly disparityRight?: tf.Tensor4D;
  /** [B,H,W,1], 1 = seen by the other camera too; absent where the source does not know. */
  readonly visibleLeft?: tf.Tensor4D;
  readonly visibleRight?: tf.Tensor4D;
  /** [B,H,W,1] 0..1; absent for ground truth. */
  readonly confidenceLeft?: tf.Tensor4D;
  readonly confidenceRight?: tf.Tensor4D;
}

/** Both views of a pair, [B,H,W,3]. */
export interface Views {
  readonly left: tf.Tensor4D;
  readonly right: tf.Tensor4D;
}

/** A network on the device, and what is known of it. */
export interface StageNetwork {
  readonly model: tf.LayersModel;
  readonly entry: NetworkEntry;
}

/** What a stage's loss is computed with. */
export interface StageContext extends StageNetwork {
  /** Input width, px: network outputs are fractions or multiples of it. */
  readonly widthPx: number;
  /** By role. */
  readonly frozen: Readonly<Record<string, StageNetwork>>;
}

/** A stage as a paper's file writes it: `of` gets the settings in the type of their schema. */
export interface StageDefinition<Settings extends z.ZodObject> extends Omit<Stage, 'configure'> {
  readonly settings: Settings;
  readonly of: (settings: z.output<Settings>) => ConfiguredStage;
}

/** A stage of its definition. */
export function defineStage<Settings extends z.ZodObject>({ of, ...stage }: StageDefinition<Settings>): Stage {
  return { ...stage, configure: (settings) => of(stage.settings.parse(settings) as z.output<Settings>) };
}

/** What the loop promises a stage that says it needs it. */
export function needed<T>(value: T | undefined): T {
  assert(value !== undefined, 'a batch carries what its stage needs');
  return value;
}
