import type { tf as Tf } from './types.js';

/** The part of the node backend that runs any TensorFlow operator by name. Not in the library's public types. */
interface NodeBackend {
  readonly binding: {
    readonly TF_FLOAT: number;
    readonly TF_ATTR_TYPE: number;
    readonly TF_ATTR_INT: number;
    readonly TF_ATTR_FLOAT: number;
    readonly TF_ATTR_BOOL: number;
    readonly TF_ATTR_STRING: number;
  };
  readonly isUsingGpuDevice: boolean;
  executeSingleOutput(name: string, attributes: readonly object[], inputs: readonly Tf.TensorInfo[]): Tf.Tensor;
}

/** An operator's setting: a number is a float, a list is one of whole numbers. */
export type OperatorAttribute = number | boolean | string | readonly number[];

/**
 * Runs a TensorFlow operator on float32 tensors by its name; tfjs knows nothing of its gradient.
 * @param backend what `tf.backend()` gives.
 * @returns its one output, which belongs to the scope of the caller.
 */
export function runOperator(
  backend: Tf.KernelBackend,
  name: string,
  inputs: readonly Tf.TensorInfo[],
  attributes: Readonly<Record<string, OperatorAttribute>>,
): Tf.Tensor {
  const node = backend as unknown as NodeBackend;
  const { binding } = node;
  const settings = Object.entries(attributes).map(([key, value]) => ({ name: key, type: typeOf(value, node), value }));
  return node.executeSingleOutput(
    name,
    [{ name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT }, ...settings],
    inputs,
  );
}

/** Whether TensorFlow computes on a GPU. */
export function usesGpu(backend: Tf.KernelBackend): boolean {
  return (backend as unknown as NodeBackend).isUsingGpuDevice;
}

function typeOf(value: OperatorAttribute, { binding }: NodeBackend): number {
  if (typeof value === 'number') return binding.TF_ATTR_FLOAT;
  if (typeof value === 'boolean') return binding.TF_ATTR_BOOL;
  return typeof value === 'string' ? binding.TF_ATTR_STRING : binding.TF_ATTR_INT;
}
