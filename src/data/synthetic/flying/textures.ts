import { Random } from '../../../base/random.js';
import { clamp, fraction, fromHue, mix, type Rgb, scale } from '../colour.js';
import { addNoise, cellDistances, fractalNoise, whiteNoise } from '../noise.js';
import { setTexel, type TexturePlanes } from '../texture.js';

type Painter = (planes: TexturePlanes, random: Random) => void;

const size = 256;

/** Kinds of surface by what they ask of a matcher. `plain` has almost no texture, `regular` repeats. */
export const flyingTextureKinds = [
  'clouds',
  'grain',
  'leaves',
  'cells',
  'marks',
  'regular',
  'stripes',
  'plain',
] as const;

/** One of the kinds above. */
export type FlyingTextureKind = (typeof flyingTextureKinds)[number];

/** Draws variant `variant` of a kind of texture: the same two always give the same texture. */
export function paintFlyingTexture(kind: FlyingTextureKind, variant: number): TexturePlanes {
  const random = Random.fromSeed(variant, `flying-texture-${kind}`);
  const planes = {
    size,
    r: new Float32Array(size * size),
    g: new Float32Array(size * size),
    b: new Float32Array(size * size),
  };
  painters[kind](planes, random);
  return planes;
}

const painters: Record<FlyingTextureKind, Painter> = {
  // Several octaves of noise between a few colours, as in stone, cloth, foliage seen from afar.
  clouds(planes, random) {
    const persistence = random.uniform(0.4, 0.85);
    const first = 1 << (1 + random.integer(4));
    const a = fractalNoise(size, first, 8, persistence, random);
    const b = fractalNoise(size, first, 8, persistence, random);
    const [low, middle, high] = [randomColour(random), randomColour(random), randomColour(random)];
    const gain = random.uniform(0.8, 2);
    paint(planes, (i) => {
      const t = clamp(0.5 + a[i]! * gain);
      return mix(mix(low, high, t), middle, clamp(0.5 + b[i]! * gain) * 0.6);
    });
  },
  // Noise at one scale only, often very fine, as in asphalt, gravel, plaster.
  grain(planes, random) {
    const noise = random.chance(0.4) ? whiteNoise(size, random) : new Float32Array(size * size);
    addNoise(noise, size, 1 << (5 + random.integer(3)), 0.8, random);
    addNoise(noise, size, 4 << random.integer(3), random.uniform(0.05, 0.4), random);
    const base = randomColour(random);
    const strength = random.uniform(0.08, 0.5);
    paint(planes, (i) => scale(base, Math.max(0.05, 1 + noise[i]! * strength)));
  },
  // Opaque patches over one another at all scales: the statistics of natural images (the dead leaves model).
  leaves(planes, random) {
    const count = 300 + random.integer(700);
    const palette = Array.from({ length: 3 + random.integer(6) }, () => randomColour(random));
    paint(planes, () => palette[0]!);
    const largest = random.uniform(30, 90);
    for (let k = 0; k < count; k++) {
      // Areas follow a power law; the large ones come first so that small ones stay visible.
      const radius = Math.max(1.5, largest * (1 - k / count) ** 3 * random.uniform(0.5, 1));
      const colour = scale(random.pick(palette), random.uniform(0.6, 1.3));
      stamp(planes, random, radius, colour);
    }
  },
  // Cells with dark or light joints: cobbles, cracked earth, scales.
  cells(planes, random) {
    const { first, second, id } = cellDistances(size, 4 + random.integer(24), random);
    const [tone, joint] = [randomColour(random), randomColour(random)];
    const spread = random.uniform(0.1, 0.8);
    const width = random.uniform(0.8, 4);
    const relief = random.uniform(0, 0.05);
    paint(planes, (i) => {
      const hash = fraction(Math.sin(id[i]! * 91.7 + 3.1) * 43758.5);
      const cell = scale(tone, 1 + (hash - 0.5) * 2 * spread - first[i]! * relief);
      return mix(joint, cell, clamp((second[i]! - first[i]!) / width));
    });
  },
  // Small signs scattered on paper: print, posters, scribbles.
  marks(planes, random) {
    const [paper, ink] = [randomColour(random), randomColour(random)];
    const shading = fractalNoise(size, 2, 4, 0.5, random);
    paint(planes, (i) => scale(paper, 1 + shading[i]! * 0.15));
    const height = 6 + random.integer(26);
    const inLines = random.chance(0.6);
    for (let y = 2; y + height < size; y += Math.round(height * (inLines ? 1.5 : 0.8))) {
      let x = random.integer(height);
      while (x + height < size) {
        if (random.chance(inLines ? 0.85 : 0.4)) glyph(planes, random, x, y, height, ink);
        x += Math.round(height * random.uniform(0.6, inLines ? 0.8 : 2));
      }
    }
  },
  // Bricks, tiles, checks, grids, dots: the same again and again.
  regular(planes, random) {
    const columns = 2 << random.integer(5);
    const rows = Math.max(2, columns << (random.integer(3) - 1));
    const [a, b] = [randomColour(random), randomColour(random)];
    const style = random.pick(['checks', 'bricks', 'grid', 'dots'] as const);
    const joint = random.uniform(0.06, 0.3);
    const noise = fractalNoise(size, 8, 5, 0.7, random);
    const rough = random.uniform(0, 0.25);
    paint(planes, (i) => {
      let gx = ((i % size) * columns) / size;
      const gy = (Math.floor(i / size) * rows) / size;
      if (style === 'bricks' && Math.floor(gy) % 2 === 1) gx += 0.5;
      const [fx, fy] = [fraction(gx), fraction(gy)];
      let t = 0;
      if (style === 'checks') t = (Math.floor(gx) + Math.floor(gy)) & 1;
      else if (style === 'dots') t = Math.hypot(fx - 0.5, fy - 0.5) < 0.5 - joint ? 1 : 0;
      else t = fx > joint && fy > joint ? 1 : 0;
      return scale(mix(a, b, t), 1 + noise[i]! * rough);
    });
  },
  stripes(planes, random) {
    const across = random.chance(0.6);
    const bands = new Float32Array(size);
    const count = 3 + random.integer(60);
    const palette = [randomColour(random), randomColour(random), randomColour(random)];
    const periodic = random.chance(0.5);
    for (let k = 0; k < count; k++) {
      const value = periodic ? k & 1 : random.uniform();
      const from = Math.floor((k * size) / count);
      bands.fill(value, from, Math.floor(((k + 1) * size) / count));
    }
    const warp = fractalNoise(size, 2, 4, 0.5, random);
    const bend = random.chance(0.5) ? random.uniform(0, 20) : 0;
    const noise = fractalNoise(size, 16, 4, 0.7, random);
    paint(planes, (i) => {
      const at = (across ? i % size : Math.floor(i / size)) + Math.round(warp[i]! * bend);
      const t = bands[((at % size) + size) % size]!;
      return scale(
        t < 0.5 ? mix(palette[0]!, palette[1]!, t * 2) : mix(palette[1]!, palette[2]!, t * 2 - 1),
        1 + noise[i]! * 0.08,
      );
    });
  },
  // Walls, paint, sky-like gradients: next to nothing to match.
  plain(planes, random) {
    const [a, b] = [randomColour(random), randomColour(random)];
    const slow = fractalNoise(size, 1, 2, 0.5, random);
    const fine = fractalNoise(size, 32, 3, 0.8, random);
    const change = random.uniform(0, 0.25);
    const rough = random.uniform(0.002, 0.03);
    paint(planes, (i) => scale(mix(a, b, clamp(0.5 + slow[i]!) * change), 1 + fine[i]! * rough));
  },
};

