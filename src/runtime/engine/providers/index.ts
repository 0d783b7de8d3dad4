import { z } from 'zod';
import { cpu } from './cpu.js';
import { cuda } from './cuda.js';
import type { ExecutionProvider, ProviderSettings } from './provider.js';
import { tensorrt } from './tensorrt.js';

/** All execution providers: to add one, write its file and add its line here. */
export const executionProviders = [cpu, cuda, tensorrt] as const;

type Entry = (typeof executionProviders)[number];
type EntryWithSettings = Extract<Entry, { readonly settings: ProviderSettings }>;

/** Name of an execution provider. */
export type Provider = Entry['name'];

/** Names of those that a stream may ask for. */
export const providers = executionProviders.map(({ name }) => name) as readonly Provider[];

/** The table's entry of a name. */
export function providerNamed(name: Provider): ExecutionProvider<Provider> {
  return executionProviders.find((entry) => entry.name === name)!;
}

/** Those that have settings of their own. */
export const providersWithSettings: readonly ExecutionProvider<Provider, ProviderSettings>[] =
  executionProviders.filter((entry) => entry.settings !== undefined);

/** The fields of the engine's settings that the providers bring. */
export const providerFields = Object.fromEntries(
  providersWithSettings.map(({ settings }) => [settings.field, z.optional(settings.schema)]),
) as { readonly [E in EntryWithSettings as E['settings']['field']]: z.ZodOptional<E['settings']['schema']> };

/**
 * The settings that a provider is opened with: those of the engine, else those that come with the package.
 * @returns undefined where the provider takes none.
 */
export function optionsFor(
  { settings }: ExecutionProvider,
  ...sources: readonly object[]
): Readonly<Record<string, unknown>> | undefined {
  if (settings === undefined) return undefined;
  const given = sources.map((source) => (source as Readonly<Record<string, unknown>>)[settings.field]);
  return (given.find((options) => options !== undefined) ?? {}) as Readonly<Record<string, unknown>>;
}

/** What a provider may do to depth with these settings, relative. */
export function leastTolerance({ settings }: ExecutionProvider, options: object | undefined): number {
  return options === undefined ? 0 : (settings?.tolerance?.(options) ?? 0);
}
