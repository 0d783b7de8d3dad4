import type { ElementSet } from './installed-elements.js';

/** What a camera sends. */
export type Codec = 'h264' | 'h265' | 'jpeg';

/**
 * Whether this machine moves pictures in NVIDIA's own memory: only nvvidconv brings them back to where the network reads
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
      // A damaged picture would become wrong metres; none is better until the next whole one.
      const software = `avdec_${codec} output-corrupt=false`;
      return [`${codec}parse`, hasHardware ? 'nvv4l2decoder enable-max-performance=1' : software];
    }
  }
}
