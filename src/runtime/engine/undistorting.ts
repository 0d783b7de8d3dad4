import { Remapper } from '../camera/remap/remap.js';
import type { Undistortion } from '../camera/undistort.js';
import type { Engine, InferResult } from './engine.js';

/**
 * An engine before which every image is undistorted, natively, in a worker of its own: it takes captured images, and
 * what its results give back as input is the undistorted image that the network saw. The network's engine stays as it
 * was opened and tested, and is closed with this one.
 * @param threads of the look-up; 0 = one a core.
 * @throws CyclopsError `ENGINE_FAILED` where ONNX Runtime cannot open the graph.
 */
export async function undistortingEngine(network: Engine, plan: Undistortion, threads: number): Promise<Engine> {
  const { format } = network.info.input;
  const remapper = await Remapper.open(plan, format, threads);
  return new UndistortingEngine(network, remapper, {
    ...network.info,
    input: { width: plan.width, height: plan.height, format },
  });
}

class UndistortingEngine implements Engine {
  readonly info: Engine['info'];
  readonly #network: Engine;
  readonly #remapper: Remapper;

  constructor(network: Engine, remapper: Remapper, info: Engine['info']) {
    this.info = info;
    this.#network = network;
    this.#remapper = remapper;
  }

  async infer(input: Uint8Array<ArrayBuffer>, depthM?: Float32Array<ArrayBuffer>): Promise<InferResult> {
    const { image, start } = await this.#remapper.remap(input);
    const result = await this.#network.infer(image, depthM);
    return { ...result, inferStart: start };
  }

  async runBare(input: Uint8Array, count: number): Promise<Float64Array> {
    const { image } = await this.#remapper.remap(Uint8Array.from(input));
    return this.#network.runBare(image, count);
  }

  cancel(): void {
    this.#remapper.cancel();
    this.#network.cancel();
  }

  async close(): Promise<void> {
    await this.#remapper.close();
    await this.#network.close();
  }
}
