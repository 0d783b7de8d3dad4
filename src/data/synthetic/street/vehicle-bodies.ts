/**
 * One cross-section of a body: how far back it is (0 front .. 1 rear), height of belt line and roof, height of the
 * sill, and half widths at sill, door, belt and roof as shares of half the vehicle's width. Where roof is at the
 * belt there is no cabin.
 */
export interface Section {
  readonly at: number;
  readonly belt: number;
  readonly roof: number;
  readonly sill: number;
  readonly widths: readonly [number, number, number, number];
}

/** The shape of a car: its size, wheels, cross-sections, and between which of these its windows are. */
export interface Body {
  readonly length: number;
  readonly width: number;
  readonly wheelRadius: number;
  readonly wheels: readonly number[];
  readonly sections: readonly Section[];
  /** Index of the sections where windscreen, side windows and rear window begin and end. */
  readonly windscreen: readonly [number, number];
  readonly sideWindows: readonly (readonly [number, number])[];
  readonly rearWindow: readonly [number, number] | undefined;
}

const low: Section['widths'] = [0.9, 0.98, 0.94, 0.78];

function section(at: number, belt: number, roof = belt, widths = low, sill = 0.2): Section {
  return { at, belt, roof, sill, widths };
}

const nose: Section['widths'] = [0.74, 0.86, 0.78, 0.6];

const nose2: Section['widths'] = [0.86, 0.96, 0.88, 0.7];

const tail: Section['widths'] = [0.8, 0.92, 0.86, 0.68];

