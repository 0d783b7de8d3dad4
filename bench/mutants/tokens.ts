/** A piece of TypeScript that is neither space, comment, string nor regular expression. */
export interface Token {
  readonly kind: 'word' | 'number' | 'sign';
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const space = /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const quoted = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/y;
const regularExpression = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y;
const number = /0[xX][\da-fA-F_]+n?|\d[\d_]*n|(?:\d[\d_]*\.?[\d_]*|\.\d+)(?:[eE][+-]?\d+)?/y;
const word = /[#$\p{ID_Start}_][$\p{ID_Continue}]*/uy;
const sign =
  />>>=|\.\.\.|===|!==|\*\*=|&&=|\|\|=|\?\?=|>>>|<<=|>>=|=>|==|!=|<=|>=|&&|\|\||\?\?|\?\.|\+\+|--|\*\*|[-+*/%&|^]=|<<|>>|[^\s]/uy;

/** Words after which a slash begins a regular expression, as after every sign but a closing one. */
const beforeOperand = new Set(['return', 'typeof', 'case', 'in', 'of', 'await', 'yield', 'void', 'throw']);

/** Splits TypeScript into tokens; enough of the language for code that a formatter has laid out. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  /** Depths of braces at which a template goes on. */
  const templates: number[] = [];
  let braces = 0;
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  /** Leaves `at` behind the template, or behind the `${` of its next expression. */
  const skipTemplate = (): void => {
    while (at < text.length) {
      if (text[at] === '\\') at += 2;
      else if (text[at] === '`') {
        at++;
        return;
      } else if (text.startsWith('${', at)) {
        at += 2;
        templates.push(braces++);
        return;
      } else at++;
    }
  };
  while (at < text.length) {
    const skipped = match(space) ?? match(quoted);
    if (skipped !== undefined) {
      at += skipped.length;
      continue;
    }
    if (text[at] === '`') {
      at++;
      skipTemplate();
      continue;
    }
    const before = tokens.at(-1);
    const ends = before !== undefined && text.slice(before.end, at).trim() === '' ? endsOperand(before) : true;
    if (text[at] === '/' && !ends) {
      const skippedExpression = match(regularExpression);
      if (skippedExpression !== undefined) {
        at += skippedExpression.length;
        continue;
      }
    }
    const found = tokenAt(match);
    if (found.text === '{') braces++;
    if (found.text === '}' && --braces === templates.at(-1)) {
      templates.pop();
      at++;
      skipTemplate();
      continue;
    }
    tokens.push({ ...found, start: at, end: at + found.text.length });
    at += found.text.length;
  }
  return tokens;
}

function endsOperand({ kind, text }: Token): boolean {
  if (kind === 'sign') return text === ')' || text === ']' || text === '}';
  return !beforeOperand.has(text);
}

function tokenAt(match: (pattern: RegExp) => string | undefined): Pick<Token, 'kind' | 'text'> {
  for (const [kind, pattern] of [
    ['word', word],
    ['number', number],
    ['sign', sign],
  ] as const) {
    const text = match(pattern);
    if (text !== undefined) return { kind, text };
  }
  throw new Error('assertion failed: text that is no token');
}
