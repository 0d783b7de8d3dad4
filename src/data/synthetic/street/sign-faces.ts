import { fraction, type Rgb } from '../colour.js';
import { paintPlanes, type TexturePlanes } from '../texture.js';

/** The faces of traffic signs and lights' boxes, each on one square. */
export const signNames = [
  'stop',
  'yield',
  'priority',
  'limit',
  'noParking',
  'arrow',
  'crossing',
  'direction',
  'motorway',
  'warning',
] as const;

/** One of the sign faces. */
export type SignName = (typeof signNames)[number];

/** Draws a sign's face; x and y run over the unit square from the left top. */
export function paintSign(name: SignName): TexturePlanes {
  const size = 128;
  const red: Rgb = [0.55, 0.02, 0.03];
  const white: Rgb = [0.8, 0.8, 0.8];
  const black: Rgb = [0.02, 0.02, 0.02];
  const blue: Rgb = [0.015, 0.09, 0.4];
  const yellow: Rgb = [0.75, 0.5, 0.02];
  const text = (x: number, y: number): boolean =>
    ['1011011101', '1101101011', '1010111011', '0110110101'][Math.floor(y * 19) % 4]![Math.floor(x * 10) % 10] === '1';
  const faces: Record<SignName, (x: number, y: number) => Rgb> = {
    stop: (x, y) =>
      Math.abs(y - 0.5) < 0.14 && Math.abs(x - 0.5) < 0.36 && text(x * 1.3, y)
        ? white
        : edge(x, y) > 0.44
          ? white
          : red,
    yield: (x, y) => (triangleEdge(x, 1 - y) < 0.17 ? red : white),
    warning: (x, y) => {
      const inside = triangleEdge(x, y);
      if (inside < 0.14) return red;
      return Math.abs(x - 0.5) < 0.05 && y > 0.4 && y < 0.82 ? black : white;
    },
    priority: (x, y) => (Math.abs(x - 0.5) + Math.abs(y - 0.5) < 0.33 ? yellow : white),
    limit: (x, y) => {
      if (edge(x, y) > 0.37) return red;
      const digit = Math.abs(y - 0.5) < 0.2 && (Math.abs(x - 0.36) < 0.1 || Math.abs(x - 0.64) < 0.1);
      const hole = Math.abs(y - 0.5) < 0.12 && (Math.abs(x - 0.36) < 0.045 || Math.abs(x - 0.64) < 0.045);
      return digit && !hole ? black : white;
    },
    noParking: (x, y) => (edge(x, y) > 0.38 || Math.abs(x - y) < 0.07 ? red : blue),
    arrow: (x, y) => {
      const [u, v] = [(x + y - 1) * 0.7, (x - y) * 0.7];
      const shaft = Math.abs(v) < 0.06 && Math.abs(u) < 0.28;
      const head = u > 0.05 && u < 0.3 && Math.abs(v) < 0.3 - u;
      return shaft || head ? white : blue;
    },
    crossing: (x, y) => {
      const inside = triangleEdge(x, y) > 0.18 && y > 0.2 && y < 0.85;
      if (!inside) return blue;
      return Math.hypot(x - 0.5, y - 0.45) < 0.06 || (Math.abs(x - 0.5) < 0.05 && y > 0.5 && y < 0.75) ? black : white;
    },
    direction: (x, y) => {
      if (Math.min(x, 1 - x, y, 1 - y) < 0.025) return black;
      const line = fraction(y * 3);
      return line > 0.3 && line < 0.7 && x > 0.1 && x < 0.75 && text(x * 1.6, y) ? black : [0.78, 0.62, 0.03];
    },
    motorway: (x, y) => {
      if (Math.min(x, 1 - x, y, 1 - y) < 0.025) return white;
      const line = fraction(y * 4);
      return line > 0.3 && line < 0.65 && x > 0.08 && x < 0.85 && text(x * 1.7, y) ? white : blue;
    },
  };
  return paintPlanes(size, (i) => faces[name](((i % size) + 0.5) / size, (Math.floor(i / size) + 0.5) / size));
}

function edge(x: number, y: number): number {
  return Math.hypot(x - 0.5, y - 0.5);
}

/** Distance from the nearest side of an upright triangle over the unit square (0 = on it). */
function triangleEdge(x: number, y: number): number {
  return Math.min(1 - y, (y - 2 * Math.abs(x - 0.5)) * 0.45);
}
