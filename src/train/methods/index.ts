import { CyclopsError } from '../../base/errors.js';
import { guoEccv18 } from './guo-eccv18.js';
import type { Method, Stage } from './method.js';

/** All methods by name: to add a paper, write its file and add its line here. */
export const methods: Readonly<Record<string, Method>> = { 'guo-eccv18': guoEccv18 };

/** The method of a run that names none. */
export const defaultMethod = guoEccv18.name;

/** @throws CyclopsError `CONFIG_INVALID` naming the methods there are. */
export function methodNamed(name: string): Method {
  return entryNamed(methods, 'method', name);
}

/** @throws CyclopsError `CONFIG_INVALID` naming the stages that the method has. */
export function stageNamed(method: string, name: string | undefined): Stage {
  return entryNamed(methodNamed(method).stages, 'stage', name);
}

function entryNamed<T>(table: Readonly<Record<string, T>>, field: string, name: string | undefined): T {
  const entry = name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
  if (entry !== undefined) return entry;
  const expected = Object.keys(table).join(', ');
  throw new CyclopsError(
    'CONFIG_INVALID',
    `training configuration: ${field}: expected one of ${expected}, found ${name ?? 'nothing'}`,
  );
}
