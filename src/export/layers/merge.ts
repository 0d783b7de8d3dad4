import { z } from 'zod';
import { CyclopsError } from '../../base/errors.js';
import type { Value } from '../graph.js';
import { binary, concat, withConstant } from '../ops.js';
import { type LayerCall, type LayerConverter, readLayerConfig } from './converter.js';

function assertEqualShapes({ layer, inputs }: LayerCall, ignoredAxis?: number): void {
  const describe = (value: Value): string =>
    value.shape.map((size, axis) => (axis === ignoredAxis ? '*' : size)).join(', ');
  const odd = inputs.find((input) => describe(input) !== describe(inputs[0]));
  if (odd === undefined) return;
  throw new CyclopsError(
    'EXPORT_UNSUPPORTED',
    `layer "${layer.name}" (${layer.className}): expected inputs of equal shape, found [${inputs[0].shape}] and [${odd.shape}] (NCHW)`,
  );
}

function elementwise(op: 'Add' | 'Mul' | 'Max' | 'Min' | 'Sub'): LayerConverter {
  return (call) => {
    assertEqualShapes(call);
    const [first, ...others] = call.inputs;
    return others.reduce<Value>((sum, input, index) => {
      const isLast = index === others.length - 1;
      return binary(call.graph, isLast ? call.name : `${call.name}/${index}`, op, sum, input);
    }, first);
  };
}

/** Add. */
export const convertAdd: LayerConverter = elementwise('Add');
/** Multiply. */
export const convertMultiply: LayerConverter = elementwise('Mul');
/** Maximum. */
export const convertMaximum: LayerConverter = elementwise('Max');
/** Minimum. */
export const convertMinimum: LayerConverter = elementwise('Min');

/** Average. */
export const convertAverage: LayerConverter = (call) => {
  const sum = convertAdd({ ...call, name: `${call.name}/sum` });
  return withConstant(call.graph, call.name, 'Mul', sum, 1 / call.inputs.length);
};

/** Axis of NCHW for an axis of NHWC. */
const axisInGraph: Readonly<Record<number, number>> = { 1: 2, 2: 3, 3: 1, [-1]: 1, [-2]: 3, [-3]: 2 };

/** Concatenate, along channels, rows or columns. */
export const convertConcatenate: LayerConverter = (call) => {
  const configSchema = z.object({ axis: z.int().refine((axis) => axis in axisInGraph, 'expected 1, 2, 3 or -1') });
  const axis = axisInGraph[readLayerConfig(call.layer, configSchema).axis]!;
  assertEqualShapes(call, axis);
  return concat(call.graph, call.name, call.inputs, axis);
};
