import { CyclopsError, isCyclopsError, messageOf } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';
import type { LoadedModelPackage } from '../../model-package/read.js';
import { engineInfo } from '../../model-package/tensorrt/engine-key.js';
import type { TensorRtOptions } from '../../model-package/tensorrt/options.js';
import { type ProviderOptions, providerOptions } from '../../model-package/tensorrt/provider-options.js';
import { EngineCache } from './cache.js';
import { cudaGraphRefusal, cudaProviderOptions } from './cuda-options.js';
import type { Provider } from './open-failure.js';
import { loadOrt } from './ort-capi/library.js';
import { engineMachine, missingParts, nvidiaFacts } from './ort-capi/nvidia.js';
import { openOrtCapi } from './ort-capi/ort-capi.js';
import { type ProvenEngine, prove } from './prove.js';
import type { EngineSettings } from './settings.js';

/** Builds take minutes; this often the log says that one goes on. */
const progressPeriodMs = 15_000;

/**
 * Opens and proves the engine over ONNX Runtime's C interface; with TensorRT, from the engine cache or by building.
 * @param atOnce pictures inferred at once on the CPU; elsewhere always one.
 * @throws CyclopsError `MACHINE_LACKS` with what this machine has of what the provider needs; `CONFIG_INVALID`;
 *   `SELF_TEST_FAILED`.
 */
export async function openProvenOrtCapi(
  model: LoadedModelPackage,
  provider: Provider,
  tensorRt: TensorRtOptions | undefined,
  settings: EngineSettings,
  log: Logger,
  atOnce: number,
): Promise<ProvenEngine> {
  const { threads, library } = settings;
  if (provider !== 'cpu') {
    const [field, given] = provider === 'cuda' ? ['cuda', settings.cuda] : ['tensorRt', tensorRt];
    if (given?.cudaGraph === true) {
      throw new CyclopsError('CONFIG_INVALID', `${field}.cudaGraph: ${cudaGraphRefusal('ort-capi')}`);
    }
  }
  try {
    if (tensorRt === undefined) {
      const options = provider === 'cuda' ? cudaProviderOptions(settings.cuda ?? {}) : {};
      const pictures = provider === 'cpu' ? { atOnce } : {}; // a GPU may have stepped in for the CPU
      const engine = await openOrtCapi(model, { provider, threads, library, providerOptions: options, ...pictures });
      return await prove(engine, model, undefined, settings, log);
    }
    return await openTensorRt(model, tensorRt, settings, log);
  } catch (error) {
    if (provider === 'cpu' || !isCyclopsError(error, 'MACHINE_LACKS')) throw error;
    const missing = missingParts(provider, nvidiaFacts());
    throw missing === ''
      ? error
      : new CyclopsError(error.code, `${error.message}; this machine has ${missing}`, { cause: error });
  }
}

async function openTensorRt(
  model: LoadedModelPackage,
  options: TensorRtOptions,
  settings: EngineSettings,
  log: Logger,
): Promise<ProvenEngine> {
  const { threads, library } = settings;
  const open = async (withOptions: ProviderOptions): Promise<ProvenEngine> => {
    const engine = await openOrtCapi(model, { provider: 'tensorrt', threads, library, providerOptions: withOptions });
    return prove(engine, model, options, settings, log);
  };
  const own = providerOptions(options);
  if (model.package.engine !== undefined) {
    return open(options.deviceId === undefined ? {} : { device_id: String(options.deviceId) });
  }
  if (options.engineCache !== true || options.engineCachePath !== undefined) return open(own);
  const cache = new EngineCache(settings.cacheFolder);
  const machine = engineMachine(loadOrt(library).version, nvidiaFacts(options.deviceId));
  const facts = engineInfo(model.package.onnx.sha256, options, machine);
  const timing =
    options.timingCache === true && options.timingCachePath === undefined
      ? { trt_timing_cache_path: cache.folder }
      : {};
  const optionsIn = (folder: string): ProviderOptions => ({ ...own, ...timing, trt_engine_cache_path: folder });

  const cached = await cache.find(facts);
  if (cached !== undefined) {
    try {
      const proven = await open(optionsIn(cached.folder));
      await cache.markGood(facts);
      return proven;
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
    const proven = await open({ ...own, ...good.facts.options, ...timing, trt_engine_cache_path: good.folder });
    return { ...proven, fellBack: messageOf(error) };
  }
}

/** An engine whose depth is wrong is not kept, also where it is streamed from all the same. */
async function build(
  cache: EngineCache,
  facts: ReturnType<typeof engineInfo>,
  open: (folder: string) => Promise<ProvenEngine>,
): Promise<ProvenEngine> {
  let wrong: ProvenEngine | undefined;
  try {
    const proven = await cache.build(facts, async (folder) => {
      const opened = await open(folder);
      if (opened.selfTest.ok) return opened;
      wrong = opened;
      throw new Error('wrong depth');
    });
    await cache.markGood(facts);
    return proven;
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
