/**
 * How one axis is resampled: output position i is the sum over k < count[i] of weight[i * stride + k] times input
 * first[i] + k. Weights of one position add up to 1.
 */
export interface AxisWeights {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weight: Float32Array;
  readonly stride: number;
}

/**
 * Weights of exact box averaging (each output pixel is the mean of the input area below it) where the axis shrinks, and
 * of linear interpolation at half-pixel centres where it grows, as a box narrower than a pixel would only repeat values.
 */
export function areaWeights(inSize: number, outSize: number): AxisWeights {
  return outSize >= inSize ? linearWeights(inSize, outSize) : boxWeights(inSize, outSize);
}

/** Weights of linear interpolation: output centre i + 0.5 lies at (i + 0.5) * in / out; edges repeat. */
export function linearWeights(inSize: number, outSize: number): AxisWeights {
  const weights = emptyWeights(outSize, 2);
  for (let i = 0; i < outSize; i++) {
    const position = Math.min(inSize - 1, Math.max(0, ((i + 0.5) * inSize) / outSize - 0.5));
    const floor = Math.floor(position);
    weights.first[i] = floor;
    weights.count[i] = floor + 1 < inSize ? 2 : 1;
    weights.weight[2 * i] = floor + 1 < inSize ? 1 - (position - floor) : 1;
    weights.weight[2 * i + 1] = position - floor;
  }
  return weights;
}

function boxWeights(inSize: number, outSize: number): AxisWeights {
  const span = inSize / outSize;
  const weights = emptyWeights(outSize, Math.ceil(span) + 2);
  for (let i = 0; i < outSize; i++) {
    const low = i * span;
    const high = Math.min(inSize, (i + 1) * span);
    const first = Math.floor(low);
    // A last pixel covered by less than rounding error is not there at all.
    const last = Math.max(first, Math.ceil(high - 1e-6) - 1);
    weights.first[i] = first;
    weights.count[i] = last - first + 1;
    for (let k = first; k <= last; k++) {
      weights.weight[i * weights.stride + k - first] = (Math.min(high, k + 1) - Math.max(low, k)) / (high - low);
    }
  }
  return weights;
}

function emptyWeights(outSize: number, stride: number): AxisWeights {
  return {
    first: new Int32Array(outSize),
    count: new Int32Array(outSize),
    weight: new Float32Array(outSize * stride),
    stride,
  };
}

/** Input index whose centre is nearest to output centre i: floor((i + 0.5) * in / out). */
export function nearestIndices(inSize: number, outSize: number): Int32Array {
  return Int32Array.from({ length: outSize }, (_, i) =>
    Math.min(inSize - 1, Math.floor(((i + 0.5) * inSize) / outSize)),
  );
}
