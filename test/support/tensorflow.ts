import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/base/paths.js';

/** Why tests that need TensorFlow cannot run here, or `false`: the value for a test's `skip`. */
export const withoutTensorFlow: string | false = hasBinding()
  ? false
  : 'TensorFlow is not set up on this machine (npm run setup without --runtime-only)';

function hasBinding(): boolean {
  const library = join(packageRoot(), 'node_modules/@tensorflow/tfjs-node-gpu/lib');
  if (!existsSync(library)) return false;
  return readdirSync(library).some((folder) => existsSync(join(library, folder, 'tfjs_binding.node')));
}
