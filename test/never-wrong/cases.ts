import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCyclopsError } from '../../src/base/errors.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** The kinds of input that would give wrong depth without a word. */
export type CaseKind =
  | 'truth that cannot be used'
  | 'lists of samples'
  | 'calibration for another size'
  | 'calibration that is not understood'
  | 'folders and images of data';

/** One input of users: the right answer, or the exact error. */
export interface Case {
  readonly kind: CaseKind;
  readonly situation: string;
  /** What `run` gives, or `CODE: message` of the error it throws, in which the case's folder is written DIR. */
  readonly expected: string;
  /** @param folder an empty one. @returns what was understood, in a few words. */
  run(folder: string): Promise<string>;
}

/** Runs each case as a test of its own. */
export function runCases(cases: readonly Case[]): void {
  for (const { kind, situation, expected, run } of cases) {
    test(`${kind}: ${situation}`, async (t) => {
      const folder = await temporaryFolder(t);
      const found = await run(folder).catch((error: unknown) => {
        if (!isCyclopsError(error)) throw error;
        return `${error.code}: ${error.message}`;
      });
      assert.equal(found.replaceAll(folder, 'DIR'), expected);
    });
  }
}
