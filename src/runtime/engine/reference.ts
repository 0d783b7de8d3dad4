import { goldenFromDepth, goldenInput } from '../../model-package/golden.js';
import type { LoadedModelPackage } from '../../model-package/read.js';
import { openOrtNode } from './ort-node.js';

/**
 * The package of a foreign model, which has no golden depth, with that of the CPU in its place: what another provider is
 * then compared with.
 * @throws CyclopsError of the engine on the CPU.
 */
export async function withCpuReference(model: LoadedModelPackage, threads: number): Promise<LoadedModelPackage> {
  const { width, height, channels } = model.package.input;
  const engine = await openOrtNode(model, { provider: 'cpu', threads });
  try {
    const { depthM } = await engine.infer(Uint8Array.from(goldenInput(height, width, channels)));
    return { ...model, package: { ...model.package, golden: goldenFromDepth(depthM, model.package) } };
  } finally {
    await engine.close();
  }
}
