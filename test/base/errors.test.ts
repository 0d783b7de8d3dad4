import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CyclopsError, errorCodes, isCyclopsError, messageOf, systemCodeOf } from '../../src/base/errors.js';

test('an error carries code, exit code, details and the first error', () => {
  const cause = new Error('first');
  const error = new CyclopsError('DATA_EMPTY', 'nothing in there', { cause, details: { folder: 'x' } });
  assert.equal(error.exitCode, 3);
  assert.equal(error.cause, cause);
  assert.deepEqual(error.details, { folder: 'x' });
  assert.ok(isCyclopsError(error) && isCyclopsError(error, 'DATA_EMPTY') && !isCyclopsError(error, 'USAGE_INVALID'));
  assert.ok(!isCyclopsError(cause));
});

test('exit codes keep to their classes and leave 0 and 1 to success and crashes', () => {
  for (const [code, exitCode] of Object.entries(errorCodes)) assert.ok(exitCode >= 2 && exitCode <= 6, code);
});

test('messages and system codes of any thrown value', () => {
  assert.equal(messageOf('text'), 'text');
  assert.equal(messageOf(new Error('told')), 'told');
  assert.equal(systemCodeOf(Object.assign(new Error('x'), { code: 'ENOENT' })), 'ENOENT');
  assert.equal(systemCodeOf({ code: 'ENOENT' }), undefined);
});
