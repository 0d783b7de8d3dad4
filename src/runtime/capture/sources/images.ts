import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { CyclopsError, messageOf } from '../../../base/errors.js';
import { sourceFields } from '../source-fields.js';
import type { JobSourceKind } from '../source-kind.js';

const schema = z.strictObject({
  kind: z.literal('images'),
  /** A folder of PNG and JPEG images, shown in natural order: frame2 before frame10. Sizes and kinds may be mixed. */
  path: z.string().min(1),
  fps: sourceFields.framesPerSecond.default(10),
  pace: sourceFields.pace.default('fastest'),
  loop: z.boolean().default(false),
});

/** A folder of images. */
export const images = {
  kind: 'images',
  schema,
  text: { words: ['images'], form: 'images:DIR', example: 'images:frames' },
  parse: (rest) => (rest === '' ? undefined : { kind: 'images', path: rest }),
  describe: ({ path }) => `images:${path}`,
  live: () => false,
  timestamps: 'nominal',
  async probe({ path, fps }) {
    const paths = await listImages(path);
    // Loading the codec takes longer than opening a camera, which has no use for it.
    const { readRgb } = await import('../../../image/codec.js');
    const { width, height } = await readRgb(paths[0]!);
    return { width, height, fps, paths };
  },
  packages: { anywhere: {}, jetson: {} },
  isEssential: true,
  job: ({ fps, pace, loop }, { paths = [] }, target) => ({ kind: 'image-files', paths, ...target, fps, pace, loop }),
} satisfies JobSourceKind<typeof schema>;

/** Numbers in names by their value; two names that only differ in leading zeros are in the order of their characters. */
const naturalOrder = new Intl.Collator('en', { numeric: true });

/** The images of a folder in natural order, at least one. Hidden files, such as macOS's `._frame1.png`, are none. */
async function listImages(folder: string): Promise<string[]> {
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) throw new CyclopsError('FILE_MISSING', `${folder}: no such folder`);
  if (!found.isDirectory()) throw new CyclopsError('FILE_UNREADABLE', `${folder}: not a folder`);
  const names = await readdir(folder).catch((error: unknown) => {
    throw new CyclopsError('FILE_UNREADABLE', `${folder}: cannot be listed: ${messageOf(error)}`, { cause: error });
  });
  const paths = names
    .filter((name) => !name.startsWith('.') && /\.(png|jpe?g)$/i.test(name))
    .sort((a, b) => naturalOrder.compare(a, b) || (a < b ? -1 : 1))
    .map((name) => join(folder, name));
  if (paths.length === 0) {
    throw new CyclopsError('DATA_EMPTY', `${folder}: expected PNG or JPEG images, found ${names.length} other files`);
  }
  return paths;
}
