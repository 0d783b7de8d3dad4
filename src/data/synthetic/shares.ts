/** How much of a world is made of what is hard to match. */
export interface HardShares {
  /** Flying: share of objects that mirror. Street: how strongly cars, windows and metal do; 0 = not at all. 0..1. */
  readonly reflective: number;
  /** Share of surfaces or walls with next to no texture; 0..1. */
  readonly textureless: number;
}

/** The shares a world has unless others are chosen. */
export const defaultHardShares: HardShares = { reflective: 0.1, textureless: 0.12 };
