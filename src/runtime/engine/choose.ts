import { CyclopsError, isCyclopsError, messageOf } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';
import { goldenFromDepth, goldenInput } from '../../model-package/golden.js';
import type { LoadedModelPackage } from '../../model-package/read.js';
import { openOrtNode } from './ort-node/ort-node.js';
import { executionProviders, leastTolerance, optionsFor, type Provider, providerNamed } from './providers/index.js';
import { type EngineSettings, engineKindOf } from './settings.js';
import { type VerifiedEngine, verify } from './verify.js';

/**
 * Opens the engine that the settings ask for and verifies it on the package's golden image. Where it cannot run here or
 * gives wrong depth, the next provider of `fallback` has its turn; without one it is an error.
 * @param concurrency images inferred at once, of `ort-capi` on the CPU.
 * @throws CyclopsError `MACHINE_LACKS` naming what is missing; `SELF_TEST_FAILED` for wrong depth unless
 *   `allowDegraded`; those of the engines.
 */
export async function openEngine(
  model: LoadedModelPackage,
  settings: EngineSettings,
  log: Logger,
  concurrency = 1,
): Promise<VerifiedEngine> {
  const reasons: string[] = [];
  for (const provider of [settings.provider, ...settings.fallback]) {
    try {
      const verified = await openProvider(
        await comparable(model, provider, settings),
        provider,
        settings,
        log,
        concurrency,
      );
      return reasons.length === 0 ? verified : { ...verified, fellBack: reasons.join('; ') };
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

/** Who writes a model.json by hand has no golden depth: on a GPU the CPU's is compared with. */
async function comparable(
  model: LoadedModelPackage,
  provider: Provider,
  { threads }: EngineSettings,
): Promise<LoadedModelPackage> {
  const isForeign = model.package.golden.probes.length === 0;
  return isForeign && providerNamed(provider).device !== 'cpu' ? withCpuReference(model, threads) : model;
}

/**
 * The package of a foreign model, which has no golden depth, with that of the CPU in its place: what another provider is
 * then compared with.
 * @throws CyclopsError of the engine on the CPU.
 */
async function withCpuReference(model: LoadedModelPackage, threads: number): Promise<LoadedModelPackage> {
  const { width, height, channels } = model.package.input;
  const engine = await openOrtNode(model, { provider: 'cpu', threads });
  try {
    const { depthM } = await engine.infer(Uint8Array.from(goldenInput(height, width, channels)));
    return { ...model, package: { ...model.package, golden: goldenFromDepth(depthM, model.package) } };
  } finally {
    await engine.close();
  }
}

async function openProvider(
  model: LoadedModelPackage,
  provider: Provider,
  settings: EngineSettings,
  log: Logger,
  concurrency: number,
): Promise<VerifiedEngine> {
  const { threads } = settings;
  const isPrebuilt = model.package.engine !== undefined;
  const entry = providerNamed(provider);
  if (isPrebuilt && !entry.buildsEngines) {
    const fitting = executionProviders.flatMap(({ name, buildsEngines }) => (buildsEngines ? [name] : []));
    throw new CyclopsError(
      'MACHINE_LACKS',
      `${model.onnxPath}: a prebuilt TensorRT engine; expected --provider ${fitting.join(' or ')}, found ${provider}`,
    );
  }
  const options = optionsFor(entry, settings, model.package);
  if (engineKindOf(settings) === 'ort-node') {
    if (!isPrebuilt && options !== undefined && Object.keys(options).length > 0) {
      throw new CyclopsError(
        'CONFIG_INVALID',
        `engine ort-node with provider ${provider}: ONNX Runtime's Node binding drops the ${entry.title} settings of this model; use --engine ort-capi, or package an engine that trtexec built`,
      );
    }
    const engine = await openOrtNode(model, { provider, threads });
    return verify(engine, model, leastTolerance(entry, options), settings, log);
  }
  // Loaded only where it is used.
  const { openVerifiedOrtCapi } = await import('./ort-capi/open.js');
  return openVerifiedOrtCapi(model, entry, options, settings, log, concurrency);
}
