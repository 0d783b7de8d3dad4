import { captureElements } from '../../runtime/capture/elements.js';
import { commandOutput } from './probe.js';
import type { ElementFinding, Finding } from './report.js';

/** Elements beyond those of the capture pipelines: of video output, and of NVIDIA's boards. */
const otherElements: readonly Omit<ElementFinding, 'isFound'>[] = [
  { element: 'avdec_h264', use: 'H.264 files', debianPackage: 'gstreamer1.0-libav', isRequired: false },
  { element: 'qtdemux', use: 'MP4 files', debianPackage: 'gstreamer1.0-plugins-good', isRequired: false },
  { element: 'gdpdepay', use: 'video output', debianPackage: 'gstreamer1.0-plugins-bad', isRequired: false },
  { element: 'x264enc', use: 'video output', debianPackage: 'gstreamer1.0-plugins-ugly', isRequired: false },
  { element: 'h264parse', use: 'video output', debianPackage: 'gstreamer1.0-plugins-bad', isRequired: false },
  { element: 'mp4mux', use: 'video output', debianPackage: 'gstreamer1.0-plugins-good', isRequired: false },
];

/** GStreamer's version, and each element that our pipelines use. */
export async function examineGstreamer(): Promise<{ finding: Finding; elements: readonly ElementFinding[] }> {
  const part = 'GStreamer';
  const version = /GStreamer (\S+)/.exec((await commandOutput('gst-inspect-1.0', ['--version'])) ?? '')?.[1];
  if (version === undefined) {
    const todo = 'npm run setup, or sudo apt-get install gstreamer1.0-tools';
    return { finding: { part, state: 'gap', found: 'gst-inspect-1.0 is not there', todo }, elements: [] };
  }
  const installed = elementsOf((await commandOutput('gst-inspect-1.0', [])) ?? '');
  const capture = Object.entries(captureElements).map(([element, debianPackage]) => ({
    element,
    use: 'capture',
    debianPackage,
    isRequired: true,
  }));
  return {
    finding: { part, state: 'ok', found: `${version}, ${installed.size} elements` },
    elements: [...capture, ...otherElements].map((row) => ({ ...row, isFound: installed.has(row.element) })),
  };
}

/** The element names in the list that `gst-inspect-1.0` prints: `plugin:  element: description`. */
export function elementsOf(listing: string): ReadonlySet<string> {
  return new Set([...listing.matchAll(/^\S+:\s+([\w-]+):/gm)].map((match) => match[1]!));
}
