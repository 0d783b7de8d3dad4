import type { NvidiaInfo } from './nvidia.js';

/** What the engine `ort-capi` finds on this machine. */
export interface OrtCapiInfo {
  readonly version: string;
  readonly library: string;
  /** Providers that the library was built with: that one is listed does not prove that it runs. */
  readonly providers: readonly string[];
  readonly nvidia: NvidiaInfo;
}

/**
 * Loads a library and asks it and the driver. Nothing of it is loaded before.
 * @param path of a libonnxruntime.so; the one of onnxruntime-node unless given.
 * @throws CyclopsError `MACHINE_LACKS` where it cannot be loaded.
 */
export async function examineOrtCapi(path?: string): Promise<OrtCapiInfo> {
  const { loadOrt } = await import('./library.js');
  const { nvidiaInfo } = await import('./nvidia.js');
  const { availableProviders } = await import('./session.js');
  const library = loadOrt(path);
  return {
    version: library.version,
    library: library.path,
    providers: availableProviders(library),
    nvidia: nvidiaInfo(),
  };
}
