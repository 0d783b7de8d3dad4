import { captureElements } from '../../runtime/capture/element-packages.js';
import { elementsOf } from '../../runtime/capture/installed-elements.js';
import { commandOutput } from './probe.js';
import type { ElementFinding, Finding } from './report.js';

/** Elements beyond those of the capture pipelines. */
const otherElements: readonly Omit<ElementFinding, 'isFound'>[] = [
  { element: 'qtdemux', use: 'MP4 files', debianPackage: 'gstreamer1.0-plugins-good', isRequired: false },
  { element: 'gdpdepay', use: 'video output', debianPackage: 'gstreamer1.0-plugins-bad', isRequired: false },
  { element: 'x264enc', use: 'video output', debianPackage: 'gstreamer1.0-plugins-ugly', isRequired: false },
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
  // Elsewhere nobody can install what is for NVIDIA's boards.
  const capture = captureElements()
    .filter(({ isJetsonOnly }) => !isJetsonOnly || process.arch === 'arm64')
    .map(({ element, debianPackage, kinds, isEssential, isJetsonOnly }) => ({
      element,
      use: `${kinds.length === 0 ? 'capture' : kinds.join(', ')}${isJetsonOnly ? ' on NVIDIA Jetson' : ''}`,
      debianPackage,
      isRequired: isEssential,
    }));
  return {
    finding: { part, state: 'ok', found: `${version}, ${installed.size} elements` },
    elements: [...capture, ...otherElements].map((row) => ({ ...row, isFound: installed.has(row.element) })),
  };
}
