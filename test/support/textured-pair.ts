import { Random } from '../../src/base/random.js';

/**
 * Two views of a textured plane parallel to the cameras: the left pixel x shows what the right one shows at x - shiftPx.
 * Grains of 1 to 8 px in every channel, so that every place looks different from its neighbours.
 * @returns left and right, height * width * 3, RGB 0..1.
 */
export function texturedPair(width: number, height: number, shiftPx: number, seed = 1): [Float32Array, Float32Array] {
  const wide = width + shiftPx;
  const texture = new Float32Array(wide * height * 3).fill(0.5);
  const random = Random.fromSeed(seed, 'textured-pair');
  for (const side of [1, 2, 4, 8]) {
    const across = Math.ceil(wide / side);
    const grains = Float32Array.from({ length: across * Math.ceil(height / side) * 3 }, () =>
      random.uniform(-0.12, 0.12),
    );
    for (let i = 0; i < texture.length; i++) {
      const pixel = Math.floor(i / 3);
      const grain = Math.floor(Math.floor(pixel / wide) / side) * across + Math.floor((pixel % wide) / side);
      texture[i] = texture[i]! + grains[grain * 3 + (i % 3)]!;
    }
  }
  const view = (from: number): Float32Array => {
    const out = new Float32Array(width * height * 3);
    for (let y = 0; y < height; y++) {
      const row = (y * wide + from) * 3;
      out.set(texture.subarray(row, row + width * 3), y * width * 3);
    }
    return out;
  };
  return [view(0), view(shiftPx)];
}
