import { CyclopsError } from '../../base/errors.js';
import type { LayersModel, OpenSize } from '../read/layers-model.js';
import type { Network } from '../read/network.js';
import { addNetwork, inputShapeOf } from './add-network.js';
import { type Graph, GraphBuilder, type Value } from './graph.js';
import { fromTfjsOrder, toTfjsOrder } from './layout.js';

/**
 * The graph of a LayersModel as it is, before any pass: inputs and outputs as in tfjs (float32, a batch of one, images
 * channels last), named after the layers that take and give them.
 * @throws CyclopsError `EXPORT_UNSUPPORTED`, `CHECKPOINT_INVALID`.
 */
export function buildLayersModelGraph(
  { path, network }: Pick<LayersModel, 'path' | 'network'>,
  size?: OpenSize,
): Graph {
  const names = uniqueNames(
    network.outputs.map(({ layer }) => layer),
    network,
  );
  const graph = new GraphBuilder('network', names);
  const inputs = network.inputs.map(({ layer: name }): Value => {
    const layer = network.layers.get(name);
    const stated = layer === undefined ? undefined : inputShapeOf(layer);
    if (stated === undefined) {
      throw new CyclopsError('CHECKPOINT_INVALID', `${path} layer "${name}": expected an input layer with a shape`);
    }
    return fromTfjsOrder(graph, `${name}/nchw`, graph.input(name, 'float32', closed(stated, size, { path, name })));
  });
  for (const [index, value] of addNetwork(graph, network, inputs).entries()) {
    const name = names[index]!;
    const turned = toTfjsOrder(graph, `${name}/nhwc`, value);
    // A value that has another reader, or is an input itself, keeps its own name.
    graph.output(
      turned === value ? graph.node(`${name}/out`, 'Identity', [value], {}, { shape: value.shape }) : turned,
      name,
    );
  }
  return graph.build();
}

function uniqueNames(layers: readonly string[], network: Network): string[] {
  const taken = new Set(network.inputs.map(({ layer }) => layer));
  return layers.map((layer) => {
    let name = layer;
    for (let count = 1; taken.has(name); count++) name = `${layer}_${count}`;
    taken.add(name);
    return name;
  });
}

function closed(
  stated: readonly (number | null)[],
  size: OpenSize | undefined,
  { path, name }: { readonly path: string; readonly name: string },
): readonly number[] {
  const sides = stated.length === 4 ? [1, size?.height, size?.width, undefined] : [1];
  return stated.map((side, axis) => {
    const value = side ?? sides[axis];
    if (value === undefined) {
      throw new CyclopsError(
        'EXPORT_UNSUPPORTED',
        `${path} layer "${name}": expected an input of a fixed size, found [${stated.map((known) => known ?? '?').join(', ')}]; --size WxH sets the sides of an image, its channels must be known`,
      );
    }
    return value;
  });
}
