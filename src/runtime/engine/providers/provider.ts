import type { z } from 'zod';
import type { ProviderOptions } from '../../../model-package/tensorrt/provider-options.js';
import type { NvidiaInfo } from '../ort-capi/nvidia.js';
import type { OrtFunction } from '../ort-capi/slots.js';

/** Settings of a provider's own, where it has any. */
export interface ProviderSettings<Field extends string = string, Schema extends z.ZodType = z.ZodType> {
  /** Their place in the engine's settings, and in a model package that brings some. */
  readonly field: Field;
  /** Strict; what is absent is not sent. */
  readonly schema: Schema;
  /** The functions of ONNX Runtime's C interface that take them as keys and values. */
  readonly functions: {
    readonly create: OrtFunction;
    readonly update: OrtFunction;
    readonly append: OrtFunction;
    readonly release: OrtFunction;
  };
  /** The settings as the provider's keys and values. */
  keysAndValues(options: z.output<Schema>): ProviderOptions;
  /** How far depth may be off at the golden probes with these settings, relative, where that is more than the package says. */
  tolerance?(options: z.output<Schema>): number;
}

/** An entry of the table of execution providers (index.ts); it has a file of its own, named as it is. */
export interface ExecutionProvider<
  Name extends string = string,
  Settings extends ProviderSettings | undefined = ProviderSettings | undefined,
> {
  /** As `--provider` and ONNX Runtime's Node binding take it. */
  readonly name: Name;
  /** Its name in messages. */
  readonly title: string;
  /**
   * Where it computes. On the CPU, frames share its cores, so several run at once, and buffers are bound where they lie. A
   * GPU does one thing at a time, has memory of its own, and may take long to open.
   */
  readonly device: 'cpu' | 'gpu';
  /** Its name in the list of what an ONNX Runtime library was built with: there its library is found. */
  readonly ortName: string;
  /**
   * Entries of the session's configuration. Off the CPU, one of them must make a node that it cannot take an error instead
   * of a quiet detour: with that and the golden image, a session that opens is one that runs there.
   */
  readonly sessionEntries: Readonly<Record<string, string>>;
  readonly settings: Settings;
  /** Compiles the graph for the machine, which may take minutes: such engines are cached, or come with the package. */
  readonly buildsEngines: boolean;
  /** What it needs beside ONNX Runtime and this machine does not have, in words. */
  missing(found: NvidiaInfo): readonly string[];
}

/** Checks an entry against the contract and keeps its own type. */
export function defineProvider<
  const Name extends string,
  const Field extends string,
  Schema extends z.ZodType,
  Settings extends ProviderSettings<Field, Schema> | undefined,
>(entry: ExecutionProvider<Name, Settings>): ExecutionProvider<Name, Settings> {
  return entry;
}

/** What every provider of NVIDIA's needs. */
export function missingOfNvidia({ driverCuda, gpu }: NvidiaInfo): readonly string[] {
  if (driverCuda === undefined) return ['no NVIDIA driver (libcuda.so.1)'];
  return gpu === undefined ? ['no GPU that the driver can use'] : [];
}

/** A node that a provider cannot take shall be an error, not a quiet detour over the CPU. */
export const nothingOnCpu = { 'session.disable_cpu_ep_fallback': '1' } as const;
