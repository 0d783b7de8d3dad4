import { Random } from '../../../base/random.js';
import { clamp, fraction, fromHue, mix, type Rgb, scale } from '../colour.js';
import { addNoise, cellDistances, fractalNoise, whiteNoise } from '../noise.js';
import { paintPlanes, setTexel, type TexturePlanes } from '../texture.js';

/** Draws the named texture of the street world; the variant picks one of its family. */
export function paintStreetTexture(name: StreetTexture, variant = 0): TexturePlanes {
  return painters[name](Random.fromSeed(variant, `street-texture-${name}`));
}

/** Names of the families of textures. */
export type StreetTexture = keyof typeof painters;

const painters = {
  /** Chippings and fine cracks; mean 1 before the material's colour. */
  asphalt(random: Random) {
    const size = 512;
    const grain = whiteNoise(size, random);
    addNoise(grain, size, 256, 0.9, random);
    addNoise(grain, size, 128, 0.5, random);
    const broad = fractalNoise(size, 4, 5, 0.6, random);
    const crack = cracks(size, 3 + random.integer(4), random);
    return grey(size, (i) => 0.5 * (1 + grain[i]! * 0.22 + broad[i]! * 0.16) * (1 - 0.45 * crack[i]!));
  },
  /** Wear, stains, wheel tracks, at a scale of tens of metres; mean 0.5, as it multiplies by 2. */
  wear(random: Random) {
    const size = 256;
    const a = fractalNoise(size, 4, 6, 0.62, random);
    const b = fractalNoise(size, 16, 4, 0.6, random);
    return grey(size, (i) => 0.5 * (1 + a[i]! * 0.28 + b[i]! * 0.12));
  },
  paving(random: Random) {
    const size = 256;
    const rows = 6;
    const noise = fractalNoise(size, 8, 6, 0.75, random);
    const tone = new Float32Array(rows * rows * 2).map(() => random.uniform(0.85, 1.12));
    const offset = random.chance(0.5);
    return grey(size, (i) => {
      const gy = ((Math.floor(i / size) + 0.5) * rows) / size;
      const gx = ((i % size) + 0.5) * (rows / size) + (offset && Math.floor(gy) % 2 === 1 ? 0.5 : 0);
      const edge = Math.min(fraction(gx), 1 - fraction(gx), fraction(gy), 1 - fraction(gy));
      const slab = tone[(Math.floor(gx) % rows) + Math.floor(gy) * rows]!;
      return 0.55 * slab * (1 + noise[i]! * 0.16) * (edge < 0.035 ? 0.55 : 1);
    });
  },
  cobbles(random: Random) {
    const size = 256;
    const { first, second, id } = cellDistances(size, 16, random);
    const noise = fractalNoise(size, 16, 4, 0.7, random);
    return grey(size, (i) => {
      const joint = Math.min(1, (second[i]! - first[i]!) / 3);
      const tone = 0.75 + 0.5 * fraction(Math.sin(id[i]! * 917.1) * 43758.5);
      return 0.5 * tone * (0.35 + 0.65 * joint) * (1 + noise[i]! * 0.15);
    });
  },
  concrete(random: Random) {
    const size = 256;
    const noise = fractalNoise(size, 4, 7, 0.7, random);
    const fine = whiteNoise(size, random);
    return grey(size, (i) => {
      const joint = i % size < 2 || Math.floor(i / size) < 2 ? 0.75 : 1;
      return 0.55 * joint * (1 + noise[i]! * 0.16 + fine[i]! * 0.05);
    });
  },
  grass(random: Random) {
    const size = 512;
    const patch = fractalNoise(size, 4, 5, 0.65, random);
    const blades = new Float32Array(size * size);
    addNoise(blades, size, 256, 1, random, 128);
    addNoise(blades, size, 128, 0.7, random, 64);
    const fine = whiteNoise(size, random);
    const dry = fractalNoise(size, 8, 4, 0.6, random);
    return paintPlanes(size, (i) => {
      const bright = 1 + blades[i]! * 0.34 + fine[i]! * 0.2 + patch[i]! * 0.3;
      const t = clamp(0.35 + dry[i]! * 0.9);
      return scale(mix([0.075, 0.12, 0.028], [0.19, 0.165, 0.07], t), Math.max(0.1, bright));
    });
  },
  soil(random: Random) {
    const size = 256;
    const noise = fractalNoise(size, 4, 7, 0.75, random);
    const leaves = whiteNoise(size, random);
    return paintPlanes(size, (i) =>
      scale(leaves[i]! > 0.9 ? [0.3, 0.17, 0.06] : [0.16, 0.115, 0.075], Math.max(0.15, 1 + noise[i]! * 0.5)),
    );
  },
  /** Rendered wall: nearly even, with streaks of rain and dirt. */
  plaster(random: Random) {
    const size = 256;
    const fine = whiteNoise(size, random);
    addNoise(fine, size, 128, 0.8, random);
    const dirt = fractalNoise(size, 2, 6, 0.6, random);
    const streaks = new Float32Array(size * size);
    addNoise(streaks, size, 32, 1, random, 2);
    return grey(size, (i) => 0.8 * (1 + fine[i]! * 0.045 + dirt[i]! * 0.09 + streaks[i]! * 0.05));
  },
  plain(random: Random) {
    const size = 128;
    const dirt = fractalNoise(size, 1, 3, 0.5, random);
    return grey(size, (i) => 0.85 * (1 + dirt[i]! * 0.03));
  },
  brick(random: Random) {
    return masonry(random, 8, 24, 0.05, 0.45, [0.75, 0.72, 0.68]);
  },
  stone(random: Random) {
    return masonry(random, 4, 8, 0.03, 0.28, [0.4, 0.38, 0.35]);
  },
  roof(random: Random) {
    const size = 256;
    const noise = fractalNoise(size, 8, 5, 0.7, random);
    return grey(size, (i) => {
      const gy = fraction((Math.floor(i / size) * 16) / size);
      const gx = fraction(((i % size) * 20) / size);
      return 0.7 * (0.45 + 0.55 * gy) * (0.75 + 0.25 * Math.sin(gx * Math.PI)) * (1 + noise[i]! * 0.3);
    });
  },
  bark(random: Random) {
    const size = 128;
    const ridges = new Float32Array(size * size);
    addNoise(ridges, size, 32, 1, random, 6);
    addNoise(ridges, size, 64, 0.5, random, 16);
    return paintPlanes(size, (i) => scale([0.17, 0.135, 0.1], Math.max(0.15, 1 + ridges[i]! * 0.55)));
  },
  wood(random: Random) {
    const size = 128;
    const grainNoise = new Float32Array(size * size);
    addNoise(grainNoise, size, 64, 1, random, 4);
    return grey(size, (i) => (fraction(((i % size) * 8) / size) < 0.06 ? 0.3 : 0.7) * (1 + grainNoise[i]! * 0.2));
  },
  cloth(random: Random) {
    const size = 64;
    const folds = fractalNoise(size, 4, 4, 0.6, random);
    return grey(size, (i) => 0.8 * (1 + folds[i]! * 0.3));
  },
  /** A spray of leaves, cut out. Colours are near 1: the tree's tint makes them green. */
  leaves(random: Random) {
    const size = 256;
    const result = empty(size);
    const count = 120 + random.integer(60);
    for (let k = 0; k < count; k++) {
      const angle = random.uniform(0, 2 * Math.PI);
      const distance = Math.sqrt(random.uniform()) * 0.4 * size;
      const cx = size / 2 + Math.cos(angle) * distance;
      const cy = size / 2 + Math.sin(angle) * distance;
      const tone = random.uniform(0.35, 1) * (0.6 + 0.4 * (k / count));
      leaf(result, cx, cy, random.uniform(7, 15), random.uniform(0, Math.PI), [
        tone * random.uniform(0.8, 1.05),
        tone,
        tone * random.uniform(0.5, 0.9),
      ]);
    }
    return result;
  },
  /** Needles on drooping twigs. */
  needles(random: Random) {
    const size = 256;
    const result = empty(size);
    for (let twig = 0; twig < 34; twig++) {
      const x0 = random.uniform(0.25, 0.75) * size;
      const y0 = random.uniform(0.08, 0.6) * size;
      const lean = random.uniform(-0.9, 0.9);
      const tone = random.uniform(0.35, 1);
      for (let k = 0; k < 22; k++) {
        const x = x0 + lean * k * 3;
        const y = y0 + k * 4;
        leaf(result, x, y, 8, random.uniform(0, Math.PI), [tone * 0.8, tone, tone * 0.75]);
      }
    }
    return result;
  },
  tuft(random: Random) {
    const size = 128;
    const result = empty(size);
    for (let k = 0; k < 70; k++) {
      let x = random.uniform(0.15, 0.85) * size;
      const lean = random.uniform(-0.5, 0.5);
      const length = random.uniform(0.3, 0.95) * size;
      const tone = random.uniform(0.4, 1);
      for (let step = 0; step < length; step++) {
        x += lean * (step / length);
        const width = 1 + Math.floor(2 * (1 - step / length));
        for (let dx = 0; dx < width; dx++) {
          put(result, Math.floor(x) + dx, size - 1 - step, [tone, tone, tone * 0.6]);
        }
      }
    }
    return result;
  },
  /** A far row of trees and bushes, seen from the side, cut out along its top. */
  treeline(random: Random) {
    const size = 512;
    const result = empty(size);
    for (let tree = 0; tree < 15; tree++) {
      const isBush = tree % 3 === 2;
      const x = random.uniform(0, size);
      const height = (isBush ? random.uniform(0.2, 0.4) : random.uniform(0.42, 0.9)) * size;
      const reach = height * random.uniform(0.12, 0.26);
      const base = isBush ? 0 : height * random.uniform(0.1, 0.3);
      const tone = random.uniform(0.5, 1);
      for (let k = 0; k < 420; k++) {
        const level = random.uniform();
        const width = reach * Math.sqrt(Math.max(0, 1 - (2 * level - 0.9) ** 2 / 1.3));
        const across = random.uniform(-1, 1);
        const y = size - base - level * (height - base);
        const light = tone * (0.45 + 0.55 * level) * (1 - 0.35 * Math.abs(across)) * random.uniform(0.6, 1.2);
        leaf(
          result,
          x + across * width,
          y,
          random.uniform(3, 8),
          random.uniform(0, Math.PI),
          [light * 0.9, light, light * 0.6],
          0.75,
        );
      }
    }
    // Below everything is undergrowth.
    for (let k = 0; k < 1500; k++) {
      const light = random.uniform(0.2, 0.5);
      leaf(
        result,
        random.uniform(0, size),
        size - random.uniform(0, 0.14) * size,
        random.uniform(4, 9),
        random.uniform(0, Math.PI),
        [light * 0.9, light, light * 0.6],
        0.75,
      );
    }
    return result;
  },
  mesh(_random: Random) {
    const size = 64;
    const result = empty(size);
    for (let i = 0; i < size * size; i++) {
      const [x, y] = [i % size, Math.floor(i / size)];
      const wire = (x + y) % 32 < 3 || (x - y + size) % 32 < 3;
      if (wire) put(result, x, y, [1, 1, 1]);
    }
    return result;
  },
  clouds(random: Random) {
    const size = 512;
    const noise = fractalNoise(size, 4, 8, 0.58, random);
    const light = fractalNoise(size, 8, 6, 0.6, random);
    const planes = grey(size, (i) => clamp(0.65 + light[i]! * 0.35));
    const a = new Float32Array(size * size).map((_, i) => clamp(0.5 + noise[i]! * 0.62));
    return { ...planes, a };
  },
  /** Shop fronts and posters: coloured panels with signs of lettering. */
  poster(random: Random) {
    const size = 128;
    const back = vivid(random);
    const ink = vivid(random);
    const planes = paintPlanes(size, () => back);
    for (let k = 0; k < 26; k++) {
      const x0 = random.integer(size);
      const y0 = random.integer(size);
      const w = 4 + random.integer(40);
      const h = 3 + random.integer(14);
      const fill = random.chance(0.6) ? ink : vivid(random);
      for (let y = y0; y < Math.min(size, y0 + h); y++) {
        for (let x = x0; x < Math.min(size, x0 + w); x++) {
          if (h < 9 && (x * 7 + y * 3) % 5 < 2) continue;
          setTexel(planes, y * size + x, fill);
        }
      }
    }
    return planes;
  },
};

