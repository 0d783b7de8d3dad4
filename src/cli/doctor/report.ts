import { formatTable } from '../../base/format.js';

/**
 * What was found about one part of the machine: `ok` works; `gap` is needed and does not work; `absent` is not there and
 * only some uses need it.
 */
export interface Finding {
  readonly part: string;
  readonly state: 'ok' | 'gap' | 'absent';
  readonly found: string;
  /** What to do about a gap, or about an absent part if it is wanted. */
  readonly todo?: string;
  /** Facts for `--json`. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** One GStreamer element of our pipelines. */
export interface ElementFinding {
  readonly element: string;
  readonly isFound: boolean;
  /** Whether streams cannot do without it. */
  readonly isRequired: boolean;
  readonly use: string;
  readonly debianPackage: string;
}

/** Everything that `cyclops doctor` tells. */
export interface DoctorReport {
  readonly parts: readonly Finding[];
  readonly elements: readonly ElementFinding[];
}

/** Whether something is missing that streaming needs, or something that is installed does not work. */
export function hasGaps({ parts, elements }: DoctorReport): boolean {
  return parts.some(({ state }) => state === 'gap') || elements.some((row) => row.isRequired && !row.isFound);
}

/** The report for people: parts, elements, and what to do. */
export function formatReport(report: DoctorReport): string {
  const parts = formatTable(
    ['part', 'state', 'found'],
    report.parts.map(({ part, state, found }) => [part, stateWords[state], found]),
  );
  const elements = formatTable(
    ['GStreamer element', 'state', 'use', 'Debian package'],
    report.elements.map((row) => [row.element, elementWord(row), row.use, row.debianPackage]),
  );
  const todo = [...partsToDo(report.parts), ...elementsToDo(report.elements)].map((text) => `  - ${text}`);
  const closing = todo.length === 0 ? 'Nothing to do.' : `What to do:\n${todo.join('\n')}`;
  return `${parts}\n\n${elements}\n\n${closing}\n`;
}

const stateWords = { ok: 'ok', gap: 'GAP', absent: '-' } as const;

function elementWord({ isFound, isRequired }: ElementFinding): string {
  if (isFound) return 'found';
  return isRequired ? 'MISSING' : 'missing';
}

function partsToDo(parts: readonly Finding[]): string[] {
  return parts.flatMap(({ part, todo }) => (todo === undefined ? [] : [`${part}: ${todo}`]));
}

function elementsToDo(elements: readonly ElementFinding[]): string[] {
  const missing = elements.filter(({ isFound, isRequired }) => !isFound && isRequired);
  if (missing.length === 0) return [];
  const names = missing.map(({ element }) => element).join(', ');
  const packages = [...new Set(missing.map(({ debianPackage }) => debianPackage))].join(' ');
  return [`GStreamer elements ${names}: sudo apt-get install ${packages}`];
}
