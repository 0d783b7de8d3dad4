import { createRequire } from 'node:module';
import type Koffi from 'koffi';
import { CyclopsError, messageOf } from './errors.js';

/**
 * The one import of koffi: calls into shared libraries, of ONNX Runtime and of C. Importing
 * this fails with `MACHINE_LACKS` where koffi's binary for this processor is not installed.
 */
export const koffi = loadKoffi();

/** Not by `import`: a module that waits is evaluated after its neighbours, and some must be loaded behind this one. */
function loadKoffi(): typeof Koffi {
  try {
    return createRequire(import.meta.url)('koffi') as typeof Koffi;
  } catch (error) {
    throw new CyclopsError(
      'MACHINE_LACKS',
      `koffi, which calls shared libraries, cannot be loaded for ${process.platform} on ${process.arch}: ${messageOf(error)}; install again on this machine, optional packages included`,
      { cause: error },
    );
  }
}
