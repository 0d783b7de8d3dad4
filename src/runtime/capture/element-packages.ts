import { type ElementPackages, jetsonPackage } from './decoders.js';
import { sourceKinds } from './sources/index.js';

/** Elements that the pipeline of any source may need, besides its own. */
export const sharedPackages: ElementPackages = {
  anywhere: {
    gdppay: 'gstreamer1.0-plugins-bad',
    fdsink: 'libgstreamer1.0-0',
    queue: 'libgstreamer1.0-0',
    identity: 'libgstreamer1.0-0',
    videoscale: 'gstreamer1.0-plugins-base',
    videoconvert: 'gstreamer1.0-plugins-base',
    videobox: 'gstreamer1.0-plugins-good',
    videocrop: 'gstreamer1.0-plugins-good',
  },
  jetson: { nvvidconv: jetsonPackage },
};

/** One element that a capture pipeline may use. */
export interface CaptureElement {
  readonly element: string;
  readonly debianPackage: string;
  /** The kinds of sources that need it; empty for one that all pipelines share. */
  readonly kinds: readonly string[];
  /** Whether every machine must have it. */
  readonly isEssential: boolean;
  /** Whether only NVIDIA Jetson boards can have it, or have a use for it. */
  readonly isJetsonOnly: boolean;
}

/** Every element that a capture pipeline for any machine may use: the shared ones, then those of the table of sources. */
export function captureElements(): readonly CaptureElement[] {
  const everywhere = { kind: undefined, packages: sharedPackages, isEssential: true };
  const needs = [everywhere, ...sourceKinds].flatMap(({ kind, packages, isEssential }) => [
    ...Object.entries(packages.anywhere).map(([element, debianPackage]) => ({
      ...{ element, debianPackage, kind, isEssential, isJetsonOnly: false },
    })),
    ...Object.entries(packages.jetson).map(([element, debianPackage]) => ({
      ...{ element, debianPackage, kind, isEssential: false, isJetsonOnly: true },
    })),
  ]);
  const names = [...new Set(needs.map(({ element }) => element))];
  return names.map((name) => {
    const same = needs.filter(({ element }) => element === name);
    return {
      element: name,
      debianPackage: same[0]!.debianPackage,
      kinds: same.some(({ kind }) => kind === undefined) ? [] : same.map(({ kind }) => kind!),
      isEssential: same.some((need) => need.isEssential),
      isJetsonOnly: same.every((need) => need.isJetsonOnly),
    };
  });
}

/** How a missing element gets onto this machine, as the end of a sentence; empty where that is not known. */
export function remedyFor(element: string): string {
  const debian = captureElements().find((row) => row.element === element)?.debianPackage;
  if (debian === undefined) return '';
  const where = debian === jetsonPackage ? ` (only on NVIDIA Jetson boards, from NVIDIA's own package source)` : '';
  return `; install it: apt-get install ${debian}${where}`;
}
