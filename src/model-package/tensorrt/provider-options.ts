import type { TensorRtOptions } from './options.js';

/** Keys and values as ONNX Runtime's `UpdateTensorRTProviderOptions` takes them, in the order of the keys. */
export type ProviderOptions = Readonly<Record<string, string>>;

type Appliers = {
  readonly [K in keyof Required<TensorRtOptions>]: (value: NonNullable<TensorRtOptions[K]>) => Record<string, string>;
};

const flag = (value: boolean): string => (value ? '1' : '0');

/** Shapes by input as TensorRT writes them: `image:1x192x640x3,other:1x4`. */
export function shapesText(shapes: Readonly<Record<string, readonly number[]>>): string {
  return Object.entries(shapes)
    .map(([name, sizes]) => `${name}:${sizes.join('x')}`)
    .join(',');
}

/** What each option is to the provider; none for those that are not the provider's. */
const appliers: Appliers = {
  target: () => ({}),
  stronglyTyped: () => ({}),
  deviceId: (value) => ({ device_id: String(value) }),
  maxWorkspaceBytes: (value) => ({ trt_max_workspace_size: String(value) }),
  maxPartitionIterations: (value) => ({ trt_max_partition_iterations: String(value) }),
  minSubgraphSize: (value) => ({ trt_min_subgraph_size: String(value) }),
  fp16: (value) => ({ trt_fp16_enable: flag(value) }),
  bf16: (value) => ({ trt_bf16_enable: flag(value) }),
  int8: (value) => ({ trt_int8_enable: flag(value) }),
  int8Calibration: ({ table, isNative }) => ({
    trt_int8_calibration_table_name: table,
    trt_int8_use_native_calibration_table: flag(isNative === true),
  }),
  dlaCore: (value) => ({ trt_dla_enable: '1', trt_dla_core: String(value) }),
  engineCache: (value) => ({ trt_engine_cache_enable: flag(value) }),
  engineCachePath: (value) => ({ trt_engine_cache_path: value }),
  engineCachePrefix: (value) => ({ trt_engine_cache_prefix: value }),
  timingCache: (value) => ({ trt_timing_cache_enable: flag(value) }),
  timingCachePath: (value) => ({ trt_timing_cache_path: value }),
  forceTimingCache: (value) => ({ trt_force_timing_cache: flag(value) }),
  engineDecryptionLibrary: (value) => ({ trt_engine_decryption_enable: '1', trt_engine_decryption_lib_path: value }),
  forceSequentialEngineBuild: (value) => ({ trt_force_sequential_engine_build: flag(value) }),
  contextMemorySharing: (value) => ({ trt_context_memory_sharing_enable: flag(value) }),
  layerNormFp32Fallback: (value) => ({ trt_layer_norm_fp32_fallback: flag(value) }),
  builderOptimizationLevel: (value) => ({ trt_builder_optimization_level: String(value) }),
  buildHeuristics: (value) => ({ trt_build_heuristics_enable: flag(value) }),
  sparsity: (value) => ({ trt_sparsity_enable: flag(value) }),
  auxiliaryStreams: (value) => ({ trt_auxiliary_streams: String(value) }),
  tacticSources: (value) => ({ trt_tactic_sources: value }),
  previewFeatures: (value) => ({ trt_preview_features: value }),
  extraPluginLibraries: (value) => ({ trt_extra_plugin_lib_paths: value.join(';') }),
  profile: ({ min, opt, max }) => ({
    trt_profile_min_shapes: shapesText(min),
    trt_profile_opt_shapes: shapesText(opt),
    trt_profile_max_shapes: shapesText(max),
  }),
  cudaGraph: (value) => ({ trt_cuda_graph_enable: flag(value) }),
  dumpSubgraphs: (value) => ({ trt_dump_subgraphs: flag(value) }),
  detailedBuildLog: (value) => ({ trt_detailed_build_log: flag(value) }),
  epContext: ({ filePath, isEmbedded }) => ({
    trt_dump_ep_context_model: '1',
    trt_ep_context_embed_mode: flag(isEmbedded === true),
    ...(filePath === undefined ? {} : { trt_ep_context_file_path: filePath }),
  }),
  weightStripped: ({ onnxFolder }) => ({
    trt_weight_stripped_engine_enable: '1',
    ...(onnxFolder === undefined ? {} : { trt_onnx_model_folder_path: onnxFolder }),
  }),
  hardwareCompatible: (value) => ({ trt_engine_hw_compatible: flag(value) }),
  operatorsToExclude: (value) => ({ trt_op_types_to_exclude: value.join(',') }),
  loadUserInitializer: (value) => ({ trt_load_user_initializer: flag(value) }),
};

/** The settings as the provider's keys and values, sorted by key; what is not set is not there. */
export function providerOptions(options: TensorRtOptions): ProviderOptions {
  const pairs = Object.entries(options).flatMap(([name, value]) => {
    if (value === undefined) return [];
    // The table has one function for each option, of that option's type.
    const apply = appliers[name as keyof TensorRtOptions] as (value: unknown) => Record<string, string>;
    return Object.entries(apply(value));
  });
  return Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Options that say where things are kept or what is logged, and leave the engine as it is. */
const withoutEffectOnEngine: ReadonlySet<string> = new Set([
  'trt_engine_cache_enable',
  'trt_engine_cache_path',
  'trt_engine_cache_prefix',
  'trt_timing_cache_enable',
  'trt_timing_cache_path',
  'trt_engine_decryption_enable',
  'trt_engine_decryption_lib_path',
  'trt_force_sequential_engine_build',
  'trt_dump_subgraphs',
  'trt_detailed_build_log',
  'trt_dump_ep_context_model',
  'trt_ep_context_file_path',
  'trt_ep_context_embed_mode',
  'trt_cuda_graph_enable',
]);

/** The part of the provider's options that another engine would come of. */
export function engineOptions(options: TensorRtOptions): ProviderOptions {
  return Object.fromEntries(
    Object.entries(providerOptions(options)).filter(([key]) => !withoutEffectOnEngine.has(key)),
  );
}
