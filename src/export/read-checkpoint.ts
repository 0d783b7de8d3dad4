import { CyclopsError } from '../base/errors.js';
import { readCheckpointFile, readCheckpointHead } from '../train/checkpoint/checkpoint-files.js';
import type { Checkpoint } from '../train/checkpoint/checkpoint-schema.js';
import { type Network, parseNetwork } from './read-network.js';

/** A student checkpoint, ready to be exported. */
export interface StudentCheckpoint {
  readonly folder: string;
  readonly head: Checkpoint;
  readonly network: Network;
  /** The two files as they are, for reading the network with tfjs. */
  readonly modelJson: Uint8Array;
  readonly weightsBin: Uint8Array;
}

const modelFile = 'network/model.json';
const weightsFile = 'network/weights.bin';

/**
 * Reads a student's checkpoint folder, without tfjs.
 * @param path a checkpoint folder, or the run folder around it.
 * @throws CyclopsError `CHECKPOINT_INVALID` naming file and field; also where it is a teacher's.
 */
export async function readStudentCheckpoint(path: string): Promise<StudentCheckpoint> {
  const { folder, head } = await readCheckpointHead(path);
  if (head.inputs !== 'mono') {
    throw new CyclopsError(
      'CHECKPOINT_INVALID',
      `${folder}/run.json inputs: expected a mono network, found ${head.inputs} (${head.network}): it needs two images and cannot be exported`,
    );
  }
  const modelJson = await readCheckpointFile(folder, head, modelFile);
  const weightsBin = await readCheckpointFile(folder, head, weightsFile);
  const owner = `${folder}/${modelFile}`;
  const network = parseNetwork(new TextDecoder().decode(modelJson), weightsBin, owner);
  return { folder, head, network, modelJson, weightsBin };
}
