import { tf } from '../../src/train/tensorflow/tf.js';

/** The one way into TensorFlow. Not in the library's public types. */
interface Binding {
  executeOp(name: string, attributes: object[], inputs: number[], outputs: number): { shape: number[] }[];
}

/** What one kind of operator took. */
export interface OperatorTime {
  readonly name: string;
  readonly ms: number;
  readonly calls: number;
  /** Its costliest output shape. */
  readonly shape: string;
}

/** What ran inside TensorFlow while a piece of work was done. */
export interface Recording {
  readonly operators: readonly OperatorTime[];
  readonly calls: number;
  /** In TensorFlow's operators; what is left of the work's time is JavaScript. */
  readonly insideMs: number;
}

/** Times every TensorFlow operator of a piece of work. On a CPU an operator is done when its call returns. */
export function recordOperators(work: () => void): Recording {
  const backend = tf.backend() as unknown as { binding: Binding };
  const { binding } = backend;
  const times = new Map<string, { ms: number; calls: number; shapes: Map<string, number> }>();
  const executeOp: Binding['executeOp'] = (name, attributes, inputs, outputs) => {
    const start = performance.now();
    const result = binding.executeOp(name, attributes, inputs, outputs);
    const ms = performance.now() - start;
    const entry = times.get(name) ?? { ms: 0, calls: 0, shapes: new Map<string, number>() };
    const shape = result[0]?.shape.join('x') ?? '';
    entry.ms += ms;
    entry.calls++;
    entry.shapes.set(shape, (entry.shapes.get(shape) ?? 0) + ms);
    times.set(name, entry);
    return result;
  };
  backend.binding = Object.create(binding, { executeOp: { value: executeOp } }) as Binding;
  try {
    work();
  } finally {
    backend.binding = binding;
  }
  const operators = [...times]
    .map(([name, { ms, calls, shapes }]) => {
      const [costliest] = [...shapes].sort(([, a], [, b]) => b - a);
      return { name, ms, calls, shape: costliest?.[0] ?? '' };
    })
    .sort((a, b) => b.ms - a.ms);
  const sum = (pick: (operator: OperatorTime) => number): number =>
    operators.reduce((total, operator) => total + pick(operator), 0);
  return { operators, calls: sum(({ calls }) => calls), insideMs: sum(({ ms }) => ms) };
}
