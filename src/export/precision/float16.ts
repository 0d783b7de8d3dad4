/** Largest number that half precision (IEEE 754 binary16) holds. */
export const halfMax = 65504;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/**
 * Half-precision bits of a number, rounded to nearest, ties to even, as every GPU does. Above 65504 (by more than half
 * a step) it is Infinity; NaN stays NaN.
 */
export function halfFromNumber(value: number): number {
  float[0] = value;
  const all = bits[0]!;
  const sign = (all >>> 16) & 0x8000;
  const exponent = (all >>> 23) & 0xff;
  const fraction = all & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200);
  const power = exponent - 112;
  if (power >= 31) return sign | 0x7c00;
  if (power <= 0) {
    // Subnormal: the implicit one becomes a bit of the fraction.
    if (power < -10) return sign;
    const shift = 14 - power;
    return sign | roundShift(fraction | 0x800000, shift);
  }
  // A carry out of the fraction goes into the exponent, up to Infinity: both are right.
  return sign | ((power << 10) + roundShift(fraction, 13));
}

function roundShift(value: number, shift: number): number {
  const kept = value >>> shift;
  const rest = value & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept;
}

/** The number that half-precision bits stand for. */
export function numberFromHalf(half: number): number {
  const sign = (half & 0x8000) === 0 ? 1 : -1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}
