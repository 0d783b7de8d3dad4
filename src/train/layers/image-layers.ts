import { assert } from '../../base/assert.js';
import { tf } from '../tensorflow/tf.js';

// Layers that depth and segmentation networks use and tfjs has not; every one can be trained, saved, loaded and
// exported. Axes: B batch, H rows, W columns, C channels.

type Config<T> = T & { readonly name?: string };

function single(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
  return Array.isArray(inputs) ? inputs[0]! : inputs;
}

/** Pixels around an image: [[top, bottom], [left, right]]. */
export type Border = readonly [readonly [number, number], readonly [number, number]];

/** Pads an image with itself: `reflect` mirrors it at its border pixels, `edge` repeats them. */
export class BorderPadding2D extends tf.layers.Layer {
  static readonly className = 'BorderPadding2D';
  readonly padding: Border;
  readonly mode: 'reflect' | 'edge';

  constructor(config: Config<{ readonly padding: Border; readonly mode: 'reflect' | 'edge' }>) {
    super({ ...config });
    this.padding = config.padding;
    this.mode = config.mode;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [batch, height, width, channels] = inputShape as tf.Shape;
    const [[top, bottom], [left, right]] = this.padding;
    const grown = (size: number | null | undefined, amount: number) => (size == null ? null : size + amount);
    return [batch!, grown(height, top + bottom), grown(width, left + right), channels!];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    // Gathering rows and columns has a gradient; tfjs' own mirrored padding has none.
    return tf.tidy(() => {
      const image = single(inputs);
      const rows = this.#sources(image.shape[1]!, this.padding[0]);
      return tf.gather(tf.gather(image, rows, 1), this.#sources(image.shape[2]!, this.padding[1]), 2);
    });
  }

  #sources(size: number, [before, after]: readonly [number, number]): tf.Tensor1D {
    const sources = Array.from({ length: before + size + after }, (_, index) => {
      const place = index - before;
      if (this.mode === 'edge') return Math.max(0, Math.min(size - 1, place));
      return place < 0 ? -place : place >= size ? 2 * (size - 1) - place : place;
    });
    return tf.tensor1d(sources, 'int32');
  }

  override getConfig(): tf.serialization.ConfigDict {
    const padding = this.padding.map((side) => [...side]);
    return { ...super.getConfig(), padding, mode: this.mode };
  }
}

/** Turns blockSize * blockSize channels into a block of pixels: block row, block column, channel. */
export class DepthToSpace extends tf.layers.Layer {
  static readonly className = 'DepthToSpace';
  readonly blockSize: number;

  constructor(config: Config<{ readonly blockSize: number }>) {
    super({ ...config });
    this.blockSize = config.blockSize;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [batch, height, width, channels] = inputShape as tf.Shape;
    const grown = (size: number | null | undefined) => (size == null ? null : size * this.blockSize);
    return [batch!, grown(height), grown(width), channels! / this.blockSize ** 2];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const image = single(inputs);
      const [batch, height, width, channels] = image.shape as [number, number, number, number];
      const block = this.blockSize;
      const blocks = image.reshape([batch, height, width, block, block, channels / block ** 2]);
      return blocks
        .transpose([0, 1, 3, 2, 4, 5])
        .reshape([batch, height * block, width * block, channels / block ** 2]);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), blockSize: this.blockSize };
  }
}

/** How a `Resize2D` maps pixels: TensorFlow's old rule, pixel centres, or corner pixel to corner pixel. */
export type ResizeAlignment = 'top-left' | 'half-pixel' | 'corners';

/** What a `Resize2D` is made of; sizes in px. */
export interface Resize2DConfig {
  readonly name?: string;
  readonly height: number;
  readonly width: number;
  readonly interpolation: 'nearest' | 'bilinear';
  readonly alignment: ResizeAlignment;
}

/** Resizes an image to a size. */
export class Resize2D extends tf.layers.Layer {
  static readonly className = 'Resize2D';
  readonly #config: Resize2DConfig;

  constructor(config: Resize2DConfig) {
    super({ ...config });
    this.#config = config;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [batch, , , channels] = inputShape as tf.Shape;
    return [batch!, this.#config.height, this.#config.width, channels!];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const { height, width, interpolation, alignment } = this.#config;
    const resize = interpolation === 'nearest' ? tf.image.resizeNearestNeighbor : tf.image.resizeBilinear;
    const image = single(inputs) as tf.Tensor4D;
    return resize(image, [height, width], alignment === 'corners', alignment === 'half-pixel');
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { height, width, interpolation, alignment } = this.#config;
    return { ...super.getConfig(), height, width, interpolation, alignment };
  }
}

/** A part of a tensor: first index and size along every axis but the batch; a size of -1 is all that is left. */
export class Slice extends tf.layers.Layer {
  static readonly className = 'Slice';
  readonly begin: readonly number[];
  readonly size: readonly number[];

  constructor(config: Config<{ readonly begin: readonly number[]; readonly size: readonly number[] }>) {
    super({ ...config });
    this.begin = config.begin;
    this.size = config.size;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [batch, ...sizes] = inputShape as tf.Shape;
    const left = sizes.map((size, axis) => {
      if (this.size[axis] !== -1) return this.size[axis]!;
      return size === null ? null : size - this.begin[axis]!;
    });
    return [batch!, ...left];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.slice(single(inputs), [0, ...this.begin], [-1, ...this.size]);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), begin: [...this.begin], size: [...this.size] };
  }
}

/** What a `GroupNormalization` is made of; the names are Keras'. */
export interface GroupNormalizationConfig {
  readonly name?: string;
  /** A divisor of the number of channels. */
  readonly groups: number;
  readonly epsilon?: number;
  readonly center?: boolean;
  readonly scale?: boolean;
}

/** Each group of neighbouring channels to mean 0 and variance 1. Wu and He, Group Normalization, ECCV 2018. */
export class GroupNormalization extends tf.layers.Layer {
  static readonly className = 'GroupNormalization';
  readonly #config: Required<Omit<GroupNormalizationConfig, 'name'>>;
  #gamma: tf.LayerVariable | undefined;
  #beta: tf.LayerVariable | undefined;

  constructor(config: GroupNormalizationConfig) {
    super({ ...config });
    const { groups, epsilon = 1e-3, center = true, scale = true } = config;
    this.#config = { groups, epsilon, center, scale };
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const channels = (inputShape as tf.Shape).at(-1);
    assert(typeof channels === 'number' && channels % this.#config.groups === 0, 'groups divide the channels');
    if (this.#config.scale) this.#gamma = this.addWeight('gamma', [channels], 'float32', tf.initializers.ones());
    if (this.#config.center) this.#beta = this.addWeight('beta', [channels], 'float32', tf.initializers.zeros());
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const image = single(inputs);
      const [batch, height, width, channels] = image.shape as [number, number, number, number];
      const { groups, epsilon } = this.#config;
      const grouped = image.reshape([batch, height * width, groups, channels / groups]);
      const { mean, variance } = tf.moments(grouped, [1, 3], true);
      const normalized = grouped.sub(mean).div(variance.add(epsilon).sqrt()).reshape(image.shape);
      const scaled = this.#gamma === undefined ? normalized : normalized.mul(this.#gamma.read());
      return this.#beta === undefined ? scaled : scaled.add(this.#beta.read());
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.#config };
  }
}

for (const layer of [BorderPadding2D, DepthToSpace, Resize2D, Slice, GroupNormalization]) {
  tf.serialization.registerClass(layer as unknown as tf.serialization.SerializableConstructor<tf.layers.Layer>);
}
