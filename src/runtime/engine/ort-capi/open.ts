import { CyclopsError, isCyclopsError, messageOf } from '../../../base/errors.js';
import type { Logger } from '../../../base/log.js';
import type { LoadedModelPackage } from '../../../model-package/read.js';
import { engineInfo } from '../../../model-package/tensorrt/engine-key.js';
import type { TensorRtOptions } from '../../../model-package/tensorrt/options.js';
import type { ProviderOptions } from '../../../model-package/tensorrt/provider-options.js';
import { EngineCache } from '../cache.js';
import { leastTolerance, type Provider } from '../providers/index.js';
import type { ExecutionProvider } from '../providers/provider.js';
import { asksForCudaGraph, cudaGraphRefusal, type EngineSettings } from '../settings.js';
import { type Trial, type VerifiedEngine, verify } from '../verify.js';
import { loadOrt } from './library.js';
import { engineMachine, nvidiaInfo } from './nvidia.js';
import { openOrtCapi } from './ort-capi.js';

/** Builds take minutes; this often the log says that one goes on. */
const progressPeriodMs = 15_000;

/**
 * Opens and verifies the engine over ONNX Runtime's C interface; with TensorRT, from the engine cache or by building.
 * @param concurrency images inferred at once on the CPU; elsewhere always one.
 * @throws CyclopsError `MACHINE_LACKS` with what this machine has of what the provider needs; `CONFIG_INVALID`;
 *   `SELF_TEST_FAILED`.
 */
export async function openVerifiedOrtCapi(
  model: LoadedModelPackage,
  provider: ExecutionProvider<Provider>,
  options: object | undefined,
  settings: EngineSettings,
  log: Logger,
  concurrency: number,
  trial: Trial,
): Promise<VerifiedEngine> {
  const { name, device } = provider;
  const { threads, library } = settings;
  if (asksForCudaGraph(options)) {
    throw new CyclopsError('CONFIG_INVALID', `${provider.settings!.field}.cudaGraph: ${cudaGraphRefusal('ort-capi')}`);
  }
  const open = async (changes: ProviderOptions, given = options): Promise<VerifiedEngine> => {
    const own = given === undefined ? {} : provider.settings!.keysAndValues(given);
    const images = device === 'cpu' ? { concurrency } : {}; // a GPU may have stepped in for the CPU
    const keysAndValues = { ...own, ...changes };
    const engine = await openOrtCapi(model, {
      provider: name,
      threads,
      library,
      providerOptions: keysAndValues,
      isUnoptimized: trial.isUnoptimized === true,
      ...images,
    });
    return verify(engine, model, leastTolerance(provider, options), settings, log, trial);
  };
  try {
    return provider.buildsEngines
      ? await openBuilt(model, (options ?? {}) as TensorRtOptions, open, settings, log)
      : await open({});
  } catch (error) {
    if (device === 'cpu' || !isCyclopsError(error, 'MACHINE_LACKS')) throw error;
    const missing = provider.missing(nvidiaInfo()).join(', ');
    throw missing === ''
      ? error
      : new CyclopsError(error.code, `${error.message}; this machine has ${missing}`, { cause: error });
  }
}

/**
 * Opens a provider that builds engines: from the package, from the engine cache, or by building.
 * @param open opens a session with keys and values over those of `given`, or of the settings.
 */
async function openBuilt(
  model: LoadedModelPackage,
  options: TensorRtOptions,
  open: (changes: ProviderOptions, given?: object) => Promise<VerifiedEngine>,
  settings: EngineSettings,
  log: Logger,
): Promise<VerifiedEngine> {
  if (model.package.engine !== undefined) {
    return open({}, options.deviceId === undefined ? {} : { deviceId: options.deviceId });
  }
  if (options.engineCache !== true || options.engineCachePath !== undefined) return open({});
  const cache = new EngineCache(settings.cacheFolder);
  const machine = engineMachine(loadOrt(settings.library).version, nvidiaInfo(options.deviceId));
  const facts = engineInfo(model.package.onnx.sha256, options, machine);
  const timing =
    options.timingCache === true && options.timingCachePath === undefined
      ? { trt_timing_cache_path: cache.folder }
      : {};
  const optionsIn = (folder: string): ProviderOptions => ({ ...timing, trt_engine_cache_path: folder });

  const cached = await cache.find(facts);
  if (cached !== undefined) {
    try {
      const verified = await open(optionsIn(cached.folder));
      await cache.markGood(facts);
      return verified;
    } catch (error) {
      log.warn(`the cached engine ${cached.folder} does not work and is built again: ${messageOf(error)}`);
    }
  }
  try {
    return await withProgress(log, () => build(cache, facts, (folder) => open(optionsIn(folder))));
  } catch (error) {
    const good = await cache.lastGood(facts);
    if (good === undefined) throw error;
    log.error(`the new engine does not work, back to the last good one, ${good.folder}: ${messageOf(error)}`);
    const verified = await open({ ...good.facts.options, ...optionsIn(good.folder) });
    return { ...verified, fellBack: messageOf(error) };
  }
}

/** An engine whose depth is wrong is not kept, also where it is streamed from all the same. */
async function build(
  cache: EngineCache,
  facts: ReturnType<typeof engineInfo>,
  open: (folder: string) => Promise<VerifiedEngine>,
): Promise<VerifiedEngine> {
  let wrong: VerifiedEngine | undefined;
  try {
    const verified = await cache.build(facts, async (folder) => {
      const opened = await open(folder);
      if (opened.selfTest.ok) return opened;
      wrong = opened;
      throw new Error('wrong depth');
    });
    await cache.markGood(facts);
    return verified;
  } catch (error) {
    if (wrong !== undefined) return wrong;
    throw error;
  }
}

async function withProgress<T>(log: Logger, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  log.info(
    'TensorRT builds an engine for this machine, which may take minutes; the next start takes it from the cache',
  );
  const timer = setInterval(() => {
    log.info(`TensorRT is still building, ${Math.round((performance.now() - start) / 1000)} s so far`);
  }, progressPeriodMs);
  try {
    const result = await work();
    log.info(`TensorRT has built the engine in ${((performance.now() - start) / 1000).toFixed(1)} s`);
    return result;
  } finally {
    clearInterval(timer);
  }
}