function masonry(
  random: Random,
  columns: number,
  rows: number,
  joint: number,
  spread: number,
  mortar: Rgb,
): TexturePlanes {
  const size = 256;
  const noise = fractalNoise(size, 16, 5, 0.75, random);
  const tones = new Float32Array(columns * rows).map(() => random.uniform(1 - spread, 1 + spread * 0.6));
  const warm = new Float32Array(columns * rows).map(() => random.uniform(-0.08, 0.08));
  return paintPlanes(size, (i) => {
    const gy = ((Math.floor(i / size) + 0.5) * rows) / size;
    const gx = (((i % size) + 0.5) * columns) / size + (Math.floor(gy) % 2) * 0.5;
    const [fx, fy] = [fraction(gx), fraction(gy)];
    const inJoint = Math.min(fx, 1 - fx) * (rows / columns) < joint * 2 || Math.min(fy, 1 - fy) < joint * 2;
    if (inJoint) return scale(mortar, 0.7 * (1 + noise[i]! * 0.15));
    const stone = (Math.floor(gx) % columns) + Math.floor(gy) * columns;
    const tone = 0.62 * tones[stone]! * (1 + noise[i]! * 0.2);
    return [tone * (1 + warm[stone]!), tone, tone * (1 - warm[stone]!)];
  });
}

