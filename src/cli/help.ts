import type { Command, OptionValues } from './command.js';
import { capitalized, layOutDetails, optionRow, usageLine } from './help-layout.js';

/** The text of `cyclops --help`. */
export function generalHelp(commands: readonly (readonly [name: string, summary: string])[]): string {
  const rows = commands.map(([name, summary]) => `  ${name.padEnd(13)}${capitalized(summary)}`);
  return `cyclops - metric depth from one camera\n\nUsage: cyclops COMMAND [options]\n\nCommands:\n${rows.join('\n')}\n\ncyclops COMMAND --help tells more; cyclops --version is the version.\nCYCLOPS_LOG=debug (or info, warn, error, silent) sets what the log on standard error tells.\n`;
}

/** The text of `cyclops COMMAND --help`; `values` is what was given beside it. */
export function commandHelp(command: Command, values: OptionValues = {}): string {
  const { options, more } = command.helpFor?.(values) ?? { options: command.options, more: [] };
  const sections = [
    { title: 'Options', text: optionRows(options) },
    ...more.map(({ title, text, options: own }) => ({ title, text: text ?? optionRows(own ?? {}) })),
  ];
  const body = sections.filter(({ text }) => text !== '').map(({ title, text }) => `${title}:\n${text}\n`);
  const details = command.details === undefined ? '' : `\n${layOutDetails(command.details)}\n`;
  return `${capitalized(command.summary)}\n\n${usageLine(command.name, command.usage)}\n\n${body.join('\n')}${details}`;
}

function optionRows(options: Command['options']): string {
  return Object.entries(options)
    .map(([name, option]) => optionRow(name, option))
    .join('\n');
}
