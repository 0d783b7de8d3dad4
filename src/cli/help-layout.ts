import type { OptionSpec } from './command.js';

/** No line of help is wider than this. */
export const helpWidth = 100;

/** Where the text of an option begins, columns. */
const optionColumn = 34;

/** An option's lines in `--help`: its name, and beside it or below what it is for. */
export function optionRow(name: string, option: OptionSpec): string {
  const short = option.short === undefined ? '    ' : `-${option.short}, `;
  const left = `  ${short}--${name}${option.value === undefined ? '' : ` ${option.value}`}`;
  const help = option.default === undefined ? option.help : `${option.help} [${option.default}]`;
  const text = wrapText(capitalized(help), helpWidth - optionColumn).join(`\n${' '.repeat(optionColumn)}`);
  return left.length < optionColumn
    ? `${left.padEnd(optionColumn)}${text}`
    : `${left}\n${' '.repeat(optionColumn)}${text}`;
}

/** Paragraphs at the width of help; what is indented (examples) stays as it is written. */
export function layOutDetails(details: string): string {
  return details
    .trim()
    .split(/\n{2,}/)
    .map((paragraph) => (/^ /m.test(paragraph) ? paragraph : wrapText(paragraph, helpWidth).join('\n')))
    .join('\n\n');
}

/** `Usage: cyclops NAME ...`, further lines indented below it. */
export function usageLine(name: string, usage: string): string {
  const indent = ' '.repeat(9);
  return wrapText(`Usage: cyclops ${name} ${usage}`, helpWidth - indent.length).join(`\n${indent}`);
}

/** A sentence that begins with a plain word begins with a capital letter; names and values stay as they are. */
export function capitalized(text: string): string {
  return text.replace(/^[a-z]+(?=[ ;(]|: |$)/, (word) => `${word[0]!.toUpperCase()}${word.slice(1)}`);
}

/** The words of a text in lines of at most `width` characters; a longer word has a line of its own. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
