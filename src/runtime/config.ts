import { z } from 'zod';
import { focalSchema, isOneFocal, oneFocalText } from './camera/intrinsics.js';
import { sourceSchema } from './capture/sources/index.js';
import { engineSettingsSchema } from './engine/settings.js';
import { formatOutput, outputSchema } from './outputs/index.js';

const cameraFields = focalSchema.extend({
  id: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'expected letters, digits, - and _')
    .default('camera'),
  source: sourceSchema,
});

const cameraSchema = cameraFields.refine(isOneFocal, oneFocalText);

/** How long a source may be silent, and how it is brought back. */
export const captureSchema = z.strictObject({
  /** No frame for this long after the first one counts as a stall. */
  stallTimeoutMs: z.int().min(100).max(600_000).default(5000),
  /** The first frame may take this long. */
  startTimeoutMs: z.int().min(100).max(600_000).default(15_000),
  /** Restarts in a row without a frame before the run gives up; live sources only. */
  restartLimit: z.int().min(0).max(1_000_000).default(20),
  /** First wait before a restart, doubled with each one that gives no frame, up to half a minute. */
  restartWaitMs: z.int().min(0).max(30_000).default(250),
});

/** Everything one stream needs. `cyclops run --config` reads it from YAML. */
export const streamConfigSchema = z.strictObject({
  /** Folder of a model package. */
  model: z.string().min(1),
  camera: cameraSchema,
  engine: engineSettingsSchema.prefault({}),
  capture: captureSchema.prefault({}),
  /** Ends after this many published frames; no limit unless given. */
  frames: z.int().positive().optional(),
});

/** A checked stream configuration with its defaults filled in. */
export interface StreamConfig extends z.output<typeof streamConfigSchema> {}

/** The same as a caller may write it. */
export interface StreamConfigInput extends z.input<typeof streamConfigSchema> {}

/** More cameras than this are more than one engine serves at a useful rate. */
const cameraLimit = 8;

/** Several cameras on one engine. `cyclops run --config` reads it where the file lists `cameras`. */
export const camerasConfigSchema = streamConfigSchema.omit({ camera: true }).extend({
  cameras: z
    .array(
      cameraFields
        .extend({
          id: cameraFields.shape.id.unwrap(),
          /** As `--output` takes them, or their settings. */
          outputs: z.array(outputSchema).default([]),
        })
        .refine(isOneFocal, oneFocalText),
    )
    .min(1)
    .max(cameraLimit)
    .refine(
      (cameras) => new Set(cameras.map(({ id }) => id)).size === cameras.length,
      'expected every camera to have an id of its own',
    )
    .refine((cameras) => {
      const places = cameras
        .flatMap(({ outputs }) => outputs.map(formatOutput))
        .filter((output) => output.includes(':'));
      return new Set(places).size === places.length;
    }, 'expected every file and folder to be the output of one camera'),
});

/** A checked configuration of several cameras with its defaults filled in. */
export interface CamerasConfig extends z.output<typeof camerasConfigSchema> {}

/** The same as a caller may write it. */
export interface CamerasConfigInput extends z.input<typeof camerasConfigSchema> {}
