#!/usr/bin/env node
import { main } from './main.js';
import { guardStandardStreams } from './standard-streams.js';
import { leaveAfterStop } from './stop-signal.js';

guardStandardStreams();
process.exitCode = await main(process.argv.slice(2));
leaveAfterStop();
