/** The process of one step: does it, tells how far it is, and stops when told to or when the experiment is gone. */
import { assert } from '../base/assert.js';
import { plainFromError } from '../data/loader-messages.js';
import { doStep } from './do-step.js';
import type { FromStep, ToStep } from './messages.js';

assert(process.send !== undefined, 'step-process runs as a child of the experiment');
const stop = new AbortController();
const say = (message: FromStep): void => {
  if (process.connected) process.send?.(message);
};

process.on('disconnect', () => stop.abort());
process.on('message', (message: ToStep) => {
  if (message.kind === 'stop') return stop.abort();
  doStep(message.step, {
    command: message.command,
    signal: stop.signal,
    onProgress: (progress) => say({ kind: 'progress', progress }),
    onMessage: (text) => say({ kind: 'message', text }),
  })
    .then((status) => say({ kind: 'ended', status }))
    .catch((error: unknown) => say({ kind: 'failed', error: plainFromError(error) }))
    .finally(() => {
      if (process.connected) process.disconnect();
    });
});
