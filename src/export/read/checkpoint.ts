import { CyclopsError } from '../../base/errors.js';
import { readCheckpointFile, readCheckpointHead } from '../../train/checkpoint-files.js';
import type { Checkpoint } from '../../train/checkpoint-schema.js';
import { type Network, parseNetwork } from './network.js';

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
  if (head.role !== 'student') {
    throw new CyclopsError(
      'CHECKPOINT_INVALID',
      `${folder}/run.json role: expected student, found ${head.role}: a teacher needs two images and cannot be exported`,
    );
  }
  const modelJson = await readCheckpointFile(folder, head, modelFile);
  const weightsBin = await readCheckpointFile(folder, head, weightsFile);
  const owner = `${folder}/${modelFile}`;
  const network = parseNetwork(new TextDecoder().decode(modelJson), weightsBin, owner);
  return { folder, head, network, modelJson, weightsBin };
}
