import type { FloatMap, MaskMap } from '../raster.js';

/**
 * Takes accepted pixels back that hang together with too few others: neighbours in a row or column of which the values
 * differ by at most `stepPx` belong together. `accepted` is changed.
 */
export function rejectSpeckles(
  { width, height, data }: FloatMap,
  accepted: MaskMap,
  { pixels, stepPx }: { readonly pixels: number; readonly stepPx: number },
): void {
  const seen = new Uint8Array(data.length);
  const region = new Int32Array(data.length);
  for (let start = 0; start < data.length; start++) {
    if (accepted.data[start] === 0 || seen[start] === 1) continue;
    let size = 1;
    region[0] = start;
    seen[start] = 1;
    for (let done = 0; done < size; done++) {
      const i = region[done]!;
      const x = i % width;
      if (x > 0) visit(i, i - 1);
      if (x < width - 1) visit(i, i + 1);
      if (i >= width) visit(i, i - width);
      if (i < width * (height - 1)) visit(i, i + width);
    }
    if (size < pixels) for (let k = 0; k < size; k++) accepted.data[region[k]!] = 0;

    function visit(from: number, to: number): void {
      if (accepted.data[to] === 0 || seen[to] === 1 || Math.abs(data[to]! - data[from]!) > stepPx) return;
      seen[to] = 1;
      region[size++] = to;
    }
  }
}

/** The middle one of three numbers. */
export function medianOfThree(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

/** Median over 5x5 px of a map without unknown values; borders are continued. */
export function median5x5({ width, height, data }: FloatMap): FloatMap {
  const out = new Float32Array(data.length);
  const window = new Float32Array(25);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let count = 0;
      for (let dy = -2; dy <= 2; dy++) {
        const row = Math.min(height - 1, Math.max(0, y + dy)) * width;
        for (let dx = -2; dx <= 2; dx++) {
          window[count++] = data[row + Math.min(width - 1, Math.max(0, x + dx))]!;
        }
      }
      out[y * width + x] = middleOf(window);
    }
  }
  return { width, height, data: out };
}

/** Median of 25, by insertion: neighbours are nearly sorted, so that little is moved. */
function middleOf(window: Float32Array): number {
  for (let i = 1; i < 25; i++) {
    const value = window[i]!;
    let k = i - 1;
    while (k >= 0 && window[k]! > value) {
      window[k + 1] = window[k]!;
      k--;
    }
    window[k + 1] = value;
  }
  return window[12]!;
}
