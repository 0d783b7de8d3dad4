const jetson = 'nvidia-l4t-gstreamer';

/** Elements that any capture or probing needs. */
const always: Readonly<Record<string, string>> = {
  gdppay: 'gstreamer1.0-plugins-bad',
  fdsink: 'libgstreamer1.0-0',
  filesrc: 'libgstreamer1.0-0',
  queue: 'libgstreamer1.0-0',
  identity: 'libgstreamer1.0-0',
  'output-selector': 'libgstreamer1.0-0',
  funnel: 'libgstreamer1.0-0',
  parsebin: 'gstreamer1.0-plugins-base',
  decodebin: 'gstreamer1.0-plugins-base',
  videotestsrc: 'gstreamer1.0-plugins-base',
  videoscale: 'gstreamer1.0-plugins-base',
  videoconvert: 'gstreamer1.0-plugins-base',
  videobox: 'gstreamer1.0-plugins-good',
  videocrop: 'gstreamer1.0-plugins-good',
  v4l2src: 'gstreamer1.0-plugins-good',
  jpegdec: 'gstreamer1.0-plugins-good',
};

/** Elements of network cameras. */
const network: Readonly<Record<string, string>> = {
  rtspsrc: 'gstreamer1.0-plugins-good',
  udpsrc: 'gstreamer1.0-plugins-good',
  rtpjitterbuffer: 'gstreamer1.0-plugins-good',
  rtph264depay: 'gstreamer1.0-plugins-good',
  rtph265depay: 'gstreamer1.0-plugins-good',
  rtpjpegdepay: 'gstreamer1.0-plugins-good',
  h264parse: 'gstreamer1.0-plugins-bad',
  h265parse: 'gstreamer1.0-plugins-bad',
  avdec_h264: 'gstreamer1.0-libav',
  avdec_h265: 'gstreamer1.0-libav',
};

/** Elements of NVIDIA's boards. */
const nvidia: Readonly<Record<string, string>> = {
  nvarguscamerasrc: jetson,
  nvvidconv: jetson,
  nvv4l2decoder: jetson,
  nvjpegdec: jetson,
  jpegparse: 'gstreamer1.0-plugins-bad',
};

/** Every element that a capture pipeline for any machine may use, by what needs it, with its Debian package. */
export const captureElements = { always, network, nvidia } as const;

/** The Debian package of a GStreamer element the pipelines use. */
export function debianPackageOf(element: string): string | undefined {
  return always[element] ?? network[element] ?? nvidia[element];
}

/** How a missing element gets onto this machine, as the end of a sentence; empty where that is not known. */
export function remedyFor(element: string): string {
  const debian = debianPackageOf(element);
  if (debian === undefined) return '';
  const where = debian === jetson ? ` (only on NVIDIA Jetson boards, from NVIDIA's own package source)` : '';
  return `; install it: apt-get install ${debian}${where}`;
}
