import type { ElementSet } from './installed-elements.js';

/** Debian packages by element name: of elements for any machine, and of those for NVIDIA Jetson boards alone. */
export interface ElementPackages {
  readonly anywhere: Readonly<Record<string, string>>;
  readonly jetson: Readonly<Record<string, string>>;
}

/** NVIDIA's own package, from its own package source. */
export const jetsonPackage = 'nvidia-l4t-gstreamer';

/** What a camera sends. */
export type Codec = 'h264' | 'h265' | 'jpeg';

/**
 * Whether this machine moves images in NVIDIA's own memory: only nvvidconv brings them back to where the network reads
 * them, so without it no other hardware element is of use.
 */
export function hasNvidiaVideo(elements: ElementSet): boolean {
  return elements.has('nvvidconv');
}

/**
 * The elements that decode a stream: hardware where it is there, else software. Where neither is installed, the software
 * decoder is named, so that the error can say what to install.
 */
export function decoderElements(codec: Codec, elements: ElementSet): string[] {
  const hasHardware = hasNvidiaVideo(elements) && elements.has('nvv4l2decoder');
  switch (codec) {
    case 'jpeg':
      if (hasHardware && elements.has('jpegparse')) return ['jpegparse', 'nvv4l2decoder mjpeg=1'];
      return [hasNvidiaVideo(elements) && elements.has('nvjpegdec') ? 'nvjpegdec' : 'jpegdec'];
    case 'h264':
    case 'h265': {
      // A damaged image would become wrong metres; none is better until the next whole one.
      const software = `avdec_${codec} output-corrupt=false`;
      return [`${codec}parse`, hasHardware ? 'nvv4l2decoder enable-max-performance=1' : software];
    }
  }
}

/** The elements that take a stream out of its RTP packets and decode it. */
export function rtpDecoderElements(codec: Codec, elements: ElementSet): string[] {
  return [`rtp${codec}depay`, ...decoderElements(codec, elements)];
}

/** Packages of all elements that `decoderElements` may name for these codecs. */
export function decoderPackages(codecs: readonly Codec[]): ElementPackages {
  return {
    anywhere: Object.assign({}, ...codecs.map((codec) => softwarePackages[codec])),
    jetson: Object.assign({}, ...codecs.map((codec) => hardwarePackages[codec])),
  };
}

/** Packages of all elements that `rtpDecoderElements` may name for these codecs. */
export function rtpDecoderPackages(codecs: readonly Codec[]): ElementPackages {
  const { anywhere, jetson } = decoderPackages(codecs);
  const depay = codecs.map((codec) => [`rtp${codec}depay`, 'gstreamer1.0-plugins-good']);
  return { anywhere: { ...Object.fromEntries(depay), ...anywhere }, jetson };
}

const softwarePackages: Readonly<Record<Codec, Readonly<Record<string, string>>>> = {
  h264: { h264parse: 'gstreamer1.0-plugins-bad', avdec_h264: 'gstreamer1.0-libav' },
  h265: { h265parse: 'gstreamer1.0-plugins-bad', avdec_h265: 'gstreamer1.0-libav' },
  jpeg: { jpegdec: 'gstreamer1.0-plugins-good' },
};

const hardwarePackages: Readonly<Record<Codec, Readonly<Record<string, string>>>> = {
  h264: { nvv4l2decoder: jetsonPackage },
  h265: { nvv4l2decoder: jetsonPackage },
  jpeg: { jpegparse: 'gstreamer1.0-plugins-bad', nvv4l2decoder: jetsonPackage, nvjpegdec: jetsonPackage },
};
