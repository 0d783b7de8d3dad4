import { CyclopsError, isCyclopsError, messageOf } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';
import { goldenFromDepth, goldenInput } from '../../model-package/golden.js';
import type { LoadedModelPackage } from '../../model-package/read.js';
import { openOrtNode } from './ort-node/ort-node.js';
import { executionProviders, leastTolerance, optionsFor, type Provider, providerNamed } from './providers/index.js';
import { type EngineSettings, engineKindOf } from './settings.js';
import { type Trial, type VerifiedEngine, verify } from './verify.js';

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
      const verified = await openCompared(model, provider, settings, log, concurrency);
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

/**
 * Opens a provider. A foreign model has no golden depth: its graph as it is, nothing of it rewritten by ONNX Runtime,
 * tells on the CPU what is right. Where the rewritten graph gives something else there, it runs as it is.
 */
async function openCompared(
  model: LoadedModelPackage,
  provider: Provider,
  settings: EngineSettings,
  log: Logger,
  concurrency: number,
): Promise<VerifiedEngine> {
  const open = (given: LoadedModelPackage, trial: Trial, withSettings = settings): Promise<VerifiedEngine> =>
    openProvider(given, provider, withSettings, log, concurrency, trial);
  if (model.package.golden.probes.length > 0) return open(model, {});
  try {
    if (providerNamed(provider).device !== 'cpu') {
      const depthM = await plainDepth(model, settings, 'gpu');
      return await open(
        { ...model, package: { ...model.package, golden: goldenFromDepth(depthM, model.package) } },
        {},
      );
    }
    return await openOnCpu(model, settings, open, log);
  } catch (error) {
    throw namingFile(error, model);
  }
}

/** Opens the rewritten graph if its depth is that of the graph as it is, else the latter. */
async function openOnCpu(
  model: LoadedModelPackage,
  settings: EngineSettings,
  open: (given: LoadedModelPackage, trial: Trial, withSettings: EngineSettings) => Promise<VerifiedEngine>,
  log: Logger,
): Promise<VerifiedEngine> {
  let reference: Float32Array;
  try {
    reference = await plainDepth(model, settings, 'cpu');
  } catch (error) {
    const verified = await open(model, {}, settings);
    log.warn(`${fileOf(model)}: its depth could not be compared with that of the graph as it is: ${messageOf(error)}`);
    return verified;
  }
  try {
    return await open(model, { reference }, { ...settings, allowDegraded: false });
  } catch (error) {
    if (!isCyclopsError(error, 'SELF_TEST_FAILED')) throw error;
    const verified = await open(model, { reference, isUnoptimized: true }, settings);
    if (verified.selfTest.ok) {
      const reason = messageOf(error).split(/ \(limit|;/)[0]!;
      log.warn(
        `${fileOf(model)}: runs without ONNX Runtime's graph optimisations, which is slower, because with them it is wrong (${reason})`,
      );
    }
    return verified;
  }
}

/** Depth of the golden image on the CPU, computed by the graph as it is. */
async function plainDepth(
  model: LoadedModelPackage,
  settings: EngineSettings,
  device: 'cpu' | 'gpu',
): Promise<Float32Array> {
  const { width, height, channels } = model.package.input;
  const { threads, library } = settings;
  const options = { provider: 'cpu', threads, isUnoptimized: true } as const;
  // A GPU's library need not have a CPU that is to be trusted.
  const isNode = device === 'gpu' || engineKindOf(settings) === 'ort-node';
  const engine = isNode
    ? await openOrtNode(model, options)
    : await (await import('./ort-capi/ort-capi.js')).openOrtCapi(model, { ...options, library });
  try {
    return (await engine.infer(Uint8Array.from(goldenInput(height, width, channels)))).depthM;
  } finally {
    await engine.close();
  }
}

/** The file that the user knows. */
function fileOf({ adaptedFrom, onnxPath }: LoadedModelPackage): string {
  return adaptedFrom ?? onnxPath;
}

/** An error of a foreign model in words about the user's file, where it speaks of the adapted copy or of no file at all. */
function namingFile(error: unknown, model: LoadedModelPackage): unknown {
  const file = model.adaptedFrom;
  if (!isCyclopsError(error) || file === undefined) return error;
  const options = { cause: error, details: error.details };
  const text = error.message.replaceAll(model.onnxPath, file);
  const shape = /\/behind\/\S*Reshape[\s\S]*nput shape:\s*\{([\d, -]*)\}/.exec(text)?.[1];
  if (shape !== undefined) {
    const words = `${file}: expected an output with one value a pixel, found [${shape.replaceAll(',', ', ')}] when it ran; name another as output.name`;
    return new CyclopsError('MODEL_MISMATCH', words, options);
  }
  const isOfMachine = error.code === 'MACHINE_LACKS' || error.code === 'CONFIG_INVALID';
  return new CyclopsError(error.code, isOfMachine || text.includes(file) ? text : `${file}: ${text}`, options);
}

async function openProvider(
  model: LoadedModelPackage,
  provider: Provider,
  settings: EngineSettings,
  log: Logger,
  concurrency: number,
  trial: Trial,
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
    const engine = await openOrtNode(model, { provider, threads, isUnoptimized: trial.isUnoptimized === true });
    return verify(engine, model, leastTolerance(entry, options), settings, log, trial);
  }
  // Loaded only where it is used.
  const { openVerifiedOrtCapi } = await import('./ort-capi/open.js');
  return openVerifiedOrtCapi(model, entry, options, settings, log, concurrency, trial);
}
