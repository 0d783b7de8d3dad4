import type { TensorRtTarget } from './option-fields.js';
import type { TensorRtOptions } from './options.js';

const gibibyte = 1024 ** 3;

/** What every preset sets: half precision, and nothing is built or timed twice. */
const common = { fp16: true, engineCache: true, timingCache: true } as const;

/**
 * Settings to start from, by kind of machine. The builder's memory is bounded everywhere on a Jetson, where it is the
 * CPU's as well. `xavier` says nothing of the builder's level or streams: TensorRT 8.5 of JetPack 5 knows neither.
 * Not tuned on devices.
 */
export const tensorRtPresets: Readonly<Record<TensorRtTarget, TensorRtOptions>> = {
  /** Jetson AGX Orin, Orin NX; JetPack 6. */
  orin: {
    target: 'orin',
    ...common,
    maxWorkspaceBytes: 2 * gibibyte,
    builderOptimizationLevel: 3,
    contextMemorySharing: true,
  },
  /** Jetson Orin Nano, 4 or 8 GB: least memory. */
  'orin-nano': {
    target: 'orin-nano',
    ...common,
    maxWorkspaceBytes: gibibyte,
    builderOptimizationLevel: 3,
    auxiliaryStreams: 0,
    contextMemorySharing: true,
  },
  /** Jetson AGX Xavier, Xavier NX; JetPack 5. */
  xavier: { target: 'xavier', ...common, maxWorkspaceBytes: gibibyte, contextMemorySharing: true },
  /** Jetson AGX Thor; JetPack 7. */
  'agx-thor': {
    target: 'agx-thor',
    ...common,
    maxWorkspaceBytes: 4 * gibibyte,
    builderOptimizationLevel: 3,
    contextMemorySharing: true,
  },
  /** A discrete GPU. */
  dgpu: { target: 'dgpu', ...common, maxWorkspaceBytes: 4 * gibibyte, builderOptimizationLevel: 3 },
};
