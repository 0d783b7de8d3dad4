import { z } from 'zod';
import { jetsonPackage } from '../decoders.js';
import { leakyQueue } from '../queues.js';
import { sizeAndRate, sourceFields } from '../source-fields.js';
import type { GstSourceKind } from '../source-kind.js';

const schema = z.strictObject({
  kind: z.literal('csi'),
  /** Number of the camera connector, as nvarguscamerasrc counts them. */
  sensorId: z.int().min(0).max(15).default(0),
  /** One of the sensor's own modes; the driver's choice for size and rate unless given. */
  sensorMode: z.int().min(0).max(63).optional(),
  width: sourceFields.pixels.default(1920),
  height: sourceFields.pixels.default(1080),
  fps: sourceFields.framesPerSecond.default(30),
});

/** A camera on the ribbon connector of a Jetson board. */
export const csi = {
  kind: 'csi',
  schema,
  text: { words: ['csi'], form: 'csi:N', example: 'csi:0' },
  parse(rest) {
    if (!/^\d*$/.test(rest)) return undefined;
    return { kind: 'csi', ...(rest === '' ? {} : { sensorId: Number(rest) }) };
  },
  describe: ({ sensorId }) => `csi:${sensorId}`,
  live: () => true,
  timestamps: 'driver',
  probe: async ({ width, height, fps }) => ({ width, height, fps }),
  packages: { anywhere: {}, jetson: { nvarguscamerasrc: jetsonPackage } },
  isEssential: false,
  elements(source) {
    const mode = source.sensorMode === undefined ? '' : ` sensor-mode=${source.sensorMode}`;
    const camera = `nvarguscamerasrc sensor-id=${source.sensorId}${mode}`;
    return [camera, `video/x-raw(memory:NVMM),format=NV12,${sizeAndRate(source)}`, leakyQueue];
  },
  imageSize: 'settings',
  nvidiaMemory: 'always',
} satisfies GstSourceKind<typeof schema>;
