import { type Token, tokenize } from './tokens.js';

/** What kind of slip a mutation imitates. */
export const mutationKinds = [
  'boundary',
  'comparison',
  'arithmetic',
  'logic',
  'constant',
  'min-max',
  'side',
  'dropped',
  'swapped',
] as const;

export type MutationKind = (typeof mutationKinds)[number];

/** One change of a source text: the characters from `start` to `end` become `to`. */
export interface Mutation {
  readonly kind: MutationKind;
  readonly start: number;
  readonly end: number;
  readonly to: string;
}

/** The binary operators, which a formatter puts between spaces; so type arguments are never taken for them. */
const operators: Readonly<Record<string, readonly (readonly [MutationKind, string])[]>> = {
  '<': [
    ['boundary', '<='],
    ['comparison', '>='],
  ],
  '<=': [
    ['boundary', '<'],
    ['comparison', '>'],
  ],
  '>': [
    ['boundary', '>='],
    ['comparison', '<='],
  ],
  '>=': [
    ['boundary', '>'],
    ['comparison', '<'],
  ],
  '===': [['comparison', '!==']],
  '!==': [['comparison', '===']],
  '+': [['arithmetic', '-']],
  '-': [['arithmetic', '+']],
  '*': [['arithmetic', '/']],
  '/': [['arithmetic', '*']],
  '%': [['arithmetic', '*']],
  '+=': [['arithmetic', '-=']],
  '-=': [['arithmetic', '+=']],
  '*=': [['arithmetic', '/=']],
  '/=': [['arithmetic', '*=']],
  '>>': [['arithmetic', '<<']],
  '<<': [['arithmetic', '>>']],
  '&&': [['logic', '||']],
  '||': [['logic', '&&']],
  '??': [['logic', '&&']],
};

/** Whole words that are taken for each other. */
const words: Readonly<Record<string, readonly [MutationKind, string]>> = {
  true: ['logic', 'false'],
  false: ['logic', 'true'],
  min: ['min-max', 'max'],
  max: ['min-max', 'min'],
  floor: ['min-max', 'ceil'],
  ceil: ['min-max', 'floor'],
  round: ['min-max', 'floor'],
  some: ['logic', 'every'],
  every: ['logic', 'some'],
};

/** Parts of names that are taken for each other: `leftDisparity`, `fxPx`, `imageWidth`. */
const sides: readonly (readonly [RegExp, string])[] = [
  [/left/, 'right'],
  [/Left/, 'Right'],
  [/right/, 'left'],
  [/Right/, 'Left'],
  [/width/, 'height'],
  [/Width/, 'Height'],
  [/height/, 'width'],
  [/Height/, 'Width'],
  [/^fx/, 'fy'],
  [/^fy/, 'fx'],
  [/^cx/, 'cy'],
  [/^cy/, 'cx'],
  [/^x$/, 'y'],
  [/^y$/, 'x'],
  [/^rows$/, 'columns'],
  [/^columns$/, 'rows'],
];

/** Every single change of a TypeScript source that this runner knows, in the order of the text. */
export function mutationsOf(text: string): Mutation[] {
  const tokens = tokenize(text);
  const found = tokens.flatMap((token, index) => [...ofToken(text, token, tokens[index - 1]), ...swaps(tokens, index)]);
  return [...found, ...dropped(text, tokens)].sort((a, b) => a.start - b.start);
}

function ofToken(text: string, token: Token, before: Token | undefined): Mutation[] {
  const { start, end } = token;
  const change = (kind: MutationKind, to: string): Mutation => ({ kind, start, end, to });
  if (token.kind === 'number') return constants(token.text).map((to) => change('constant', to));
  if (token.kind === 'sign') {
    if (token.text === '!' && /[\w(]/.test(text[end] ?? '') && !/[\w)\]]/.test(text[start - 1] ?? '')) {
      return [change('logic', '')];
    }
    const isBinary = /\s/.test(text[start - 1] ?? '') && /\s/.test(text[end] ?? '');
    return isBinary ? (operators[token.text] ?? []).map(([kind, to]) => change(kind, to)) : [];
  }
  if (before?.text === 'import') return [];
  const whole = Object.hasOwn(words, token.text) ? words[token.text] : undefined;
  if (whole !== undefined) return [change(...whole)];
  const side = sides.find(([pattern]) => pattern.test(token.text));
  return side === undefined ? [] : [change('side', token.text.replace(...side))];
}

function constants(text: string): string[] {
  if (/^0[xX]|n$/.test(text)) return [];
  const value = Number(text.replaceAll('_', ''));
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return value === 0 ? ['1'] : [`${value + 1}`, `${value - 1}`];
  return [`${value * 1.1}`];
}

/** `f(a, b` with the first two plain arguments exchanged; parameters of a function are none. */
function swaps(tokens: readonly Token[], index: number): Mutation[] {
  const [name, open, first, comma, second, after] = tokens.slice(index, index + 6);
  if (name?.kind !== 'word' || open?.text !== '(' || comma?.text !== ',') return [];
  if (first?.kind !== 'word' || second?.kind !== 'word' || first.text === second.text) return [];
  if (after?.text !== ',' && after?.text !== ')') return [];
  // min and max do not care.
  if (
    /^(function|constructor|if|for|while|switch|catch|min|max|hypot)$/.test(name.text) ||
    tokens[index - 1]?.text === 'function'
  ) {
    return [];
  }
  return [{ kind: 'swapped', start: first.start, end: second.end, to: `${second.text}, ${first.text}` }];
}

/** A statement of one line: a call, an assignment, a `return` or `continue` under a condition. */
const droppable =
  /^\s*(?:(?:await |void )?[\w$.#\]['!?]+(?:\(.*\)| (?:[-+*/|&?]|\?\?)?= .*|\+\+|--);|if \(.*\) .*;|else .*;|continue;|break;|return;)$/;

function dropped(text: string, tokens: readonly Token[]): Mutation[] {
  const starts = new Set(tokens.map(({ start }) => start));
  const found: Mutation[] = [];
  let lineStart = 0;
  for (const line of text.split('\n')) {
    const start = lineStart + line.length - line.trimStart().length;
    const isStatement = droppable.test(line) && starts.has(start) && isClosed(line) && line.startsWith('  ');
    if (isStatement && !/^\s*(?:this\.)?\w+: /.test(line)) {
      const to = line.trimStart().startsWith('else ') ? 'else {}' : '';
      found.push({ kind: 'dropped', start, end: lineStart + line.length, to });
    }
    lineStart += line.length + 1;
  }
  return found;
}

function isClosed(line: string): boolean {
  const count = (pattern: RegExp) => line.match(pattern)?.length ?? 0;
  return count(/[([{]/g) === count(/[)\]}]/g);
}
