import { holdStandardError } from './start-up-messages.js';

/** Called by after-load.ts. */
export const releaseStandardError = holdStandardError();
