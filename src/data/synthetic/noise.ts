import type { Random } from '../../base/random.js';

/** A square plane of floats that repeats at its borders. */
export type Plane = Float32Array;

/**
 * Adds one octave of smooth noise that repeats at the borders: random values at `cells` x `cellsY` lattice points,
 * joined by smoothstep interpolation, in -amplitude..amplitude.
 */
export function addNoise(
  plane: Plane,
  size: number,
  cells: number,
  amplitude: number,
  random: Random,
  cellsY: number = cells,
): void {
  const lattice = new Float32Array(cells * cellsY);
  for (let i = 0; i < lattice.length; i++) lattice[i] = random.uniform(-amplitude, amplitude);
  const columns = new Int32Array(size);
  const weights = new Float32Array(size);
  for (let x = 0; x < size; x++) {
    const at = (x * cells) / size;
    columns[x] = Math.floor(at);
    weights[x] = smooth(at - Math.floor(at));
  }
  for (let y = 0; y < size; y++) {
    const at = (y * cellsY) / size;
    const y0 = Math.floor(at);
    const wy = smooth(at - y0);
    const row0 = y0 * cells;
    const row1 = ((y0 + 1) % cellsY) * cells;
    for (let x = 0; x < size; x++) {
      const x0 = columns[x]!;
      const x1 = x0 + 1 === cells ? 0 : x0 + 1;
      const wx = weights[x]!;
      const top = lattice[row0 + x0]! + (lattice[row0 + x1]! - lattice[row0 + x0]!) * wx;
      const bottom = lattice[row1 + x0]! + (lattice[row1 + x1]! - lattice[row1 + x0]!) * wx;
      plane[y * size + x]! += top + (bottom - top) * wy;
    }
  }
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}

/** Several octaves: cells double, amplitudes shrink by `persistence`; about -1..1. */
export function fractalNoise(
  size: number,
  firstCells: number,
  octaves: number,
  persistence: number,
  random: Random,
): Plane {
  const plane = new Float32Array(size * size);
  let amplitude = 1;
  let sum = 0;
  for (let octave = 0, cells = firstCells; octave < octaves && cells <= size; octave++, cells *= 2) {
    addNoise(plane, size, cells, amplitude, random);
    sum += amplitude;
    amplitude *= persistence;
  }
  for (let i = 0; i < plane.length; i++) plane[i]! /= Math.max(1e-6, sum * 0.7);
  return plane;
}

/** One random value a pixel, -1..1. */
export function whiteNoise(size: number, random: Random): Plane {
  const plane = new Float32Array(size * size);
  for (let i = 0; i < plane.length; i++) plane[i] = random.uniform(-1, 1);
  return plane;
}

/** Distances to the nearest and second nearest of `count` random points, on a plane that repeats; in px. */
export function cellDistances(size: number, cells: number, random: Random): { first: Plane; second: Plane; id: Plane } {
  const px = new Float32Array(cells * cells);
  const py = new Float32Array(cells * cells);
  for (let i = 0; i < px.length; i++) {
    px[i] = random.uniform();
    py[i] = random.uniform();
  }
  const first = new Float32Array(size * size);
  const second = new Float32Array(size * size);
  const id = new Float32Array(size * size);
  const cellSize = size / cells;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const gx = x / cellSize;
      const gy = y / cellSize;
      const cx = Math.floor(gx);
      const cy = Math.floor(gy);
      let best = Infinity;
      let next = Infinity;
      let owner = 0;
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          const wrapped = ((cy + dy + cells) % cells) * cells + ((cx + dx + cells) % cells);
          const ex = cx + dx + px[wrapped]! - gx;
          const ey = cy + dy + py[wrapped]! - gy;
          const distance = ex * ex + ey * ey;
          if (distance < best) {
            next = best;
            best = distance;
            owner = wrapped;
          } else if (distance < next) next = distance;
        }
      }
      const i = y * size + x;
      first[i] = Math.sqrt(best) * cellSize;
      second[i] = Math.sqrt(next) * cellSize;
      id[i] = owner / (cells * cells);
    }
  }
  return { first, second, id };
}
