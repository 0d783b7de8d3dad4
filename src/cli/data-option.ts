import { CyclopsError } from '../base/errors.js';
import type { SingleSpec } from '../data/sample.js';
import { depthTruths, folderLayouts } from '../data/sample.js';
import type { SourceDefaults } from '../data/sources/parse-spec.js';
import { parseSourceSpec } from '../data/sources/parse-spec.js';
import type { OptionSpec, OptionValues } from './command.js';
import { choiceOption, optionalText } from './options.js';

/** The options that say how a folder of data is read, for the commands that look at data. */
export const folderOptions: Readonly<Record<string, OptionSpec>> = {
  layout: {
    type: 'string',
    value: 'NAME',
    help: `how the folder is laid out, where its names do not tell: ${folderLayouts.join(', ')}`,
  },
  list: { type: 'string', value: 'FILE', help: 'only the pairs that this split names' },
  truth: { type: 'string', value: 'NAME', help: `KITTI raw: ${depthTruths.join(', ')}` },
  pass: { type: 'string', value: 'NAME', help: 'Scene Flow: clean or final' },
};

/**
 * Data as a command line names it: a text of `parseSourceSpec`, with `folderOptions` beside it.
 * @throws CyclopsError `USAGE_INVALID`.
 */
export function dataSpec(text: string, values: OptionValues, defaults: SourceDefaults): SingleSpec {
  const layout = values.layout === undefined ? undefined : choiceOption(values, 'layout', folderLayouts);
  const spec = parseSourceSpec(layout === undefined ? text : `${layout}:${text}`, defaults);
  const list = optionalText(values, 'list');
  const extra = {
    ...(list === undefined ? {} : { list }),
    ...(values.truth === undefined ? {} : { truth: choiceOption(values, 'truth', depthTruths) }),
    ...(values.pass === undefined ? {} : { pass: choiceOption(values, 'pass', ['clean', 'final']) }),
  };
  if (spec.kind !== 'synthetic') return { ...spec, ...extra };
  const [name] = Object.keys(extra);
  if (name !== undefined) throw new CyclopsError('USAGE_INVALID', `--${name}: only folders have it, found "${text}"`);
  return spec;
}
