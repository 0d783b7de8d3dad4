import { CyclopsError } from '../../../base/errors.js';
import type { StereoSample } from '../../../data/sample.js';
import { type CheckpointHead, readCheckpointHead, sha256 } from '../../checkpoint/checkpoint-files.js';
import type { NetworkEntry } from '../../networks/index.js';
import type { Predictor, ViewPrediction } from '../../predict/predict.js';

/** What is known about both views of a pair before it becomes labels. */
export interface PairPrediction {
  readonly left: ViewPrediction;
  readonly right: ViewPrediction;
}

/** What a network does in making labels. */
export interface ProducerRole {
  readonly inputs: NetworkEntry['inputs'];
  /** For help. */
  readonly help: string;
}

/** The stereo network that most producers have. */
export const teacherRole: ProducerRole = {
  inputs: 'stereo',
  help: "A stereo network's checkpoint, or the run folder around it",
};

/** A way to make labels: one file beside this one fills it, one line in `index.ts` makes it known. */
export interface LabelProducer {
  readonly name: string;
  /** What it does, for help and docs. */
  readonly summary: string;
  /** The networks it looks with, by role: the command line and experiments have an option of each role's name. */
  readonly networks: Readonly<Record<string, ProducerRole>>;
  /** What its networks say about a pair, at the size of its images. */
  predict(networks: Readonly<Record<string, Predictor>>, sample: StereoSample): Promise<PairPrediction>;
}

/** Checkpoints by role, as `labels.json` names them. */
export type ProducerNetworks = Readonly<Record<string, { readonly checkpoint: string; readonly sha256: string }>>;

/**
 * The checkpoints of a producer's networks and their digests.
 * @throws CyclopsError `CONFIG_INVALID` for a role without a checkpoint or one that the producer has not;
 * `CHECKPOINT_INVALID` for a stereo network given as mono or the reverse.
 */
export async function describeNetworks(
  { name, networks }: LabelProducer,
  checkpoints: Readonly<Record<string, string>>,
): Promise<ProducerNetworks> {
  const [expected, found] = [Object.keys(networks), Object.keys(checkpoints)].map((roles) => roles.sort().join(', '));
  if (expected !== found) {
    throw new CyclopsError('CONFIG_INVALID', `labels of ${name}: expected networks ${expected}, found ${found}`);
  }
  const described: Record<string, ProducerNetworks[string]> = {};
  for (const [role, { inputs }] of Object.entries(networks)) {
    const checkpoint = checkpoints[role]!;
    const { head } = await readCheckpointHead(checkpoint);
    if (head.inputs !== inputs) {
      throw new CyclopsError(
        'CHECKPOINT_INVALID',
        `${checkpoint}/run.json inputs: expected a ${inputs} network, found ${head.inputs} (${head.network})`,
      );
    }
    described[role] = { checkpoint, sha256: checkpointDigest(head) };
  }
  return described;
}

/** Digest of a checkpoint's files: labels are bound to it. */
function checkpointDigest(head: CheckpointHead & { readonly files: Readonly<Record<string, string>> }): string {
  return sha256(new TextEncoder().encode(JSON.stringify(head.files)));
}
