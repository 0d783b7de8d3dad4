import { loadOrt } from './library.js';
import { type NvidiaFacts, nvidiaFacts } from './nvidia.js';
import { availableProviders } from './session.js';

/** What the engine `ort-capi` finds on this machine. */
export interface OrtCapiFacts {
  readonly version: string;
  readonly library: string;
  /** Providers that the library was built with: that one is listed does not prove that it runs. */
  readonly providers: readonly string[];
  readonly nvidia: NvidiaFacts;
}

/**
 * Loads a library and asks it and the driver.
 * @param path of a libonnxruntime.so; the one of onnxruntime-node unless given.
 * @throws CyclopsError `MACHINE_LACKS` where it cannot be loaded.
 */
export function examineOrtCapi(path?: string): OrtCapiFacts {
  const library = loadOrt(path);
  return {
    version: library.version,
    library: library.path,
    providers: availableProviders(library),
    nvidia: nvidiaFacts(),
  };
}
