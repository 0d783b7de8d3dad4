import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCyclopsError } from '../../../../src/base/errors.js';
import { folderLayouts } from '../../../../src/data/sample.js';
import { layouts } from '../../../../src/data/sources/layouts/index.js';
import { parseSourceSpec } from '../../../../src/data/sources/parse-spec.js';
import { tableFindings } from '../../../support/table-guard.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

test('every layout stands in the table, and every line of the table is a layout of a file beside it', async () => {
  const findings = await tableFindings({
    folder: 'src/data/sources/layouts',
    entries: layouts,
    isEntry: (_, value) => typeof value === 'object' && value !== null && 'detect' in value,
  });
  assert.deepEqual(findings, []);
  assert.deepEqual(Object.keys(layouts).sort(), [...folderLayouts].sort());
});

for (const [name, layout] of Object.entries(layouts)) {
  test(`${name}: has its name, is named on the command line, and finds nothing in an empty folder`, async (t) => {
    const folder = await temporaryFolder(t);
    assert.equal(layout.name, name);
    assert.ok(layout.expects.length > 10, 'expects: a few words for messages');
    assert.equal(layout.detect(folder), false);
    const spec = parseSourceSpec(`${name}:${folder}`, { width: 64, height: 32, framesPerScene: 1 });
    assert.equal(spec.kind, name);
    const listing = await layout.list({ kind: layout.name, folder }).catch((error: unknown) => error);
    if (listing instanceof Error) assert.ok(isCyclopsError(listing), String(listing));
    else assert.deepEqual((listing as { pairs: unknown }).pairs, []);
  });
}
