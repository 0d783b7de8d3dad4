import type { Command } from './command.js';
import { capitalized, layOutDetails, optionRow, usageLine } from './help-layout.js';

/** The text of `cyclops --help`. */
export function generalHelp(commands: readonly (readonly [name: string, summary: string])[]): string {
  const rows = commands.map(([name, summary]) => `  ${name.padEnd(13)}${capitalized(summary)}`);
  return `cyclops - metric depth from one camera\n\nUsage: cyclops COMMAND [options]\n\nCommands:\n${rows.join('\n')}\n\ncyclops COMMAND --help tells more; cyclops --version is the version.\nCYCLOPS_LOG=debug (or info, warn, error, silent) sets what the log on standard error tells.\n`;
}

/** The text of `cyclops COMMAND --help`. */
export function commandHelp(command: Command): string {
  const rows = Object.entries(command.options).map(([name, option]) => optionRow(name, option));
  const details = command.details === undefined ? '' : `\n${layOutDetails(command.details)}\n`;
  return `${capitalized(command.summary)}\n\n${usageLine(command.name, command.usage)}\n\nOptions:\n${rows.join('\n')}\n${details}`;
}

/** `; did you mean "x"?` where a known word is at most two edits away, else nothing. */
export function nearest(word: string, known: readonly string[]): string {
  const best = known
    .map((candidate) => ({ candidate, edits: editDistance(word, candidate) }))
    .sort((a, b) => a.edits - b.edits)[0];
  return best !== undefined && best.edits <= 2 ? `; did you mean "${best.candidate}"?` : '';
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(previous[j]! + 1, row[j - 1]! + 1, substitution));
    }
    previous = row;
  }
  return previous[b.length]!;
}
