import { tf } from '../../train/tensorflow/tf.js';

// Keras' definition of layers that tfjs has not, or has otherwise: what the exporter is compared with. read/keras.ts puts
// these names into a model.

const { layers, serialization } = tf;

abstract class KerasLayer extends layers.Layer {
  readonly settings: Readonly<Record<string, unknown>>;

  constructor(settings: Readonly<Record<string, unknown>>) {
    super(settings as ConstructorParameters<typeof layers.Layer>[0]);
    this.settings = settings;
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.settings } as tf.serialization.ConfigDict;
  }
}

/** Two tensors, or a tensor and a constant, element by element. */
export class Arithmetic extends KerasLayer {
  static className = 'Arithmetic';

  override computeOutputShape(shape: tf.Shape | tf.Shape[]): tf.Shape {
    return (Array.isArray(shape[0]) ? shape[0] : shape) as tf.Shape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const { op, constant, reversed } = this.settings;
    const [first, second] = Array.isArray(inputs) ? inputs : [inputs];
    const other = second ?? tf.scalar(Number(constant));
    const [a, b] = reversed === true ? [other, first!] : [first!, other];
    const results = { add: tf.add, subtract: tf.sub, multiply: tf.mul, divide: tf.div };
    return results[op as keyof typeof results](a, b);
  }
}

/** Softmax along one axis; tfjs knows the last one alone. */
export class AxisSoftmax extends KerasLayer {
  static className = 'AxisSoftmax';

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const input = Array.isArray(inputs) ? inputs[0]! : inputs;
    const axis = Number([this.settings.axis].flat()[0]);
    const raised = input.sub(input.max(axis, true)).exp();
    return raised.div(raised.sum(axis, true));
  }
}

/** UpSampling2D with bilinear interpolation: reads at pixel centres, the border repeated. */
export class BilinearUpSampling2D extends KerasLayer {
  static className = 'BilinearUpSampling2D';

  override computeOutputShape(shape: tf.Shape | tf.Shape[]): tf.Shape {
    const [batch, height, width, channels] = shape as (number | null)[];
    const [rows, columns] = this.settings.size as [number, number];
    const times = (side: number | null | undefined, factor: number): number | null =>
      typeof side === 'number' ? side * factor : null;
    return [batch!, times(height, rows), times(width, columns), channels!];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const input = (Array.isArray(inputs) ? inputs[0]! : inputs) as tf.Tensor4D;
    const [rows, columns] = this.settings.size as [number, number];
    const size: [number, number] = [input.shape[1] * rows, input.shape[2] * columns];
    return tf.image.resizeBilinear(input, size, false, true);
  }
}

/** Conv2D whose output channels each see one group of input channels. */
export class GroupedConv2D extends KerasLayer {
  static className = 'GroupedConv2D';
  readonly #inner: InstanceType<typeof layers.Layer>;

  constructor(settings: Readonly<Record<string, unknown>>) {
    super(settings);
    const { filters, kernelSize, strides, padding, dilationRate } = settings;
    this.#inner = layers.conv2d({ filters, kernelSize, strides, padding, dilationRate } as never);
  }

  override build(shape: tf.Shape | tf.Shape[]): void {
    const channels = (shape as number[])[3]! / Number(this.settings.groups);
    const [rows, columns] = this.settings.kernelSize as [number, number];
    const filters = Number(this.settings.filters);
    this.addWeight('kernel', [rows, columns, channels, filters], 'float32', tf.initializers.glorotUniform({ seed: 1 }));
    if (this.settings.useBias === true) {
      this.addWeight('bias', [filters], 'float32', tf.initializers.randomUniform({ seed: 2, minval: -1, maxval: 1 }));
    }
    super.build(shape);
  }

  override computeOutputShape(shape: tf.Shape | tf.Shape[]): tf.Shape {
    return this.#inner.computeOutputShape(shape) as tf.Shape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const input = (Array.isArray(inputs) ? inputs[0]! : inputs) as tf.Tensor4D;
      const { strides, padding, dilationRate: dilation, activation } = this.settings;
      const groups = Number(this.settings.groups);
      const [kernel, bias] = this.weights.map((weight) => weight.read());
      const kernels = tf.split(kernel as tf.Tensor4D, groups, 3);
      const convolved = tf
        .split(input, groups, 3)
        .map((part, index) =>
          tf.conv2d(
            part as tf.Tensor4D,
            kernels[index] as tf.Tensor4D,
            strides as [number, number],
            padding as 'same' | 'valid',
            'NHWC',
            (dilation ?? [1, 1]) as [number, number],
          ),
        );
      const sum = bias === undefined ? tf.concat(convolved, 3) : tf.concat(convolved, 3).add(bias);
      const name = typeof activation === 'string' ? activation : 'linear';
      return layers.activation({ activation: name as 'linear' }).apply(sum) as tf.Tensor;
    });
  }
}

for (const layer of [Arithmetic, AxisSoftmax, BilinearUpSampling2D, GroupedConv2D]) {
  serialization.registerClass(layer as unknown as Parameters<typeof serialization.registerClass>[0]);
}
