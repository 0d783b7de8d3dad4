import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, extname, join, relative, resolve } from 'node:path';
import { before, test } from 'node:test';
import { errorCodes } from '../src/base/errors.js';
import { packageRoot } from '../src/base/paths.js';
import { cyclops } from './support/command.js';

// The rules of the house that no compiler or linter checks.

const root = packageRoot();
/** Not written by hand, or not ours: what git ignores; with a slash in front from the root, else anywhere. */
const skippedFolders = new Set(['.git', ...ignoredByGit()]);

function ignoredByGit(): string[] {
  const lines = readFileSync(join(root, '.gitignore'), 'utf8').split('\n');
  return lines.filter((line) => /^[^#*]/.test(line)).map((line) => line.replace(/\/$/, ''));
}

const textExtensions = new Set(
  '.c .cc .cpp .h .html .js .json .md .mjs .py .rules .service .sh .ts .txt .yaml .yml'.split(' '),
);
/** Larger texts are data (a training log, a golden output). */
const textLimitBytes = 2 * 1024 * 1024;

interface TextFile {
  /** From the root. */
  readonly path: string;
  readonly text: string;
}

let files: readonly TextFile[] = [];

before(() => {
  files = [...pathsUnder(root)].map((path) => ({ path: relative(root, path), text: readFileSync(path, 'utf8') }));
});

function* pathsUnder(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      const isSkipped = skippedFolders.has(entry.name) || skippedFolders.has(`/${relative(root, path)}`);
      if (!isSkipped) yield* pathsUnder(path);
    } else if (entry.isFile() && textExtensions.has(extname(entry.name)) && statSync(path).size < textLimitBytes) {
      yield path;
    }
  }
}

/** Fails with one line a finding, so that all are seen at once. */
function assertNone(findings: readonly string[]): void {
  assert.equal(findings.length, 0, `\n${findings.join('\n')}`);
}

function markdownFiles(): readonly TextFile[] {
  return files.filter(({ path }) => path.endsWith('.md'));
}

/** A Markdown text without its code, where brackets mean something else. */
function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '`code`');
}

test('every export of src has a doc comment', () => {
  const findings: string[] = [];
  for (const { path, text } of files) {
    if (!path.startsWith('src/') || !path.endsWith('.ts') || path.endsWith('.d.ts')) continue;
    const lines = text.split('\n');
    const documented = new Set<string>();
    for (const [index, line] of lines.entries()) {
      const name = /^export (?:declare |abstract |async )*(?:function\*?|class|const|let|interface|type) (\w+)/.exec(
        line,
      )?.[1];
      if (name === undefined) continue;
      let above = index - 1;
      while (lines[above]?.startsWith('// biome-ignore')) above--;
      if (lines[above]?.trimEnd().endsWith('*/')) documented.add(name);
      // The overloads of a function share the comment of the first one.
      if (!documented.has(name)) findings.push(`${path}:${index + 1} ${name} has no doc comment`);
    }
  }
  assertNone(findings);
});

/** The project's own files that each of its TypeScript files imports, types included. */
function importsByFile(): ReadonlyMap<string, readonly string[]> {
  const sources = files.filter(({ path }) => /^(?:src|bench|test)\/.*\.ts$/.test(path));
  return new Map(
    sources.map(({ path, text }) => {
      const specifiers = text.matchAll(/\b(?:from\s+|import\s*\(?\s*)'(\.[^']+)\.js'/g);
      return [path, [...specifiers].map((match) => join(dirname(path), `${match[1]}.ts`))];
    }),
  );
}

test('no imports go in a circle, not even of types', () => {
  const imports = importsByFile();
  const findings: string[] = [];
  const finished = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      findings.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
      return;
    }
    if (finished.has(path)) return;
    for (const imported of imports.get(path) ?? []) visit(imported, [...trail, path]);
    finished.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  assertNone(findings);
});

test('bench imports nothing of the command line', () => {
  const findings: string[] = [];
  for (const [path, imported] of importsByFile()) {
    if (!path.startsWith('bench/')) continue;
    for (const target of imported) if (target.startsWith('src/cli/')) findings.push(`${path} imports ${target}`);
  }
  assertNone(findings);
});

