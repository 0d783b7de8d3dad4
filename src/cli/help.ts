import type { Command, OptionValues } from './command.js';

/** The text of `cyclops --help`. */
export function generalHelp(commands: readonly (readonly [name: string, summary: string])[]): string {
  const rows = commands.map(([name, summary]) => `  ${name.padEnd(13)}${summary}`);
  return `cyclops - metric depth from one camera\n\nUsage: cyclops COMMAND [options]\n\nCommands:\n${rows.join('\n')}\n\ncyclops COMMAND --help tells more. CYCLOPS_LOG=debug shows the log on standard error.\n`;
}

/** The text of `cyclops COMMAND --help`; `values` is what was given beside it. */
export function commandHelp(command: Command, values: OptionValues = {}): string {
  const { options, more } = command.helpFor?.(values) ?? { options: command.options, more: [] };
  const sections = [
    { title: 'Options', text: optionRows(options) },
    ...more.map(({ title, text, options: own }) => ({ title, text: text ?? optionRows(own ?? {}) })),
  ];
  const body = sections.filter(({ text }) => text !== '').map(({ title, text }) => `${title}:\n${text}\n`);
  const details = command.details === undefined ? '' : `\n${command.details.trim()}\n`;
  return `${command.summary}\n\nUsage: cyclops ${command.name} ${command.usage}\n\n${body.join('\n')}${details}`;
}

function optionRows(options: Command['options']): string {
  return Object.entries(options)
    .map(([name, option]) => {
      const left = `  ${option.short === undefined ? '    ' : `-${option.short}, `}--${name}${option.value === undefined ? '' : ` ${option.value}`}`;
      const help = option.default === undefined ? option.help : `${option.help} [${option.default}]`;
      return left.length < 34 ? `${left.padEnd(34)}${help}` : `${left}\n${' '.repeat(34)}${help}`;
    })
    .join('\n');
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
