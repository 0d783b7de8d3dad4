import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { summarizeGraph } from '../../src/export/cost/summary.js';
import type { Graph } from '../../src/export/graph/graph.js';
import { decodeOutline, encodeModel } from '../../src/export/graph/proto.js';
import { openOnnx } from '../../src/export/verify/onnx-run.js';
import { temporaryFolder } from './temporary-folder.js';

/**
 * Counts the operators of a graph as ONNX Runtime's CPU runs it, after its own fusions.
 * @returns how often one occurs, whether it is a standard operator or one of Microsoft's.
 */
export async function optimizedOperators(context: TestContext, graph: Graph): Promise<(name: string) => number> {
  const optimizedPath = join(await temporaryFolder(context), 'optimized.onnx');
  const bytes = encodeModel(graph, { producerVersion: '', metadata: {} });
  await (await openOnnx(bytes, graph.name, { optimizedPath })).close();
  const { operators } = summarizeGraph(decodeOutline(await readFile(optimizedPath), optimizedPath));
  return (name) => (operators[name] ?? 0) + (operators[`com.microsoft.${name}`] ?? 0);
}