test('relative links in the documents lead somewhere', () => {
  const findings: string[] = [];
  for (const { path, text } of markdownFiles()) {
    const links = withoutCode(text).matchAll(
      /\]\(([^)\s]+)(?:\s+"[^"]*")?\)|<(?:img|a)\b[^>]*?\b(?:src|href)="([^"]+)"/g,
    );
    for (const match of links) {
      const link = match[1] ?? match[2] ?? '';
      if (/^[a-z][a-z+.-]*:/i.test(link)) continue;
      const [target = '', anchor] = link.split('#');
      const file = target === '' ? join(root, path) : resolve(root, dirname(path), decodeURIComponent(target));
      if (!existsSync(file)) findings.push(`${path}: ${link} does not exist`);
      else if (anchor !== undefined && file.endsWith('.md') && !anchorsOf(file).has(anchor)) {
        findings.push(`${path}: ${link}: no such heading`);
      }
    }
  }
  assertNone(findings);
});

/** The anchors that code forges make of a document's headings, numbered where they repeat, and those written as HTML. */
function anchorsOf(file: string): ReadonlySet<string> {
  const text = readFileSync(file, 'utf8').replace(/^```[\s\S]*?^```/gm, '');
  const anchors = new Set([...text.matchAll(/<a id="([^"]+)">/g)].map((match) => match[1]!));
  const counts = new Map<string, number>();
  for (const [, heading = ''] of text.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const anchor = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    const count = counts.get(anchor) ?? 0;
    counts.set(anchor, count + 1);
    anchors.add(count === 0 ? anchor : `${anchor}-${count}`);
  }
  return anchors;
}

test('each command has its file and its line in the table', async () => {
  const { commands } = await import('../src/cli/main.js');
  const names = readdirSync(join(root, 'src', 'cli', 'commands')).map((name) => name.replace(/\.ts$/, ''));
  assert.deepEqual(names.sort(), Object.keys(commands).sort());
  for (const [name, { load }] of Object.entries(commands)) assert.equal((await load()).command.name, name);
});

test('files that the documents name exist', () => {
  const findings = markdownFiles()
    .filter(({ path }) => !path.startsWith('docs/api/') && path !== 'CHANGELOG.md')
    .flatMap(({ path, text }) =>
      [
        ...text
          .replace(/^```[\s\S]*?^```/gm, '')
          .matchAll(/`((?:src|test|bench|setup|configs|examples|deploy)\/[\w./-]*)`/g),
      ]
        .map((match) => match[1]!)
        .filter((named) => !/[A-Z]{4}/.test(named) && !existsSync(join(root, named)))
        .map((named) => `${path}: ${named}`),
    );
  assertNone(findings);
});

test('every command is in the documents', async () => {
  const help = await cyclops(['--help']);
  assert.equal(help.code, 0, help.stderr);
  const list = /^Commands:\n((?: {2}\S.*\n)+)/m.exec(help.stdout)?.[1] ?? '';
  const commands = [...list.matchAll(/^ {2}(\S+)/gm)].map((match) => match[1]!);
  assert.ok(commands.includes('doctor') && commands.length > 3, `no list of commands in:\n${help.stdout}`);
  const documents = markdownFiles()
    .map(({ text }) => text)
    .join('\n');
  assertNone(
    commands
      .filter((name) => !new RegExp(`\\bcyclops ${name}\\b`).test(documents))
      .map((name) => `no document says "cyclops ${name}"`),
  );
});

test('docs/errors.md has every error code with its exit code, and no other', () => {
  const text = files.find(({ path }) => path === 'docs/errors.md')?.text ?? '';
  const found = Object.fromEntries(
    [...text.matchAll(/^\| `([A-Z_]+)` \| (\d+) \|/gm)].map((match) => [match[1]!, Number(match[2])]),
  );
  assert.deepEqual(found, { ...errorCodes });
});

/** Words that the field has better ones for; docs/architecture.md has the table. */
const retiredWords: readonly [word: RegExp, better: string][] = [
  [/\bpictures?\b/i, 'image (of a file), frame (of a stream)'],
  [/\bnearness\b/i, 'relative inverse depth'],
  [/\bfigures\b/i, 'metrics, accuracy'],
  [/\bstamps\b/i, 'timestamps'],
  [/\b(ties|tied)\b(?! to even)/i, 'regularization weight'],
  [/\bprocessor time\b/i, 'CPU time'],
];

test('retired words occur nowhere', () => {
  const rooms = /^(src|bench|examples|docs|configs|models|demo|deploy)\/|^[A-Z]+\.md$/;
  const findings = files
    .filter(({ path }) => rooms.test(path))
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .flatMap((line, index) =>
          retiredWords
            .filter(([word]) => word.test(line))
            .map(([word, better]) => `${path}:${index + 1} ${word.source}: ${better}`),
        ),
    );
  assertNone(findings);
});

test('nothing is left to do in comments, and nothing tells of the place where it was written', () => {
  const words = [
    {
      pattern: new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].join('|')})\\b`),
      what: 'something left to do',
    },
    {
      pattern: new RegExp(
        ['registry\\.npm' + 'js', 'pypi\\.' + 'org', 'python' + 'hosted', 'deb\\.' + 'debian\\.org'].join('|'),
      ),
      what: 'the host of a package registry',
    },
    { pattern: new RegExp(`(?:^|[\\s"'\`(=:])/${'work'}/`, 'm'), what: 'a path of one machine' },
  ];
  const findings: string[] = [];
  for (const { path, text } of files) {
    for (const { pattern, what } of words) {
      const index = text.search(pattern);
      if (index >= 0) findings.push(`${path}:${text.slice(0, index + 1).split('\n').length} ${what}`);
    }
  }
  assertNone(findings);
});
