import type { Random } from '../../../base/random.js';
import type { Sensor } from '../scene.js';
import type { Light } from '../sky.js';
import type { StreetMaterials } from './materials.js';

/** Makes up the time of day and the weather: bright sun more often than not, else cloud, sometimes mist. */
export function createWeather(random: Random, materials: StreetMaterials): Light {
  const isOvercast = random.chance(0.25);
  const elevation = random.uniform(0.3, 1.05);
  const azimuth = random.uniform(0, 2 * Math.PI);
  const warm = Math.max(0, 0.75 - elevation) * 0.6;
  const strength = isOvercast ? 0 : random.uniform(0.75, 1.05);
  const fill = isOvercast ? random.uniform(0.75, 1) : random.uniform(0.1, 0.24);
  const sunlit = isOvercast ? 0.25 : 1;
  const white = isOvercast ? random.uniform(0.9, 1.8) : random.uniform(0.9, 2.3);
  const isMisty = random.chance(0.1);
  const blue = random.uniform(0.5, 1.15);
  return {
    zenith: isOvercast ? [0.8 * white, 0.84 * white, 0.9 * white] : [0.3 * blue, 0.58 * blue, 1.05 * blue],
    horizon: isOvercast ? [white, white, white] : [0.85 * white, 0.95 * white, 1.05 * white],
    cloud: [1.25 * white, 1.25 * white, 1.27 * white],
    cloudCover: isOvercast ? random.uniform(0.5, 1) : random.uniform(0, 0.65),
    cloudTexture: random.pick(materials.cloudTextures),
    cloudRepeat: random.uniform(0.06, 0.2),
    cloudShift: [random.uniform(), random.uniform()],
    sunDirection: [
      Math.cos(elevation) * Math.sin(azimuth),
      Math.sin(elevation),
      Math.cos(elevation) * Math.cos(azimuth),
    ],
    sun: [strength, strength * (1 - warm * 0.35), strength * (1 - warm * 0.75)],
    ambientUp: isOvercast ? [fill, fill * 1.02, fill * 1.05] : [fill * 0.88, fill, fill * 1.22],
    ambientDown: [fill * 0.35 + 0.1 * sunlit, fill * 0.34 + 0.095 * sunlit, fill * 0.33 + 0.085 * sunlit],
    hazePerM: isMisty ? random.uniform(0.003, 0.01) : random.uniform(0.0004, 0.0018),
    haze:
      isOvercast || isMisty ? [0.75 * white, 0.77 * white, 0.8 * white] : [0.62 * white, 0.72 * white, 0.86 * white],
  };
}

/** Two like cameras with small differences, as of a stereo rig on a car. */
export function createSensors(random: Random): readonly [Sensor, Sensor] {
  const left: Sensor = {
    exposure: Math.exp(random.normal(0, 0.22)),
    balance: [random.uniform(0.88, 1.04), 1, random.uniform(0.92, 1.08)],
    saturation: random.uniform(1, 1.45),
    gamma: random.uniform(1, 1.25),
    contrast: random.uniform(0.3, 1),
    shotNoise: random.uniform(0.002, 0.014),
    readNoise: random.uniform(0.0005, 0.004),
    vignetting: random.uniform(0, 0.15),
    blurPx: random.uniform(0, 0.55),
    noiseSeed: 0,
  };
  const right: Sensor = {
    ...left,
    exposure: left.exposure * random.uniform(0.97, 1.03),
    balance: [left.balance[0] * random.uniform(0.99, 1.01), 1, left.balance[2] * random.uniform(0.99, 1.01)],
  };
  return [left, right];
}
