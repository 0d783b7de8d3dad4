import { z } from 'zod';
import { CyclopsError } from '../../base/errors.js';
import { readLayerConfig } from '../layers/converter.js';
import { convertLayer } from '../layers/index.js';
import type { LayerGraph, LayerResult, NetworkLayer } from '../read/network.js';
import type { GraphBuilder, Value } from './graph.js';
import { shapeInTfjs } from './layout.js';

/**
 * Adds the nodes of a network: those the wanted outputs need, in an order in which they can run.
 * @param inputs what the network's inputs get, in their order; float32, images NCHW, other ranks as in tfjs.
 * @param wanted the network's own outputs unless given.
 * @param prefix stands before the names of nodes, for a model within a model.
 * @returns the wanted outputs, laid out as the inputs.
 * @throws CyclopsError `EXPORT_UNSUPPORTED`, `CHECKPOINT_INVALID`.
 */
export function addNetwork(
  graph: GraphBuilder,
  network: LayerGraph,
  inputs: readonly Value[],
  wanted: readonly LayerResult[] = network.outputs,
  prefix = '',
): Value[] {
  const done = new Map<string, readonly Value[]>();
  const resolve = ({ layer, call, tensor }: LayerResult): Value => {
    const values = done.get(keyOf({ layer, call }))!;
    const value = values[tensor];
    if (value !== undefined) return value;
    throw brokenLayer(
      layerOf(network, { layer, call }),
      `its output ${tensor} is read, but it has ${values.length} outputs`,
    );
  };
  for (const use of orderOfUse(network, wanted)) {
    const layer = layerOf(network, use);
    if (layer.className === 'InputLayer') {
      done.set(keyOf(use), [inputOf(network, layer, inputs)]);
      continue;
    }
    const [first, ...others] = layer.calls[use.call]!.map(resolve);
    if (first === undefined) throw brokenLayer(layer, 'expected at least one input, found none');
    const name = `${prefix}${use.call === 0 ? layer.name : `${layer.name}/${use.call}`}`;
    const values =
      layer.inner === undefined
        ? [convertLayer({ graph, layer, name, inputs: [first, ...others] })]
        : addNetwork(graph, layer.inner, [first, ...others], layer.inner.outputs, `${name}/`);
    done.set(keyOf(use), values);
  }
  return wanted.map(resolve);
}

type Use = Pick<LayerResult, 'layer' | 'call'>;

/** Every use of a layer that the targets need, each after those it reads. Depth first with its own stack. */
function orderOfUse(network: LayerGraph, targets: readonly LayerResult[]): Use[] {
  const order: Use[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const stack: Use[] = targets.toReversed();
  while (stack.length > 0) {
    const use = stack.at(-1)!;
    const layer = layerOf(network, use);
    const isInput = layer.className === 'InputLayer';
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

function layerOf(network: LayerGraph, use: Use): NetworkLayer {
  const layer = network.layers.get(use.layer);
  if (layer === undefined) {
    throw new CyclopsError('CHECKPOINT_INVALID', `layer "${use.layer}": it is read, but the network has no such layer`);
  }
  if (layer.className !== 'InputLayer' && layer.calls[use.call] === undefined) {
    throw brokenLayer(layer, `its result ${use.call} is read, but it is used ${layer.calls.length} times`);
  }
  return layer;
}

function keyOf({ layer, call }: Use): string {
  return `${call} ${layer}`;
}

/** What an input layer gets; where it states a shape, that must be it. */
function inputOf(network: LayerGraph, layer: NetworkLayer, inputs: readonly Value[]): Value {
  const position = network.inputs.findIndex((input) => input.layer === layer.name);
  const value = inputs[position];
  if (value === undefined) {
    throw brokenLayer(
      layer,
      `expected a network of ${inputs.length} inputs, found ${Math.max(network.inputs.length, position + 1)}`,
    );
  }
  const stated = inputShapeOf(layer);
  const found = shapeInTfjs(value);
  const fits = stated === undefined || (stated.length === found.length && stated.every(isOpenOr(found)));
  if (fits) return value;
  throw brokenLayer(
    layer,
    `expected an input of [${found.slice(1).join(', ')}], found one of [${stated
      .slice(1)
      .map((size) => size ?? '?')
      .join(', ')}]`,
  );
}

const isOpenOr =
  (found: readonly number[]) =>
  (size: number | null, axis: number): boolean =>
    axis === 0 || size === null || size === found[axis];

/**
 * The shape that an input layer, or the first layer of a chain, states: batch first, open sizes null.
 * @throws CyclopsError `EXPORT_UNSUPPORTED` where it is none.
 */
export function inputShapeOf(layer: NetworkLayer): readonly (number | null)[] | undefined {
  const side = z.int().positive().max(16384).nullable();
  const schema = z.object({ batch_input_shape: z.tuple([z.unknown()]).rest(side).nullish() });
  const shape = readLayerConfig(layer, schema).batch_input_shape;
  if (shape === null || shape === undefined) return undefined;
  const [, ...sizes] = shape;
  return [null, ...sizes];
}

function brokenLayer(layer: NetworkLayer, fault: string): CyclopsError {
  return new CyclopsError('CHECKPOINT_INVALID', `layer "${layer.name}" (${layer.className}): ${fault}`);
}