function cracks(size: number, count: number, random: Random): Float32Array {
  const plane = new Float32Array(size * size);
  for (let k = 0; k < count; k++) {
    let x = random.uniform(0, size);
    let y = random.uniform(0, size);
    let angle = random.uniform(0, 2 * Math.PI);
    const strength = random.uniform(0.4, 1);
    for (let step = 0; step < size * 0.9; step++) {
      angle += random.normal(0, 0.22);
      x += Math.cos(angle);
      y += Math.sin(angle);
      const at = (((Math.floor(y) % size) + size) % size) * size + (((Math.floor(x) % size) + size) % size);
      plane[at] = strength;
      plane[(at + 1) % plane.length] = Math.max(plane[(at + 1) % plane.length]!, strength * 0.6);
    }
  }
  return plane;
}

type CutoutPlanes = TexturePlanes & { readonly a: Float32Array };

function empty(size: number): CutoutPlanes {
  const planes = paintPlanes(size, () => [0.45, 0.5, 0.3]);
  return { ...planes, a: new Float32Array(size * size) };
}

function leaf(
  planes: CutoutPlanes,
  cx: number,
  cy: number,
  length: number,
  angle: number,
  tone: Rgb,
  fullness = 0.5,
): void {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const reach = Math.ceil(length);
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      const u = (dx * c + dy * s) / length;
      const v = (-dx * s + dy * c) / (length * fullness);
      if (u * u + v * v + Math.abs(u * v) * 0.6 > 1) continue;
      const vein = Math.abs(v) < 0.12 ? 0.85 : 1;
      put(planes, Math.floor(cx) + dx, Math.floor(cy) + dy, scale(tone, vein * (1 + 0.2 * v)));
    }
  }
}

function put(planes: CutoutPlanes, x: number, y: number, tone: Rgb): void {
  if (y < 0 || y >= planes.size) return;
  const i = y * planes.size + (((x % planes.size) + planes.size) % planes.size);
  setTexel(planes, i, tone);
  planes.a[i] = 1;
}

function grey(size: number, at: (index: number) => number): TexturePlanes {
  return paintPlanes(size, (i) => {
    const value = at(i);
    return [value, value, value];
  });
}

function vivid(random: Random): Rgb {
  const value = random.uniform(0.05, 0.8);
  const hue = random.uniform(0, 6);
  return fromHue(hue, random.uniform(0, 0.75), value);
}
