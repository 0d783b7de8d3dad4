import { type TensorRtOptions, tensorRtOptionsSchema } from '../../../model-package/tensorrt/options.js';
import { providerOptions } from '../../../model-package/tensorrt/provider-options.js';
import { defineProvider, missingOfNvidia, nothingOnCpu } from './provider.js';

/** Engines that TensorRT builds for one machine; its library comes with the machine, as the driver does. */
export const tensorrt = defineProvider({
  name: 'tensorrt',
  title: 'TensorRT',
  device: 'gpu',
  ortName: 'TensorrtExecutionProvider',
  sessionEntries: nothingOnCpu,
  settings: {
    field: 'tensorRt',
    schema: tensorRtOptionsSchema,
    functions: {
      create: 'CreateTensorRTProviderOptions',
      update: 'UpdateTensorRTProviderOptions',
      append: 'SessionOptionsAppendExecutionProvider_TensorRT_V2',
      release: 'ReleaseTensorRTProviderOptions',
    },
    keysAndValues: providerOptions,
    tolerance,
  },
  buildsEngines: true,
  missing: (found) => [
    ...missingOfNvidia(found),
    ...(found.tensorrt === undefined ? ['no TensorRT (libnvinfer.so)'] : []),
  ],
});

/**
 * What reduced precision may do to depth at the probes, relative. Estimates, not measured on a GPU: half precision keeps
 * 11 bits, and a depth network has some tens of layers; far depth is the reciprocal of a small disparity.
 */
const reducedTolerance = { fp16: 0.05, bf16: 0.2, int8: 0.25 } as const;

function tolerance(options: TensorRtOptions): number {
  const used = (['fp16', 'bf16', 'int8'] as const).filter((name) => options[name] === true);
  return Math.max(0, ...used.map((name) => reducedTolerance[name]));
}
