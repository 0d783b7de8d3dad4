import type { FolderSpec, MixedSpec, SingleSpec, SourceSpec } from '../../data/sample.js';
import { openSource } from '../../data/sources/index.js';

/** The `validationData` of a run that keeps some pairs of its own folder out of training. */
export const heldOut = 'held-out';

/** One pair in so many at most is held out; of fewer pairs, none is. */
const pairsAHeldOutOne = 20;

/** The sources a run reads. */
export interface RunSources {
  readonly training: SourceSpec;
  /** What it is validated on, if anything. */
  readonly validation: SourceSpec | undefined;
}

/** A folder in two: what is trained on, and what is held out of that. */
interface FolderSplit {
  readonly training: FolderSpec;
  readonly validation: FolderSpec | undefined;
}

/**
 * Divides a folder into what is trained on and what is held out: at most `count` pairs and 5 %, evenly spaced in the
 * order of names, so that every drive of a larger folder is among them. The same folder is always divided alike.
 * @throws CyclopsError of the source.
 */
export async function splitHeldOut(training: FolderSpec, count: number): Promise<FolderSplit> {
  const source = await openSource(training);
  const held = Math.min(count, Math.floor(source.length / pairsAHeldOutOne));
  if (held === 0) return { training, validation: undefined };
  const indices = new Set(evenlySpaced(source.length, held));
  const ids = Array.from({ length: source.length }, (_, index) => source.idAt(index));
  return {
    training: { ...training, ids: ids.filter((_, index) => !indices.has(index)) },
    validation: { ...training, ids: ids.filter((_, index) => indices.has(index)) },
  };
}

/**
 * The same for several sources: each folder gives its share of the `count` pairs; rendered worlds give none.
 * @throws CyclopsError of a source.
 */
export async function splitHeldOutOfAll(mixed: MixedSpec, count: number): Promise<RunSources> {
  const folders = mixed.parts.filter((part) => part.kind !== 'synthetic').length;
  const training: SingleSpec[] = [];
  const validation: SingleSpec[] = [];
  for (const part of mixed.parts) {
    const split =
      part.kind === 'synthetic'
        ? { training: part, validation: undefined }
        : await splitHeldOut(part, Math.ceil(count / folders));
    training.push(split.training);
    if (split.validation !== undefined) validation.push(split.validation);
  }
  return {
    training: { kind: 'mixed', parts: training },
    validation: validation.length === 0 ? undefined : { kind: 'mixed', parts: validation },
  };
}

/** `count` different indices below `length`, in order, as far apart as can be; `count` is at most `length`. */
export function evenlySpaced(length: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * length) / count));
}
