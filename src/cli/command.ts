import type { ParseArgsConfig } from 'node:util';

/** One long option: how it is parsed, and its line in `--help`. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly default?: string;
  /** The option may be given several times; read it with `listOption`. */
  readonly multiple?: true;
  /** Shown after the name, such as `DIR` or `N`. */
  readonly value?: string;
  readonly help: string;
}

/** Parsed option values by long name. */
export type OptionValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** The options part of a command's help. */
export interface HelpParts {
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly more: readonly {
    readonly title: string;
    readonly text?: string;
    readonly options?: Readonly<Record<string, OptionSpec>>;
  }[];
}

/** One command: parse, call, print. Its module loads only when it runs. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** After the command's name: `DIR [options]`. */
  readonly usage: string;
  /** Paragraphs and examples below the options in `--help`. */
  readonly details?: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** What `--help` shows instead of all options, where it depends on what was given beside it. */
  helpFor?(values: OptionValues): HelpParts;
  /** Number of positional arguments allowed. */
  readonly positionals: { readonly min: number; readonly max: number };
  /** @returns the exit code. */
  run(values: OptionValues, positionals: readonly string[]): Promise<number>;
}

/** The options in the form `node:util` parseArgs takes. */
export function parseArgsOptions(command: Command): NonNullable<ParseArgsConfig['options']> {
  const entries = Object.entries(command.options).map(([name, option]) => [
    name,
    {
      type: option.type,
      ...(option.short === undefined ? {} : { short: option.short }),
      ...(option.multiple === true ? { multiple: true } : {}),
    },
  ]);
  return Object.fromEntries([...entries, ['help', { type: 'boolean', short: 'h' }]]);
}
