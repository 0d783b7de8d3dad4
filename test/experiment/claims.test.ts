import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evaluation } from '../../src/eval/evaluate.js';
import type { PlannedStep } from '../../src/experiment/plan.js';
import { checkClaims, type StepResult } from '../../src/experiment/results.js';

function result(name: string, absRel?: number): StepResult {
  const step = { name, kind: 'evaluate', settings: { row: `row ${name}` } } as unknown as PlannedStep;
  const evaluation = { images: [], depth: { absRel } } as unknown as Evaluation;
  const state = { kind: 'waiting' } as const;
  return { step, state, records: [], images: [], ...(absRel === undefined ? {} : { evaluation }) };
}

test('a claim holds, does not hold, or is open while a metric is missing', () => {
  const results = [result('a', 0.1), result('b', 0.12), result('c')];
  const verdict = (lower: string, than: string, within?: number) =>
    checkClaims(
      [{ say: 's', lower, than, metric: 'absRel', ...(within === undefined ? {} : { within }) }],
      results,
    )[0]!;
  assert.equal(verdict('a', 'b').holds, true);
  assert.equal(verdict('b', 'a').holds, false);
  assert.equal(verdict('a', 'a').holds, false);
  assert.equal(verdict('b', 'a', 0.25).holds, true);
  assert.equal(verdict('b', 'a', 0.1).holds, false);
  assert.equal(verdict('a', 'c').holds, undefined);
  assert.equal(verdict('a', 'c').text, 'Abs Rel: row a 0.100, row c not measured');
});
