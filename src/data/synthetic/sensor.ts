import { createRgbImage, type RgbImage } from '../../geometry/raster.js';
import type { Sensor } from './scene.js';

const curveSteps = 4096;

/**
 * What the camera makes of linear radiance (3 a pixel): lens blur, vignetting, exposure, noise, tone curve, 8 bits.
 * The noise is fixed by the sensor's seed; `meter` is the exposure that both views share.
 */
export function expose(radiance: Float32Array, width: number, height: number, sensor: Sensor, meter: number): RgbImage {
  const image = createRgbImage(width, height);
  const light = sensor.blurPx > 0.05 ? blurred(radiance, width, height, sensor.blurPx) : radiance;
  const curve = toneCurve(sensor.gamma, sensor.contrast);
  const { data } = image;
  let state = (sensor.noiseSeed ^ 0x9e3779b9) | 0;
  const [br, bg, bb] = sensor.balance.map((factor) => factor * sensor.exposure * meter) as [number, number, number];
  const gains = [br, bg, bb];
  const halfDiagonal2 = (width * width + height * height) / 4;
  const { shotNoise, readNoise, vignetting, saturation } = sensor;
  const noisy = shotNoise > 0 || readNoise > 0;
  for (let y = 0, i = 0; y < height; y++) {
    const dy = y - height / 2;
    for (let x = 0; x < width; x++) {
      const dx = x - width / 2;
      const grey = 0.25 * light[i]! * br + 0.6 * light[i + 1]! * bg + 0.15 * light[i + 2]! * bb;
      const corner = 1 - (vignetting * (dx * dx + dy * dy)) / halfDiagonal2;
      for (let c = 0; c < 3; c++, i++) {
        let value = (grey + (light[i]! * gains[c]! - grey) * saturation) * corner;
        if (noisy) {
          // Sum of four uniform 8-bit numbers: near enough to normal, variance 4/12.
          state = (Math.imul(state, 1664525) + 1013904223) | 0;
          const mixed = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d);
          const bits = mixed ^ (mixed >>> 13);
          const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24);
          const normal = (sum - 510) * (1 / 147.8);
          value += normal * (readNoise + shotNoise * Math.sqrt(Math.max(value, 0)));
        }
        const step = value * curveSteps;
        data[i] = curve[step > 0 ? (step < curveSteps ? step | 0 : curveSteps) : 0]!;
      }
    }
  }
  return image;
}

/**
 * The exposure at which the mean of the image's lower two thirds, with highlights clipped at three times the mean, becomes
 * a mid grey: as a car's camera that meters on the road and lets the sky burn out.
 */
export function meteredExposure(radiance: Float32Array): number {
  const start = Math.floor(radiance.length / 45) * 15 + 1;
  let limit = 1e9;
  let mean = 0;
  for (let pass = 0; pass < 3; pass++) {
    let sum = 0;
    let count = 0;
    for (let i = start; i < radiance.length; i += 15) {
      const value = radiance[i]!;
      sum += Math.min(value, limit);
      count++;
    }
    mean = sum / count;
    limit = mean * 3;
  }
  return 0.16 / Math.max(mean, 1e-4);
}

function toneCurve(gamma: number, contrast: number): Uint8Array {
  const curve = new Uint8Array(curveSteps + 1);
  for (let i = 0; i <= curveSteps; i++) {
    const linear = i / curveSteps;
    const srgb = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
    const bent = srgb ** gamma;
    const s = bent * bent * (3 - 2 * bent);
    curve[i] = Math.round(255 * (bent + (s - bent) * contrast));
  }
  return curve;
}

/** Gaussian blur, 5 taps each way; enough for deviations up to about 1 px. */
function blurred(source: Float32Array, width: number, height: number, deviationPx: number): Float32Array {
  const weights = [0, 1, 2].map((distance) => Math.exp((-distance * distance) / (2 * deviationPx * deviationPx)));
  const sum = weights[0]! + 2 * weights[1]! + 2 * weights[2]!;
  const [w0, w1, w2] = weights.map((weight) => weight / sum) as [number, number, number];
  const rows = new Float32Array(source.length);
  const stride = width * 3;
  for (let y = 0; y < height; y++) {
    const line = y * stride;
    for (let k = 0; k < stride; k++) {
      const c = k % 3;
      const last = stride - 3 + c;
      const i = line + k;
      rows[i] =
        w0 * source[i]! +
        w1 * (source[line + Math.max(c, k - 3)]! + source[line + Math.min(last, k + 3)]!) +
        w2 * (source[line + Math.max(c, k - 6)]! + source[line + Math.min(last, k + 6)]!);
    }
  }
  const result = new Float32Array(source.length);
  for (let y = 0; y < height; y++) {
    const up1 = Math.max(0, y - 1) * stride;
    const up2 = Math.max(0, y - 2) * stride;
    const down1 = Math.min(height - 1, y + 1) * stride;
    const down2 = Math.min(height - 1, y + 2) * stride;
    const line = y * stride;
    for (let k = 0; k < stride; k++) {
      result[line + k] =
        w0 * rows[line + k]! + w1 * (rows[up1 + k]! + rows[down1 + k]!) + w2 * (rows[up2 + k]! + rows[down2 + k]!);
    }
  }
  return result;
}
