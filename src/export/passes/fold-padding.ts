import { type GraphNode, ints } from '../graph/graph.js';
import { makersOf, type Pass, readersOf, rewrite } from './pass.js';

/** Zero padding that only convolutions read becomes their own padding: no padded copy of the image is made. */
export const foldPadding: Pass = {
  name: 'fold-padding',
  apply(graph) {
    const makers = makersOf(graph);
    const readers = readersOf(graph);
    const replacements = new Map<GraphNode, GraphNode | undefined>();
    for (const conv of graph.nodes) {
      const pad = makers.get(conv.inputs[0] ?? '');
      const mode = pad?.attributes.mode;
      if (conv.op !== 'Conv' || pad?.op !== 'Pad' || mode?.kind !== 'string' || mode.value !== 'constant') continue;
      // A third input is another number than zero.
      if (pad.inputs.length > 2) continue;
      const everyReaderIsConv = readers.get(pad.output)!.every((reader) => reader?.op === 'Conv');
      const amounts = graph.constants.get(pad.inputs[1]!);
      const own = conv.attributes.pads;
      if (!everyReaderIsConv || amounts?.type !== 'int64' || own?.kind !== 'ints') continue;
      // Pad lists all axes, begins then ends (N, C, H, W, N, C, H, W); Conv lists H and W alone.
      const added = [2, 3, 6, 7].map((index) => amounts.data[index]!);
      const pads = ints(own.value.map((value, index) => value + added[index]!));
      replacements.set(conv, {
        ...conv,
        inputs: [pad.inputs[0]!, ...conv.inputs.slice(1)],
        attributes: { ...conv.attributes, pads },
      });
      replacements.set(pad, undefined);
    }
    return rewrite(graph, replacements, new Map());
  },
};
