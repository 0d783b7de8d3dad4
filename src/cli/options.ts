import { CyclopsError } from '../base/errors.js';
import type { OptionValues } from './command.js';

/** A string option's value, or undefined where it was not given. */
export function optionalText(values: OptionValues, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** A string option that must be there (given or by default). @throws CyclopsError `USAGE_INVALID`. */
export function requiredText(values: OptionValues, name: string): string {
  const value = optionalText(values, name);
  if (value !== undefined && value !== '') return value;
  throw new CyclopsError('USAGE_INVALID', `--${name}: expected a value`, { details: { missing: name } });
}

/** A numeric option within bounds. @throws CyclopsError `USAGE_INVALID`. */
export function numberOption(values: OptionValues, name: string, low: number, high: number): number {
  const text = requiredText(values, name);
  const value = Number(text);
  if (!(value >= low && value <= high)) {
    throw new CyclopsError('USAGE_INVALID', `--${name}: expected a number from ${low} to ${high}, found "${text}"`);
  }
  return value;
}

/** A whole-number option within bounds. @throws CyclopsError `USAGE_INVALID`. */
export function integerOption(values: OptionValues, name: string, low: number, high: number): number {
  const value = numberOption(values, name, low, high);
  if (!Number.isInteger(value)) {
    throw new CyclopsError('USAGE_INVALID', `--${name}: expected a whole number, found "${values[name]}"`);
  }
  return value;
}

/** One of a list of words. @throws CyclopsError `USAGE_INVALID`. */
export function choiceOption<T extends string>(values: OptionValues, name: string, choices: readonly T[]): T {
  const text = requiredText(values, name);
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined) {
    throw new CyclopsError('USAGE_INVALID', `--${name}: expected one of ${choices.join(', ')}, found "${text}"`);
  }
  return choice;
}

/** `WIDTHxHEIGHT` in px. @throws CyclopsError `USAGE_INVALID`. */
export function sizeOption(values: OptionValues, name: string): { width: number; height: number } {
  const text = requiredText(values, name);
  const match = /^(\d{1,5})x(\d{1,5})$/.exec(text);
  const width = Number(match?.[1]);
  const height = Number(match?.[2]);
  if (!(width >= 16 && height >= 16)) {
    throw new CyclopsError('USAGE_INVALID', `--${name}: expected WIDTHxHEIGHT (each at least 16), found "${text}"`);
  }
  return { width, height };
}

/** All values of an option that may be given several times, in the order given; its default, or nothing, if it was not. */
export function listOption(values: OptionValues, name: string): readonly string[] {
  const value = values[name];
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value : [];
}
