import { kindsWith, type SourceKind } from '../runtime/index.js';

/** The sources that have a setting, each with its default where it has one: `csi [30], images [10]`. */
export function kindsHelp(setting: string, kinds: readonly SourceKind[] = kindsWith(setting)): string {
  return kinds.map((entry) => `${entry.kind}${inBrackets(defaultOf(entry, setting))}`).join(', ');
}

/** The sources whose image size is a setting, each with its default: `csi [1920x1080], test [1280x720]`. */
export function sizesHelp(): string {
  return kindsWith('width')
    .map((entry) => {
      const sides = [defaultOf(entry, 'width'), defaultOf(entry, 'height')];
      return `${entry.kind}${inBrackets(sides.includes(undefined) ? undefined : sides.join('x'))}`;
    })
    .join(', ');
}

function defaultOf({ schema }: SourceKind, setting: string): unknown {
  const field = schema.shape[setting] as { safeParse(value: undefined): { data?: unknown } } | undefined;
  return field?.safeParse(undefined).data;
}

function inBrackets(value: unknown): string {
  return value === undefined || value === false ? '' : ` [${value}]`;
}
