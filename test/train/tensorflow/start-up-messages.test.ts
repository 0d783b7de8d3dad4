import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { withoutTensorFlow } from '../../support/tensorflow.js';

/** Loads TensorFlow in a process of its own, computes, and writes one line of its own. */
function load(env: Readonly<Record<string, string>>): string {
  const tf = JSON.stringify(new URL('../../../src/train/tensorflow/tf.js', import.meta.url).href);
  const program = `const { tf } = await import(${tf}); tf.ones([2, 2]).matMul(tf.ones([2, 2])).dataSync(); console.error('own line');`;
  const args = ['--input-type=module', '--eval', program];
  const { stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, ...env } });
  return stderr;
}

test('TensorFlow loads in silence, what comes after is seen, and all of it where the log says debug', {
  skip: withoutTensorFlow,
}, () => {
  assert.equal(load({ CYCLOPS_LOG: 'info' }), 'own line\n');
  assert.match(load({ CYCLOPS_LOG: 'debug' }), /oneDNN[\s\S]*own line\n$/);
});
