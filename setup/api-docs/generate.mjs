// Writes docs/api from the doc comments of what the package exports.
//
//   npm run docs
//   node setup/api-docs/generate.mjs FOLDER     into another folder
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application, LogLevel } from 'typedoc';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..', '..');
const out = process.argv[2] ?? join(root, 'docs', 'api');
const rooms = ['runtime', 'train', 'export'];

const application = await Application.bootstrapWithPlugins({
  plugin: ['typedoc-plugin-markdown'],
  entryPoints: rooms.map((room) => join(root, 'src', room, 'index.ts')),
  tsconfig: join(here, 'tsconfig.json'),
  logLevel: LogLevel.Warn,
  // What an exported function takes or gives must be exported too, or nobody could call it with types: such a warning fails.
  treatWarningsAsErrors: true,
  // Parts of larger things that are only handed on, or a name for what stands there anyway.
  intentionallyNotExported: [
    'src/runtime/capture/supervisor.ts:Fault',
    'src/runtime/capture/sources/index.ts:Entry',
    'src/runtime/engine/providers/index.ts:Entry',
    'src/train/layers/image-layers.ts:Config',
    'src/export/read/network.ts:Network',
    'src/export/graph/pre-post.ts:Fit',
    'src/model-package/schema.ts:EmbeddedPackage',
  ],
  // Is emptied first.
  out,
  readme: 'none',
  // Lines and commits would make every page stale with every change.
  disableSources: true,
  disableGit: true,
  excludeExternals: true,
  excludePrivate: true,
  sort: ['alphabetical'],
  groupOrder: ['Functions', 'Classes', 'Interfaces', 'Type Aliases', 'Variables'],
  outputFileStrategy: 'modules',
  entryFileName: 'README',
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  expandObjects: false,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  propertyMembersFormat: 'table',
  tableColumnSettings: {
    hideDefaults: true,
    hideInherited: true,
    hideModifiers: true,
    hideOverrides: true,
    hideSources: true,
  },
});
const project = await application.convert();
if (project === undefined) process.exit(1);
application.validate(project);
if (application.logger.hasErrors() || application.logger.hasWarnings()) process.exit(1);
await application.generateOutputs(project);
const index = `# The API of cyclops

${project.children.map(({ name, comment }) => `- [\`cyclops/${name}\`](${name}.md): ${sentenceOf(comment)}`).join('\n')}

Generated from the doc comments by \`npm run docs\`: change those, not these pages. Short programs that use the API stand in [examples](../../examples).

- Units and frames of reference are in the names: \`depthM\` in metres along the optical axis, \`fxPx\` in px at the width and height beside it, \`Ns\` in ns of CLOCK_MONOTONIC. Maps are row-major, rows from top to bottom; NaN is unknown.
- Errors that a user can meet are \`CyclopsError\`s with a code out of [one table](../errors.md); \`isCyclopsError(error, 'FILE_MISSING')\` asks for one.
- What is opened has \`close\`, which waits for what was begun; calls after it reject. Settings are plain objects, and a mistake in them is named by its field.
`;
writeFileSync(join(out, 'README.md'), index);
for (const name of readdirSync(out)) {
  const page = join(out, name);
  writeFileSync(page, withRightAnchors(readFileSync(page, 'utf8')));
}

/** A room's own comment, on one line. */
function sentenceOf(comment) {
  const text = comment.summary.map((part) => part.text).join('');
  return text.replace(/^What `[^`]+` exports: /, '').replaceAll('\n', ' ');
}

/**
 * The plug-in numbers anchors that headings share in lower case, and takes `Recording.stats` for one of `RecordingStats`.
 * Links to what has a heading of its own get that heading's anchor, counted as code forges count.
 */
function withRightAnchors(text) {
  const counts = new Map();
  const own = new Map();
  for (const [, marks, heading] of text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^(#{1,6}) (.+)$/gm)) {
    const slug = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    const count = counts.get(slug) ?? 0;
    counts.set(slug, count + 1);
    if (marks === '###') own.set(heading.replace('()', ''), count === 0 ? slug : `${slug}-${count}`);
  }
  return text.replace(/\[`(\w+)`\]\(#([^)]+)\)/g, (_, name, anchor) => `[\`${name}\`](#${own.get(name) ?? anchor})`);
}
