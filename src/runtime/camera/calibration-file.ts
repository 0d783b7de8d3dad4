import { z } from 'zod';
import { parseConfig } from '../../base/config.js';
import { CyclopsError } from '../../base/errors.js';

const numbers = z.array(z.number());
/** A matrix as ROS and OpenCV write it, or its bare numbers; gives the numbers row by row. */
export const matrixSchema = z.union(
  [
    numbers,
    z
      .strictObject({
        rows: z.int().optional(),
        cols: z.int().optional(),
        dt: z.enum(['d', 'f', 'i']).optional(),
        type_id: z.string().optional(),
        data: numbers,
      })
      .transform(({ data }) => data),
  ],
  'expected the numbers of a matrix row by row, or rows, cols, dt and data',
);
/** Size of an image's one side, px. */
export const sideSchema = z.int().min(16).max(16384);
/** OpenCV's `fisheye_model`. */
export const fisheyeFlagSchema = z.union([z.literal(0), z.literal(1), z.boolean()], 'expected 0, 1, true or false');

/** The keys that a kind of calibration file may have, and what each is in the file's schema. */
export interface KnownKeys<Field extends string> {
  /** The field for each key in plain form: without case, underscores and the like. */
  readonly fields: Readonly<Record<string, Field>>;
  /** Keys in plain form that say nothing of how the image comes about. */
  readonly idle: readonly string[];
  /** The understood keys as people write them, for messages. */
  readonly text: string;
}

/** What was read from a calibration file. */
export interface CalibrationFile<T> {
  readonly values: T;
  /** What the file calls a field. */
  readonly nameOf: (field: keyof T & string) => string | undefined;
  /** All keys of the file. */
  readonly keys: readonly string[];
  /** What looks like a part of a calibration under a key that nothing is known of. */
  readonly foreign: readonly { readonly key: string; readonly value: unknown }[];
}

/**
 * Reads the YAML of a calibration. ROS, OpenCV's samples and ROS messages differ in little but case and underscores.
 * @param path for messages.
 * @throws CyclopsError `CONFIG_INVALID` for what is no YAML or has another type; `CAMERA_INVALID` for one field under two
 *   keys with two values.
 */
export function readCalibrationFile<T extends z.ZodObject>(
  text: string,
  path: string,
  schema: T,
  known: KnownKeys<keyof z.output<T> & string>,
): CalibrationFile<z.output<T>> {
  if (/^\uFEFF?\s*<(\?xml|opencv_storage)/.test(text)) {
    throw new CyclopsError(
      'CONFIG_INVALID',
      `${path}: expected YAML, found XML; OpenCV writes and reads YAML where the file's name ends in .yml`,
    );
  }
  const names = new Map<string, string>();
  const foreign: { key: string; value: unknown }[] = [];
  let keys: string[] = [];
  const fileSchema = z.record(z.string(), z.unknown()).transform((raw, context) => {
    keys = Object.keys(raw);
    const values: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(raw)) {
      const field = Object.hasOwn(known.fields, plain(key)) ? known.fields[plain(key)] : undefined;
      if (field === undefined) {
        if (!known.idle.includes(plain(key)) && isLikeCalibration(key, value)) foreign.push({ key, value });
        continue;
      }
      assertOne(path, [names.get(field) ?? key, values[field] ?? value], [key, value]);
      values[field] = value;
      names.set(field, key);
    }
    const result = schema.safeParse(values);
    if (result.success) return result.data;
    for (const { path: at, ...issue } of result.error.issues) {
      const [field = '', ...rest] = at;
      context.issues.push({ ...issue, path: [names.get(String(field)) ?? field, ...rest], input: undefined });
    }
    return z.NEVER;
  });
  const values = parseConfig(withoutTags(text), path, fileSchema);
  return { values, nameOf: (field) => names.get(field), keys, foreign };
}

/**
 * Refuses what describes the camera, but is not understood: it would count as not there.
 * @throws CyclopsError `CAMERA_INVALID` naming every such key with its value.
 */
export function assertNothingForeign(
  { foreign }: Pick<CalibrationFile<unknown>, 'foreign'>,
  path: string,
  known: Pick<KnownKeys<string>, 'text'>,
): void {
  if (foreign.length === 0) return;
  const faults = foreign.map(
    ({ key, value }) =>
      `${path} ${key}: not understood; expected nothing of the camera but ${known.text}, found ${foundText(value)}`,
  );
  throw new CyclopsError('CAMERA_INVALID', faults.join('\n'));
}

/** Refuses two values for one thing. @throws CyclopsError `CAMERA_INVALID`. */
export function assertOne(
  path: string,
  [name, value]: readonly [string, unknown],
  [other, otherValue]: readonly [string, unknown],
): void {
  if (JSON.stringify(value) === JSON.stringify(otherValue)) return;
  throw new CyclopsError(
    'CAMERA_INVALID',
    `${path} ${other}: expected what ${name} says, ${foundText(value)}, found ${foundText(otherValue)}`,
  );
}

/** A value as a message shows it. */
export function foundText(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 80) ?? 'nothing';
}

/** OpenCV's first line and its tag are no YAML; `ros2 topic echo` ends with the begin of another document. */
function withoutTags(text: string): string {
  // Blanks in their place keep the line numbers.
  return text
    .replace(/^\uFEFF?%YAML.*$/m, '')
    .replaceAll('!!opencv-matrix', '')
    .replace(/\n---\s*$/, '\n');
}

function plain(key: string): string {
  return key.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

/** Of how a calibration was made, and of where the camera is: not of how its image comes about. */
const idleWords = /extrinsic|tvec|rvec|translation|imu|lidar|covarian|error|rms|points|corners|board|square|time|date/;
/** Of a key without digits at its end. */
const cameraWords =
  /^[dfkmprs]$|^[fc][xyuv]$|^xi$|^tau[xy]$|matrix|mtx|intrinsic|dist|coef|radial|tangential|prism|tilt|model|lens|fisheye|omni|pinhole|project|rectif|principal|focal|skew|fov|roi|region|crop|binn|decim|offset|size|width|height|resol|pixel|scale|flip|mirror|rotat|orient|^cam(era)?$/;

/** Whether an unknown key may say how the camera's image comes about: by its name, or by the numbers behind it. */
function isLikeCalibration(key: string, value: unknown): boolean {
  if (idleWords.test(plain(key))) return false;
  if (cameraWords.test(plain(key).replace(/\d+$/, ''))) return true;
  if (Array.isArray(value)) return value.some((item) => typeof item === 'number' || isLikeCalibration('', item));
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([inner, item]) => isLikeCalibration(inner, item));
}
