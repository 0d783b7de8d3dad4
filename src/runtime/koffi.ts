import { CyclopsError, messageOf } from '../base/errors.js';

/**
 * The one import of koffi: calls into shared libraries, of ONNX Runtime (engine/ort-capi) and of C (capture). Importing
 * this fails with `MACHINE_LACKS` where koffi's binary for this processor is not installed.
 */
export const koffi = await loadKoffi();

async function loadKoffi() {
  try {
    return (await import('koffi')).default;
  } catch (error) {
    throw new CyclopsError(
      'MACHINE_LACKS',
      `koffi, which calls shared libraries, cannot be loaded for ${process.platform} on ${process.arch}: ${messageOf(error)}; install again on this machine, optional packages included`,
      { cause: error },
    );
  }
}
