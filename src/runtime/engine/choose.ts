import { CyclopsError, isCyclopsError, messageOf } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';
import type { LoadedModelPackage } from '../../model-package/read.js';
import { engineFacts } from '../../model-package/tensorrt/engine-key.js';
import type { TensorRtOptions } from '../../model-package/tensorrt/options.js';
import { type ProviderOptions, providerOptions } from '../../model-package/tensorrt/provider-options.js';
import { EngineCache } from './cache.js';
import { cudaProviderOptions } from './cuda-options.js';
import type { Engine } from './engine.js';
import type { Provider } from './open-failure.js';
import { loadOrt } from './ort-capi/library.js';
import { engineMachine, missingParts, nvidiaFacts } from './ort-capi/nvidia.js';
import { openOrtCapi } from './ort-capi/ort-capi.js';
import { openOrtNode } from './ort-node.js';
import { type SelfTestResult, selfTest } from './self-test.js';
import { type EngineSettings, engineKindFor } from './settings.js';

/** An engine that has shown what it gives for the golden picture. */
export interface ProvenEngine {
  readonly engine: Engine;
  readonly selfTest: SelfTestResult;
  /** Why it is not the one that was asked for. */
  readonly fellBack?: string;
}

/** Builds take minutes; this often the log says that one goes on. */
const progressPeriodMs = 15_000;

/**
 * Opens the engine that the settings ask for and proves it on the package's golden picture. Where it cannot run here or
 * gives wrong depth, the next provider of `fallback` has its turn; without one it is an error.
 * @throws CyclopsError `MACHINE_LACKS` naming what is missing; `SELF_TEST_FAILED` for wrong depth unless
 *   `allowDegraded`; those of the engines.
 */
export async function openEngine(
  model: LoadedModelPackage,
  settings: EngineSettings,
  log: Logger,
): Promise<ProvenEngine> {
  const reasons: string[] = [];
  for (const provider of [settings.provider, ...settings.fallback]) {
    try {
      const proven = await openProvider(model, provider, settings, log);
      return reasons.length === 0 ? proven : { ...proven, fellBack: reasons.join('; ') };
    } catch (error) {
      const mayFallBack = isCyclopsError(error, 'MACHINE_LACKS') || isCyclopsError(error, 'SELF_TEST_FAILED');
      const isLast = reasons.length === settings.fallback.length;
      if (!mayFallBack || (isLast && reasons.length === 0)) throw error;
      reasons.push(messageOf(error));
      if (isLast) throw new CyclopsError(error.code, reasons.join('; '), { cause: error });
      log.error(
        { provider, code: error.code },
        `falling back to ${settings.fallback[reasons.length - 1]}: ${messageOf(error)}`,
      );
    }
  }
  throw new Error('assertion failed: no provider');
}

async function openProvider(
  model: LoadedModelPackage,
  provider: Provider,
  settings: EngineSettings,
  log: Logger,
): Promise<ProvenEngine> {
  const { threads, library } = settings;
  const isPrebuilt = model.package.engine !== undefined;
  if (isPrebuilt && provider !== 'tensorrt') {
    throw new CyclopsError(
      'MACHINE_LACKS',
      `${model.onnxPath}: a prebuilt TensorRT engine; expected --provider tensorrt, found ${provider}`,
    );
  }
  const tensorRt = provider === 'tensorrt' ? (settings.tensorRt ?? model.package.tensorRt ?? {}) : undefined;
  if (engineKindFor(settings, provider) === 'ort-node') {
    if (!isPrebuilt && tensorRt !== undefined && Object.keys(tensorRt).length > 0) {
      throw new CyclopsError(
        'CONFIG_INVALID',
        "engine ort-node with provider tensorrt: ONNX Runtime's Node binding drops the TensorRT settings of this model; use --engine ort-capi, or package an engine that trtexec built",
      );
    }
    return prove(await openOrtNode(model, { provider, threads }), model, tensorRt, settings, log);
  }
  try {
    if (tensorRt === undefined) {
      const options = provider === 'cuda' ? cudaProviderOptions(settings.cuda ?? {}) : {};
      const engine = await openOrtCapi(model, { provider, threads, library, providerOptions: options });
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
  if (options.cudaGraph === true) {
    throw new CyclopsError(
      'CONFIG_INVALID',
      'tensorRt.cudaGraph: a recorded graph reads and writes the same device memory in every run, and this engine binds main memory: every frame would show the first one; leave it out',
    );
  }
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
  const facts = engineFacts(model.package.onnx.sha256, options, machine);
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
  facts: ReturnType<typeof engineFacts>,
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

async function prove(
  engine: Engine,
  model: LoadedModelPackage,
  tensorRt: TensorRtOptions | undefined,
  settings: EngineSettings,
  log: Logger,
): Promise<ProvenEngine> {
  try {
    const tested = await selfTest(engine, model.package, toleranceFor(model.package.golden.tolerance, tensorRt));
    if (tested.ok) return { engine, selfTest: tested };
    const { expectedM, foundM } = tested.worst;
    const text = `self-test of ${engine.info.engine} on ${engine.info.provider}: the golden picture's depth differs from the package's by ${tested.maxRelativeDifference.toExponential(1)} (limit ${tested.tolerance}; ${foundM} m where ${expectedM} m is right)`;
    if (!settings.allowDegraded) {
      throw new CyclopsError(
        'SELF_TEST_FAILED',
        `${text}; its depth is not to be trusted, and nothing is streamed; --allow-degraded streams all the same`,
      );
    }
    log.error(tested, `${text}; streaming all the same`);
    return { engine, selfTest: tested };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/**
 * What reduced precision may do to depth at the probes, relative. Estimates, not measured on a GPU: half precision keeps
 * 11 bits, and a depth network has some tens of layers; far depth is the reciprocal of a small disparity.
 */
const reducedTolerance = { fp16: 0.05, bf16: 0.2, int8: 0.25 } as const;

function toleranceFor(ofPackage: number, tensorRt: TensorRtOptions | undefined): number {
  if (tensorRt === undefined) return ofPackage;
  const used = (['fp16', 'bf16', 'int8'] as const).filter((name) => tensorRt[name] === true);
  return Math.max(ofPackage, ...used.map((name) => reducedTolerance[name]));
}
