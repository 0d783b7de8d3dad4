import assert from 'node:assert/strict';
import type { tf } from '../../../src/train/tensorflow/tf.js';

// Losses computed the slow way, in plain numbers, to compare the tensor code with.

/** All values of a tensor. */
export function valuesOf(tensor: tf.Tensor): number[] {
  return Array.from(tensor.dataSync());
}

/** 2x2 maximum of B maps of one channel. */
export function halved(map: readonly number[], batch: number, height: number, width: number): number[] {
  return blocks(map, batch, height, width).map((block) => Math.max(...block));
}

/** 2x2 mean of B maps of one channel. */
export function halvedMean(map: readonly number[], batch: number, height: number, width: number): number[] {
  return blocks(map, batch, height, width).map((block) => block.reduce((sum, value) => sum + value, 0) / 4);
}

function blocks(map: readonly number[], batch: number, height: number, width: number): number[][] {
  const out: number[][] = [];
  for (let row = 0; row < batch * height; row += 2) {
    for (let x = 0; x < width; x += 2) {
      const at = row * width + x;
      out.push([map[at]!, map[at + 1]!, map[at + width]!, map[at + width + 1]!]);
    }
  }
  return out;
}

/** A scalar tensor equals a number within float32's rounding. */
export function assertClose(scalar: tf.Tensor, expected: number, relative = 1e-4): void {
  const found = scalar.dataSync()[0]!;
  assert.ok(Math.abs(found - expected) <= relative * Math.max(1e-3, Math.abs(expected)), `${found}, not ${expected}`);
}
