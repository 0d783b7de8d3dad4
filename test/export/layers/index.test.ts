import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layerConverters } from '../../../src/export/layers/index.js';
import { tableFindings } from '../../support/table-guard.js';
import { withoutTensorFlow } from '../../support/tensorflow.js';

test('every converter stands in the table, and every line of the table is a converter of a file beside it', async () => {
  const findings = await tableFindings({
    folder: 'src/export/layers',
    entries: layerConverters,
    shared: ['converter.ts', 'window.ts'],
    isEntry: (name) => name.startsWith('convert'),
  });
  assert.deepEqual(findings, []);
});

/** Rounding of float32 in another order of summation; a wrong pixel or weight is a thousand times more. */
const limit = 2e-5;

test('every layer class agrees with tfjs over random shapes, settings and seeds', {
  skip: withoutTensorFlow,
}, async (context) => {
  const { tf } = await import('../../../src/train/tf.js');
  const { layerCases } = await import('../../support/parity/layer-cases.js');
  const { runLayerCase, worstDifference } = await import('../../support/parity/run-case.js');
  const covered = new Set<string>();
  for (const layerCase of layerCases) {
    await context.test(layerCase.name, async () => {
      for (let round = 0; round < (layerCase.rounds ?? 1); round++) {
        const { classes, inputShape, expected, found } = await runLayerCase(tf, layerCase, round);
        const where = `round ${round}, input [${inputShape}], ${classes.join(', ')}`;
        const worst = worstDifference(expected, found);
        assert.ok(worst <= limit, `${where}: relative difference ${worst}`);
        assert.ok(
          expected.some((value) => value !== expected[0]),
          `${where}: all values are equal, which tells nothing`,
        );
        for (const name of classes) covered.add(name);
      }
    });
  }
  await context.test('and as a batch of two', async () => {
    for (const layerCase of layerCases) {
      const { expected, found } = await runLayerCase(tf, layerCase, 0, 2);
      const worst = worstDifference(expected, found);
      assert.ok(worst <= limit, `${layerCase.name}: relative difference ${worst}`);
    }
  });
  const missing = Object.keys(layerConverters).filter((name) => !covered.has(name));
  assert.deepEqual(missing, [], 'layer classes without a case in test/support/parity/layer-cases.ts');
});
