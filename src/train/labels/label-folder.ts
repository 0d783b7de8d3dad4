import { CyclopsError } from '../../base/errors.js';
import { writeAtomic } from '../../base/files.js';
import { labelSheet } from '../../data/label-preview.js';
import type { LabelsInfo, LabelWriter } from '../../data/labels.js';
import type { StereoSource } from '../../data/sample.js';
import { encodePng } from '../../image/codec.js';
import { labelSettings, refinedLabelSettings } from './label-maps.js';
import type { ProducerNetworks } from './producers/producer.js';

/** Pairs on the contact sheet. */
const previewRows = 8;

/** What `labels.json` says of labels of a source; whichever process makes them, it is the same. */
export async function labelsInfoOf(
  producer: string,
  networks: ProducerNetworks,
  source: StereoSource,
  isRefined: boolean,
): Promise<LabelsInfo> {
  const first = await source.read(0, 'none');
  return {
    format: 'cyclops-labels',
    formatVersion: 2,
    producer,
    networks: { ...networks },
    width: first.left.width,
    height: first.left.height,
    dataFingerprint: source.imagesFingerprint,
    settings: isRefined ? refinedLabelSettings : labelSettings,
  };
}

/**
 * Whether labels that were ordered elsewhere are to be refined.
 * @throws CyclopsError `DATA_INVALID` if they are to be made with other settings than this version of cyclops has.
 */
export function isRefinedOrder({ settings }: LabelsInfo): boolean {
  const isRefined = 'refinement' in settings;
  const [wanted, own] = [settings, isRefined ? refinedLabelSettings : labelSettings].map((value) =>
    JSON.stringify(value),
  );
  if (wanted === own) return isRefined;
  throw new CyclopsError('DATA_INVALID', `labels are ordered with ${wanted}, this version makes them with ${own}`);
}

/** Indices of the pairs that have no labels yet. */
export function missingPairs(source: StereoSource, writer: LabelWriter): number[] {
  return Array.from({ length: source.length }, (_, index) => index).filter(
    (index) => !writer.isDone(source.idAt(index)),
  );
}

/** Writes the contact sheet of a labels folder, if it holds any labels. */
export async function writeLabelPreview(
  path: string,
  source: StereoSource,
  folder: string,
  writer: LabelWriter,
): Promise<void> {
  const sheet = await labelSheet(source, folder, writer.isDone, previewRows);
  if (sheet !== undefined) await writeAtomic(path, await encodePng(sheet));
}
