/** Linear red, green, blue. */
export type Rgb = readonly [number, number, number];

/** From a (t = 0) to b (t = 1). */
export function mix(a: Rgb, b: Rgb, t: number): Rgb {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}

/** All three channels times k. */
export function scale(a: Rgb, k: number): Rgb {
  return [a[0] * k, a[1] * k, a[2] * k];
}

/** The colour of a hue (0..6, red at 0), saturation (0..1) and value (0..1). */
export function fromHue(hue: number, saturation: number, value: number): Rgb {
  const channel = (shift: number): number => {
    const k = (shift + hue) % 6;
    return value * (1 - saturation * Math.max(0, Math.min(k, 4 - k, 1)));
  };
  return [channel(5), channel(3), channel(1)];
}

/** The value, at least 0 and at most 1. */
export function clamp(value: number): number {
  return Math.max(0, Math.min(1, value));
}

/** What lies behind the point; for values below 0 too, in 0..1. */
export function fraction(value: number): number {
  return value - Math.floor(value);
}
