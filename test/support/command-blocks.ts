import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/base/paths.js';

/** One fenced block of shell commands in a page. */
export interface CommandBlock {
  /** The page, from the root. */
  readonly page: string;
  /** Line of the fence, from 1. */
  readonly line: number;
  /** The last heading above it. */
  readonly heading: string;
  /** Why it cannot run on any machine, from the comment before it: `<!-- not run: needs a camera -->`. */
  readonly notRun: string | undefined;
  /** Commands with their continuation lines joined, without comments. */
  readonly commands: readonly string[];
}

/** Every page that may have commands for a reader to paste, from the root. */
export function commandPages(): string[] {
  const docs = readdirSync(join(packageRoot(), 'docs'), { recursive: true, encoding: 'utf8' });
  const pages = docs.filter((path) => path.endsWith('.md')).sort();
  return [
    ...['README.md', 'CONTRIBUTING.md', 'demo/README.md', 'models/edge-street/README.md'],
    ...pages.map((path) => `docs/${path}`),
  ];
}

/** The `sh` blocks of a page, in their order. */
export function commandBlocks(page: string): CommandBlock[] {
  const lines = readFileSync(join(packageRoot(), page), 'utf8').split('\n');
  const blocks: CommandBlock[] = [];
  let heading = '';
  let open: { language: string; line: number; text: string[] } | undefined;
  for (const [index, line] of lines.entries()) {
    if (open === undefined) {
      heading = /^#{1,6} (.*)$/.exec(line)?.[1] ?? heading;
      const language = /^```(.*)$/.exec(line)?.[1];
      if (language !== undefined) open = { language, line: index + 1, text: [] };
    } else if (line.startsWith('```')) {
      if (open.language === 'sh') {
        const notRun = /^<!-- not run: (.*) -->$/.exec(lines[open.line - 2] ?? '')?.[1];
        blocks.push({ page, line: open.line, heading, notRun, commands: commandsOf(open.text.join('\n')) });
      }
      open = undefined;
    } else {
      open.text.push(line);
    }
  }
  return blocks;
}

function commandsOf(text: string): string[] {
  return text
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}

/** The words of a command as a shell would split them: spaces, single and double quotes. */
export function shellWords(command: string): string[] {
  const words = command.match(/(?:[^\s'"]+|'[^']*'|"[^"]*")+/g) ?? [];
  return words.map((word) => word.replace(/'([^']*)'|"([^"]*)"/g, (_, single, double) => single ?? double));
}
