import { readdirSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { CyclopsError } from '../base/errors.js';
import { isSourceWord, parseSource, type SourceInput, sourceForms } from '../runtime/index.js';

const imageEndings = new Set(['.png', '.jpg', '.jpeg']);

/**
 * A source as the command line names it: a kind's own form, or a path.
 * @param option what the text was given as, for messages.
 * @throws CyclopsError `USAGE_INVALID`, `FILE_MISSING`.
 */
export function sourceOf(text: string, option: string): SourceInput {
  const [word] = text.split(':', 1);
  return isSourceWord(word!) ? parseSource(text, option) : sourceOfPath(text, `${sourceForms()}, or a path`);
}

/**
 * The source that a bare path is: a video file, a folder of images, or a camera's device.
 * @param forms what else would have been right, for the message.
 * @throws CyclopsError `FILE_MISSING` where nothing has this name, `USAGE_INVALID` where what has it is no source, or
 * where it is a bare word that nothing has.
 */
function sourceOfPath(path: string, forms: string): SourceInput {
  if (path.startsWith('/dev/video') || path.startsWith('/dev/v4l/')) return { kind: 'v4l2', device: path };
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) {
    // A word without a dot or a slash is a kind of source that was misspelt rather than a path.
    const code = /[./]/.test(path) ? 'FILE_MISSING' : 'USAGE_INVALID';
    throw new CyclopsError(code, `source "${path}": no such file or folder; expected ${forms}`);
  }
  if (found.isDirectory()) {
    const names = readdirSync(path);
    if (names.some((name) => imageEndings.has(extname(name).toLowerCase()))) return { kind: 'images', path };
    const what = names.includes('model.json') ? 'is a model package' : 'holds no PNG or JPEG image';
    throw new CyclopsError(
      'USAGE_INVALID',
      `source "${path}": the folder ${what}; expected a video, or a folder of images`,
    );
  }
  if (!found.isFile()) {
    throw new CyclopsError('USAGE_INVALID', `source "${path}": neither a file nor a folder; say its kind: ${forms}`);
  }
  if (imageEndings.has(extname(path).toLowerCase())) {
    throw new CyclopsError(
      'USAGE_INVALID',
      `source "${path}": a single image; expected a video, or the folder of images`,
    );
  }
  return { kind: 'file', path };
}
