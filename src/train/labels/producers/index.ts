import { CyclopsError } from '../../../base/errors.js';
import { fused } from './fused.js';
import type { LabelProducer, ProducerRole } from './producer.js';
import { teacher } from './teacher.js';

/** All ways to make labels, by name. */
export const labelProducers: Readonly<Record<string, LabelProducer>> = { teacher, fused };

/** Who makes labels, with which networks. */
export interface ProducerSpec {
  readonly producer: string;
  /** Checkpoint folders, or the run folders around them, by role. */
  readonly checkpoints: Readonly<Record<string, string>>;
}

/** @throws CyclopsError `CONFIG_INVALID` for a name that is not in the table. */
export function producerNamed(name: string): LabelProducer {
  const producer = Object.hasOwn(labelProducers, name) ? labelProducers[name] : undefined;
  if (producer !== undefined) return producer;
  throw new CyclopsError(
    'CONFIG_INVALID',
    `label producer: expected one of ${Object.keys(labelProducers).join(', ')}, found "${name}"`,
  );
}

/** All roles of all producers by name. */
export const producerRoles: Readonly<Record<string, ProducerRole>> = Object.assign(
  {},
  ...Object.values(labelProducers).map(({ networks }) => networks),
);

/**
 * The producer that looks with exactly these networks.
 * @param checkpoints by role; a role without one counts as not given.
 * @throws CyclopsError `CONFIG_INVALID` naming the networks of each producer.
 */
export function producerOf(checkpoints: Readonly<Record<string, string | undefined>>): ProducerSpec {
  const given = Object.entries(checkpoints).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const roles = rolesText(given.map(([role]) => role));
  const found = Object.values(labelProducers).find(({ networks }) => rolesText(Object.keys(networks)) === roles);
  if (found !== undefined) return { producer: found.name, checkpoints: Object.fromEntries(given) };
  const expected = Object.values(labelProducers).map(
    ({ networks, summary }) => `${rolesText(Object.keys(networks))} (${summary})`,
  );
  throw new CyclopsError(
    'CONFIG_INVALID',
    `labels: expected networks ${expected.join('; or ')}, found ${roles || 'none'}`,
  );
}

function rolesText(roles: readonly string[]): string {
  return [...roles].sort().join(' and ');
}
