import { CyclopsError } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';
import type { LoadedModelPackage } from '../../model-package/read.js';
import type { Engine } from './engine.js';
import { type SelfTestResult, selfTest } from './self-test.js';
import type { EngineSettings } from './settings.js';

/** An engine that has shown what it gives for the golden image. */
export interface VerifiedEngine {
  readonly engine: Engine;
  readonly selfTest: SelfTestResult;
  /** Why it is not the one that was asked for. */
  readonly fellBack?: string;
}

/** How a session is opened on trial, and what its depth is compared with. */
export interface Trial {
  /** Depth of the golden image by the plain graph, H*W; absent where the package has a golden output. */
  readonly reference?: Float32Array | undefined;
  /** Leave the graph as it is; ONNX Runtime rewrites it unless given. */
  readonly isUnoptimized?: boolean;
}

/**
 * Runs the package's golden image through an opened engine; closes the engine if that fails.
 * @param leastTolerance what the provider's settings may do to depth, relative; the package's own where that is more.
 * @throws CyclopsError `SELF_TEST_FAILED` for wrong depth, unless the settings allow it.
 */
export async function verify(
  engine: Engine,
  model: LoadedModelPackage,
  leastTolerance: number,
  settings: EngineSettings,
  log: Logger,
  { reference }: Trial = {},
): Promise<VerifiedEngine> {
  try {
    const tolerance = Math.max(model.package.golden.tolerance, leastTolerance);
    const tested = await selfTest(engine, model.package, tolerance, reference);
    if (tested.ok) return { engine, selfTest: tested };
    const { expectedM, foundM } = tested.worst;
    const { minM, maxM } = model.package.output;
    const isClipped = model.adaptedFrom !== undefined && (foundM === minM || foundM === maxM);
    const end = isClipped ? ', one end of what model.json lets through: do kind, scale, mean and std fit?' : '';
    const fault = Number.isNaN(expectedM)
      ? `the golden image's depth is ${Number.isFinite(foundM) ? `${foundM} everywhere${end}` : `${foundM} at pixel ${tested.worst.index}`}`
      : `the golden image's depth differs from what is right by ${tested.maxRelativeDifference.toExponential(1)} (limit ${tested.tolerance}; ${foundM} where ${expectedM} is right)`;
    const text = `self-test of ${engine.info.engine} on ${engine.info.provider}: ${fault}`;
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
