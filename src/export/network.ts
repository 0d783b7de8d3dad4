import { z } from 'zod';
import { CyclopsError } from '../base/errors.js';
import type { GraphBuilder, Value } from './graph.js';
import { readLayerConfig } from './layers/converter.js';
import { convertLayer } from './layers/index.js';
import { imageShape } from './ops.js';
import type { LayerResult, Network, NetworkLayer } from './read-checkpoint.js';

/**
 * Adds the nodes of a network: those its first output needs, in an order in which they can run.
 * @param image what the network's only input gets, float32 [1, 3, H, W].
 * @returns the first output, NCHW.
 * @throws CyclopsError `EXPORT_UNSUPPORTED`, `CHECKPOINT_INVALID`.
 */
export function addNetwork(graph: GraphBuilder, network: Network, image: Value): Value {
  const done = new Map<string, Value>();
  for (const use of orderOfUse(network, network.outputs[0]!)) {
    const layer = network.layers.get(use.layer)!;
    if (layer.className === 'InputLayer') {
      assertInputShape(layer, image);
      done.set(keyOf(use), image);
      continue;
    }
    const [first, ...others] = layer.calls[use.call]!.map((source) => done.get(keyOf(source))!);
    if (first === undefined) throw brokenLayer(layer, 'expected at least one input, found none');
    const name = use.call === 0 ? layer.name : `${layer.name}/${use.call}`;
    done.set(keyOf(use), convertLayer({ graph, layer, name, inputs: [first, ...others] }));
  }
  return done.get(keyOf(network.outputs[0]!))!;
}

/** Every use of a layer that `target` needs, each after those it reads. Depth first with its own stack. */
function orderOfUse(network: Network, target: LayerResult): LayerResult[] {
  const order: LayerResult[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const stack: LayerResult[] = [target];
  let inputName: string | undefined;
  while (stack.length > 0) {
    const use = stack.at(-1)!;
    const layer = layerOf(network, use);
    const isInput = layer.className === 'InputLayer';
    if (isInput) inputName ??= layer.name;
    if (isInput && inputName !== layer.name) {
      throw brokenLayer(layer, `expected a network with one input, found a second one beside "${inputName}"`);
    }
    const waiting = isInput ? [] : layer.calls[use.call]!.filter((source) => state.get(keyOf(source)) !== 'done');
    if (waiting.length === 0) {
      if (state.get(keyOf(use)) !== 'done') order.push(use);
      state.set(keyOf(use), 'done');
      stack.pop();
      continue;
    }
    if (state.get(keyOf(use)) === 'open' && waiting.some((source) => state.get(keyOf(source)) === 'open')) {
      throw brokenLayer(layer, 'its inputs depend on its own output');
    }
    state.set(keyOf(use), 'open');
    stack.push(...waiting);
  }
  return order;
}

function layerOf(network: Network, use: LayerResult): NetworkLayer {
  const layer = network.layers.get(use.layer);
  if (layer === undefined) {
    throw new CyclopsError('CHECKPOINT_INVALID', `layer "${use.layer}": it is read, but the network has no such layer`);
  }
  if (layer.className !== 'InputLayer' && layer.calls[use.call] === undefined) {
    throw brokenLayer(layer, `its result ${use.call} is read, but it is used ${layer.calls.length} times`);
  }
  return layer;
}

function keyOf({ layer, call }: LayerResult): string {
  return `${call} ${layer}`;
}

function assertInputShape(layer: NetworkLayer, image: Value): void {
  const side = z.int().positive().nullable();
  const config = readLayerConfig(layer, z.object({ batch_input_shape: z.tuple([z.unknown(), side, side, z.int()]) }));
  const [, height, width, channels] = config.batch_input_shape;
  const [imageChannels, imageHeight, imageWidth] = imageShape(image);
  const fits = (height ?? imageHeight) === imageHeight && (width ?? imageWidth) === imageWidth;
  if (fits && channels === imageChannels) return;
  throw brokenLayer(
    layer,
    `expected an input of ${imageWidth}x${imageHeight}, ${imageChannels} channels, as run.json says; found ${width ?? '?'}x${height ?? '?'}, ${channels} channels`,
  );
}

function brokenLayer(layer: NetworkLayer, fault: string): CyclopsError {
  return new CyclopsError('CHECKPOINT_INVALID', `layer "${layer.name}" (${layer.className}): ${fault}`);
}
