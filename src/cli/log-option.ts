import { createLog, type Logger, logFormats } from '../base/log.js';
import type { OptionSpec, OptionValues } from './command.js';
import { choiceOption } from './options.js';

/** The option of every command that streams. */
export const logOption: Readonly<Record<'log', OptionSpec>> = {
  log: {
    type: 'string',
    value: 'FORMAT',
    help: 'Lines of the log as text or json [text on a terminal, else json]',
  },
};

/** The log that a command line asks for. @throws CyclopsError `USAGE_INVALID`. */
export function logFrom(values: OptionValues): Logger {
  return createLog('cyclops', values.log === undefined ? undefined : choiceOption(values, 'log', logFormats));
}
