import type { FloatMap } from './raster.js';

/**
 * What the other view says about the pixel that (x, y) of one's own view matches: its disparity at x + direction * d,
 * read linearly between columns, in px. NaN where d or what is found is unknown, and where the match lies outside.
 * @param direction -1 from the left view to the right one, 1 the other way.
 */
export function disparityOfMatch(own: FloatMap, other: FloatMap, x: number, y: number, direction: -1 | 1): number {
  const row = y * own.width;
  const matchX = x + direction * own.data[row + x]!;
  if (!(matchX >= 0 && matchX <= own.width - 1)) return Number.NaN;
  const column = Math.floor(matchX);
  const share = matchX - column;
  const near = other.data[row + column]!;
  // On a column exactly, its neighbour does not count: it may be unknown, or belong to the next row.
  return share === 0 ? near : near * (1 - share) + other.data[row + column + 1]! * share;
}

/** Both views agree about a pixel if their disparities differ by at most this much, px (Guo et al., ECCV 2018, (1)). */
const agreementPx = 1;

/**
 * 1 where the other view's disparity at the match of a pixel agrees within 1 px, else 0: seen by both views.
 * @param direction as in `disparityOfMatch`.
 */
export function agreement(own: FloatMap, other: FloatMap, direction: -1 | 1): FloatMap {
  const { width, height } = own;
  const data = own.data.map((disparity, i) => {
    const found = disparityOfMatch(own, other, i % width, Math.floor(i / width), direction);
    return Math.abs(disparity - found) <= agreementPx ? 1 : 0;
  });
  return { width, height, data };
}
