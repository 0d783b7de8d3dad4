import { CyclopsError } from '../../base/errors.js';
import { type Provider, providerNamed } from './providers/index.js';

/**
 * The error of a session that ONNX Runtime did not open: where another provider than the CPU was asked for and the words
 * speak of libraries or devices, this machine lacks something; else the graph is at fault.
 */
export function openFailure(onnxPath: string, provider: Provider, words: string): CyclopsError {
  const text = words.split('\n')[0]!;
  const library = /(lib[\w.+-]+\.so[\w.]*): (?:cannot open shared object file|undefined symbol)/.exec(words)?.[1];
  if (providerNamed(provider).device !== 'cpu') {
    if (library !== undefined) {
      return lacks(provider, `the library ${library} is missing or of another version (${text})`);
    }
    if (/deserializ|serialization|version tag|EPContext/i.test(words)) {
      return lacks(
        provider,
        `the prebuilt engine does not fit this machine's GPU and TensorRT version; build it again here (${text})`,
      );
    }
    if (/fallback to CPU|explicitly disabled/i.test(words)) {
      return lacks(provider, `it does not take every node of ${onnxPath}, and the rest would run on the CPU (${text})`);
    }
    if (/provider|librar|\.so|cuda|tensorrt|driver|device/i.test(words)) return lacks(provider, text);
  }
  return new CyclopsError('MODEL_INVALID', `${onnxPath}: ONNX Runtime cannot open it: ${text}`);
}

function lacks(provider: string, what: string): CyclopsError {
  return new CyclopsError('MACHINE_LACKS', `execution provider ${provider} cannot be used on this machine: ${what}`);
}
