import { formatTable } from '../src/cli/terminal.js';
import type { Bench } from './measure.js';

/** Largest difference that counts as rounding, of layers and of whole networks. */
const limit = 1e-4;

/** Every layer class and every network of ours, in ONNX Runtime and in tfjs. */
export const bench: Bench = {
  name: 'export-parity',
  question: 'How far are exported layers and networks from tfjs, over random shapes, settings and seeds?',
  async run() {
    // A GPU may round to TF32.
    process.env.CUDA_VISIBLE_DEVICES = '';
    const { tf } = await import('../src/train/tensorflow/tf.js');
    const { layerCases } = await import('./export/layer-cases.js');
    const { runLayerCase, worstDifference } = await import('./export/run-case.js');
    const rows: string[][] = [];
    let worstOfAll = 0;
    for (const layerCase of layerCases) {
      const rounds = layerCase.rounds ?? 1;
      let worst = 0;
      for (let round = 0; round < rounds; round++) {
        const { expected, found } = await runLayerCase(tf, layerCase, round);
        worst = Math.max(worst, worstDifference(expected, found));
      }
      worstOfAll = Math.max(worstOfAll, worst);
      rows.push([layerCase.name, String(rounds), worst.toExponential(1)]);
    }
    process.stdout.write(`${formatTable(['layers', 'seeds', 'largest difference'], rows)}\n\n`);
    const networkRows = await networkTable(tf);
    for (const { difference } of networkRows) worstOfAll = Math.max(worstOfAll, difference);
    process.stdout.write(
      `${formatTable(
        ['network', 'nodes', 'file over weights', 'largest difference'],
        networkRows.map(({ row }) => row),
      )}\n`,
    );
    return {
      headline: 'largest relative difference to tfjs over all layers and networks',
      value: worstOfAll,
      unit: 'ratio',
      target: { op: '<=', value: limit },
      details: { layerCases: rows.length, networks: networkRows.length },
    };
  },
};

async function networkTable(
  tf: typeof import('../src/train/tensorflow/tf.js').tf,
): Promise<{ row: string[]; difference: number }[]> {
  const { exportUntrained } = await import('./export/networks.js');
  const sizes = [
    ['mono-edge', 1],
    ['mono-vgg', 0.5],
    ['dispnet-c', 0.5],
    ['stereo-softarg', 1],
  ] as const;
  const table: { row: string[]; difference: number }[] = [];
  for (const [name, width] of sizes) {
    const { graph, overhead, parity } = await exportUntrained(tf, name, { width, height: 64, widthPx: 128 });
    const difference = parity.maxRelativeDifference;
    const title = `${name}, width ${width}, 128x64, ${graph.outputs.length} outputs`;
    table.push({
      row: [title, String(graph.nodes.length), `+${(100 * overhead).toFixed(1)} %`, difference.toExponential(1)],
      difference,
    });
  }
  return table;
}
