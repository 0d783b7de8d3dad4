import { z } from 'zod';
import { describeIssue } from '../base/config.js';
import { CyclopsError } from '../base/errors.js';
import type { OptionSpec, OptionValues } from './command.js';

/**
 * Options from the fields of a schema: a field `learningRate` with `meta({ help, value })` is `--learning-rate`. Fields
 * without help have no option. Booleans are flags; texts, numbers and choices take a value.
 */
export function optionsOf(schema: z.ZodObject): Record<string, OptionSpec> {
  return Object.fromEntries(fieldsOf(schema).map(({ option, spec }) => [option, spec]));
}

/**
 * The options that were given, as fields of the schema.
 * @throws CyclopsError `USAGE_INVALID` naming the option, what was expected and found.
 */
export function fieldsFrom(schema: z.ZodObject, values: OptionValues): Record<string, unknown> {
  const given = fieldsOf(schema).filter(({ option }) => values[option] !== undefined);
  return Object.fromEntries(given.map(({ name, option, field }) => [name, parse(option, field, values[option]!)]));
}

/** `learningRate` -> `learning-rate`. */
function optionName(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

interface Field {
  readonly name: string;
  readonly option: string;
  readonly field: z.ZodType;
  readonly spec: OptionSpec;
}

function fieldsOf(schema: z.ZodObject): Field[] {
  return Object.entries(schema.shape as Readonly<Record<string, z.ZodType>>).flatMap(([name, field]) => {
    const { help, value } = field.meta() ?? {};
    if (typeof help !== 'string') return [];
    const { inner, defaultValue } = unwrap(field);
    const choices = inner instanceof z.ZodEnum ? `: ${inner.options.join(', ')}` : '';
    const shown = defaultValue === undefined || defaultValue === false ? '' : ` [${String(defaultValue)}]`;
    const text = { help: `${help}${choices}${shown}` };
    const spec: OptionSpec =
      inner instanceof z.ZodBoolean
        ? { type: 'boolean', ...text }
        : { type: 'string', value: typeof value === 'string' ? value : valueName(inner), ...text };
    return [{ name, option: optionName(name), field: inner, spec }];
  });
}

function valueName(field: z.ZodType): string {
  if (field instanceof z.ZodEnum) return 'KIND';
  return field instanceof z.ZodNumber && field.format !== null ? 'N' : 'X';
}

function unwrap(field: z.ZodType): { inner: z.ZodType; defaultValue: unknown } {
  let inner = field;
  let defaultValue: unknown;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault) {
    if (inner instanceof z.ZodDefault) defaultValue = inner.def.defaultValue;
    inner = inner.unwrap() as z.ZodType;
  }
  return { inner, defaultValue };
}

function parse(option: string, field: z.ZodType, given: string | boolean | readonly string[]): unknown {
  const value = field instanceof z.ZodNumber && given !== '' ? Number(given) : given;
  const result = field.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new CyclopsError('USAGE_INVALID', `--${describeIssue(issue, [option], { [option]: given })}`);
}