function randomColour(random: Random): Rgb {
  const value = random.uniform(0.02, 0.9) ** 1.4;
  const saturation = random.uniform() ** 1.5;
  return fromHue(random.uniform(0, 6), saturation, value);
}

function paint(planes: TexturePlanes, colourAt: (index: number) => Rgb): void {
  for (let i = 0; i < planes.r.length; i++) setTexel(planes, i, colourAt(i));
}

function stamp(planes: TexturePlanes, random: Random, radius: number, colour: Rgb): void {
  const cx = random.uniform(0, size);
  const cy = random.uniform(0, size);
  const stretch = random.uniform(0.4, 1);
  const angle = random.uniform(0, Math.PI);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const square = random.chance(0.35);
  const slope = random.uniform(-0.4, 0.4) / radius;
  const reach = Math.ceil(radius * 1.42);
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      const u = x * c + y * s;
      const v = (-x * s + y * c) / stretch;
      if (square ? Math.max(Math.abs(u), Math.abs(v)) > radius : u * u + v * v > radius * radius) continue;
      const px = (Math.floor(cx) + x + size * 2) % size;
      const py = (Math.floor(cy) + y + size * 2) % size;
      setTexel(planes, py * size + px, scale(colour, 1 + u * slope));
    }
  }
}

function glyph(planes: TexturePlanes, random: Random, x0: number, y0: number, height: number, ink: Rgb): void {
  const strokes = 2 + random.integer(4);
  const thickness = Math.max(1, height * 0.09);
  for (let k = 0; k < strokes; k++) {
    const [ax, ay] = [random.integer(3) / 2, random.integer(4) / 3];
    const [bx, by] = [random.integer(3) / 2, random.integer(4) / 3];
    const bow = random.uniform(-0.3, 0.3);
    const steps = height * 2;
    for (let i = 0; i <= steps; i++) {
      const t = i / steps;
      const cx = x0 + (ax + (bx - ax) * t + bow * Math.sin(t * Math.PI)) * height * 0.55;
      const cy = y0 + (ay + (by - ay) * t) * height;
      for (let dy = 0; dy < thickness; dy++) {
        for (let dx = 0; dx < thickness; dx++) {
          const px = (Math.floor(cx + dx) + size) % size;
          const py = (Math.floor(cy + dy) + size) % size;
          setTexel(planes, py * size + px, ink);
        }
      }
    }
  }
}