/** The cars' shapes, after common ones of each kind. */
export const bodies: Readonly<Record<'hatchback' | 'sedan' | 'estate' | 'suv' | 'van', Body>> = {
  hatchback: {
    length: 4.1,
    width: 1.76,
    wheelRadius: 0.31,
    wheels: [0.2, 0.815],
    sections: [
      section(0, 0.58, 0.6, nose, 0.26),
      section(0.03, 0.68, 0.7, nose2, 0.2),
      section(0.13, 0.8, 0.83),
      section(0.27, 0.9, 0.94),
      section(0.45, 0.93, 1.41, [0.9, 0.98, 0.94, 0.68]),
      section(0.49, 0.93, 1.44, [0.9, 0.98, 0.94, 0.68]),
      section(0.64, 0.95, 1.48, [0.9, 0.99, 0.94, 0.69]),
      section(0.67, 0.95, 1.48, [0.9, 0.99, 0.94, 0.69]),
      section(0.84, 0.98, 1.44, [0.9, 0.98, 0.93, 0.68]),
      section(0.9, 0.99, 1.4, [0.9, 0.97, 0.92, 0.66]),
      section(0.975, 0.98, 1.02, tail, 0.24),
      section(1, 0.85, 0.88, tail, 0.3),
    ],
    windscreen: [3, 4],
    sideWindows: [
      [3, 4],
      [4, 6],
      [7, 8],
    ],
    rearWindow: [9, 10],
  },
  sedan: {
    length: 4.6,
    width: 1.8,
    wheelRadius: 0.32,
    wheels: [0.19, 0.79],
    sections: [
      section(0, 0.58, 0.6, nose, 0.26),
      section(0.03, 0.68, 0.7, nose2),
      section(0.14, 0.79, 0.82),
      section(0.28, 0.88, 0.92),
      section(0.44, 0.91, 1.37, [0.9, 0.98, 0.93, 0.66]),
      section(0.48, 0.91, 1.4, [0.9, 0.98, 0.93, 0.66]),
      section(0.6, 0.92, 1.43, [0.9, 0.99, 0.93, 0.66]),
      section(0.625, 0.92, 1.43, [0.9, 0.99, 0.93, 0.66]),
      section(0.74, 0.94, 1.38, [0.9, 0.99, 0.93, 0.64]),
      section(0.85, 0.97, 1.02, [0.9, 0.98, 0.92, 0.76]),
      section(0.97, 0.97, 0.99, tail, 0.24),
      section(1, 0.82, 0.84, tail, 0.3),
    ],
    windscreen: [3, 4],
    sideWindows: [
      [3, 4],
      [4, 6],
      [7, 8],
    ],
    rearWindow: [8, 9],
  },
  estate: {
    length: 4.65,
    width: 1.8,
    wheelRadius: 0.32,
    wheels: [0.19, 0.78],
    sections: [
      section(0, 0.58, 0.6, nose, 0.26),
      section(0.03, 0.68, 0.7, nose2),
      section(0.14, 0.79, 0.82),
      section(0.27, 0.89, 0.93),
      section(0.42, 0.92, 1.4, [0.9, 0.98, 0.93, 0.68]),
      section(0.46, 0.92, 1.43, [0.9, 0.98, 0.93, 0.68]),
      section(0.6, 0.94, 1.48, [0.9, 0.99, 0.93, 0.69]),
      section(0.625, 0.94, 1.48, [0.9, 0.99, 0.93, 0.69]),
      section(0.78, 0.96, 1.47, [0.9, 0.99, 0.93, 0.69]),
      section(0.92, 0.98, 1.42, [0.9, 0.97, 0.92, 0.67]),
      section(0.985, 1.0, 1.04, tail, 0.24),
      section(1, 0.85, 0.88, tail, 0.3),
    ],
    windscreen: [3, 4],
    sideWindows: [
      [3, 4],
      [4, 6],
      [7, 8],
      [8, 9],
    ],
    rearWindow: [9, 10],
  },
  suv: {
    length: 4.45,
    width: 1.85,
    wheelRadius: 0.36,
    wheels: [0.2, 0.8],
    sections: [
      section(0, 0.72, 0.74, nose, 0.36),
      section(0.03, 0.84, 0.86, nose2, 0.3),
      section(0.12, 0.97, 1.0, low, 0.3),
      section(0.27, 1.06, 1.1, low, 0.3),
      section(0.41, 1.09, 1.6, [0.92, 0.99, 0.95, 0.72], 0.3),
      section(0.45, 1.09, 1.64, [0.92, 0.99, 0.95, 0.72], 0.3),
      section(0.6, 1.1, 1.68, [0.92, 1, 0.95, 0.73], 0.3),
      section(0.63, 1.1, 1.68, [0.92, 1, 0.95, 0.73], 0.3),
      section(0.8, 1.12, 1.66, [0.92, 1, 0.95, 0.72], 0.3),
      section(0.92, 1.14, 1.6, [0.92, 0.98, 0.94, 0.7], 0.3),
      section(0.985, 1.15, 1.2, tail, 0.34),
      section(1, 1.0, 1.03, tail, 0.4),
    ],
    windscreen: [3, 4],
    sideWindows: [
      [3, 4],
      [4, 6],
      [7, 8],
      [8, 9],
    ],
    rearWindow: [9, 10],
  },
  van: {
    length: 5.0,
    width: 1.95,
    wheelRadius: 0.34,
    wheels: [0.18, 0.8],
    sections: [
      section(0, 0.8, 0.83, nose, 0.3),
      section(0.025, 0.95, 0.98, nose2, 0.26),
      section(0.1, 1.08, 1.12, low, 0.24),
      section(0.16, 1.12, 1.17, low, 0.24),
      section(0.29, 1.15, 1.82, [0.93, 1, 0.97, 0.78], 0.24),
      section(0.33, 1.15, 1.9, [0.93, 1, 0.97, 0.8], 0.24),
      section(0.46, 1.15, 1.96, [0.93, 1, 0.97, 0.82], 0.24),
      section(0.5, 1.15, 1.97, [0.93, 1, 0.97, 0.82], 0.24),
      section(0.75, 1.15, 1.97, [0.93, 1, 0.97, 0.82], 0.24),
      section(0.975, 1.15, 1.93, [0.93, 0.99, 0.96, 0.81], 0.26),
      section(0.99, 1.12, 1.86, [0.9, 0.97, 0.94, 0.78], 0.3),
      section(1, 1.1, 1.8, [0.88, 0.95, 0.92, 0.76], 0.35),
    ],
    windscreen: [3, 4],
    sideWindows: [
      [3, 4],
      [4, 6],
    ],
    rearWindow: undefined,
  },
};
