import { releaseStandardError } from './before-load.js';

releaseStandardError();
