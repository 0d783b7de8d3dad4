import type { Random } from '../../../base/random.js';
import type { Vec3 } from '../shapes.js';

/** Places kept at most. */
const keptPoints = 4096;

interface Wave {
  readonly size: number;
  readonly lengthM: number;
  readonly phase: number;
}

/** Where a road's centre line is and where it goes, at one place. */
export interface CoursePoint {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** Radians towards +x. */
  readonly heading: number;
  /** Rise per metre. */
  readonly grade: number;
}

/**
 * The centre line of a road: heading and height are sums of slow waves, so that it bends and rises gently for ever.
 * Places on it are given by s (metres along it) and t (metres to its right).
 */
export class Course {
  readonly #bends: readonly Wave[];
  readonly #hills: readonly Wave[];
  /** Strips of ground and rails ask for the same places again and again. */
  readonly #points = new Map<number, CoursePoint>();
  /** x and z at whole metres, grown as far as asked for. */
  readonly #xs: number[] = [0];
  readonly #zs: number[] = [0];

  /** `bend`: radians that the heading swings; `hill`: metres that the height swings. */
  constructor(random: Random, bend: number, hill: number) {
    const wave = (size: number, low: number, high: number): Wave => ({
      size: random.normal(0, size),
      lengthM: random.uniform(low, high),
      phase: random.uniform(0, 2 * Math.PI),
    });
    this.#bends = [wave(bend, 260, 600), wave(bend * 0.4, 120, 260)];
    this.#hills = [wave(hill, 250, 700), wave(hill * 0.25, 90, 200)];
  }

  at(s: number): CoursePoint {
    let point = this.#points.get(s);
    if (point === undefined) {
      if (this.#points.size >= keptPoints) this.#points.clear();
      point = this.#pointAt(s);
      this.#points.set(s, point);
    }
    return point;
  }

  #pointAt(s: number): CoursePoint {
    const clamped = Math.max(0, s);
    const whole = Math.floor(clamped);
    while (this.#xs.length <= whole + 1) {
      const last = this.#xs.length - 1;
      const heading = this.#heading(last + 0.5);
      this.#xs.push(this.#xs[last]! + Math.sin(heading));
      this.#zs.push(this.#zs[last]! + Math.cos(heading));
    }
    const part = clamped - whole;
    const before = Math.min(0, s);
    const heading = this.#heading(s);
    return {
      x: this.#xs[whole]! + (this.#xs[whole + 1]! - this.#xs[whole]!) * part + Math.sin(heading) * before,
      y: this.#height(s),
      z: this.#zs[whole]! + (this.#zs[whole + 1]! - this.#zs[whole]!) * part + Math.cos(heading) * before,
      heading,
      grade: this.#height(s + 0.5) - this.#height(s - 0.5),
    };
  }

  /** The world point at s, t, and a height above the road. */
  point(s: number, t: number, height = 0): Vec3 {
    const { x, y, z, heading } = this.at(s);
    return [x + t * Math.cos(heading), y + height, z - t * Math.sin(heading)];
  }

  #heading(s: number): number {
    return waves(this.#bends, s) - waves(this.#bends, 0);
  }

  #height(s: number): number {
    return waves(this.#hills, s) - waves(this.#hills, 0);
  }
}

function waves(list: readonly Wave[], s: number): number {
  let sum = 0;
  for (const { size, lengthM, phase } of list) sum += size * Math.sin((s / lengthM) * 2 * Math.PI + phase);
  return sum;
}
