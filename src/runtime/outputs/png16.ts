import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomic, writeErrorFor } from '../../base/files.js';
import type { FloatMap } from '../../geometry/raster.js';
import { encodePng16 } from '../../image/png16.js';
import { metricDepth } from '../frame.js';
import type { Output } from './output.js';

/**
 * Depth as 16-bit PNG, one file a frame: metres * 256, 0 = none (KITTI's convention; at most 255.99 m). Files are named
 * by the frame's sequence number (`000000.png`) and appear whole or not at all. Of a relative model: nearness * 65535.
 * @throws CyclopsError `DISK_FULL`, `WRITE_FAILED` from `start` and `publish`.
 */
export function png16Output(folder: string): Output {
  let isNearness = false;
  return {
    name: `png16:${folder}`,
    releasesFrames: true,
    start: async (info) => {
      isNearness = info.unit === 'nearness';
      await mkdir(folder, { recursive: true }).catch((error: unknown) => {
        throw writeErrorFor(folder, error);
      });
    },
    publish: async (frame) => {
      const name = `${String(frame.sequence).padStart(6, '0')}.png`;
      await writeAtomic(
        join(folder, name),
        encodePng16(isNearness ? stretched(frame.networkDepth) : metricDepth(frame)),
      );
    },
    stop: async () => undefined,
  };
}

/** So that the encoder's 256 a metre makes 65535 of the nearest. */
function stretched({ data, ...size }: FloatMap): FloatMap {
  return { ...size, data: data.map((nearness) => (nearness * 65535) / 256) };
}
