import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EngineMachine, engineCacheKey, engineInfo } from '../../../src/model-package/tensorrt/engine-key.js';
import { tensorRtTargets } from '../../../src/model-package/tensorrt/option-fields.js';
import { type TensorRtOptions, tensorRtOptionsSchema } from '../../../src/model-package/tensorrt/options.js';
import { tensorRtPresets } from '../../../src/model-package/tensorrt/presets.js';
import { providerOptions } from '../../../src/model-package/tensorrt/provider-options.js';
import { shellLine, trtexecCommand } from '../../../src/model-package/tensorrt/trtexec.js';

const everything: TensorRtOptions = {
  target: 'orin',
  deviceId: 1,
  maxWorkspaceBytes: 1_500_000_000,
  maxPartitionIterations: 10,
  minSubgraphSize: 5,
  fp16: true,
  bf16: false,
  int8: true,
  int8Calibration: { table: 'calibration.flatbuffers', isNative: true },
  dlaCore: 1,
  engineCache: true,
  engineCachePath: 'engines',
  engineCachePrefix: 'street',
  timingCache: true,
  timingCachePath: 'timing',
  forceTimingCache: true,
  engineDecryptionLibrary: '/opt/decrypt.so',
  forceSequentialEngineBuild: true,
  contextMemorySharing: true,
  layerNormFp32Fallback: true,
  builderOptimizationLevel: 5,
  buildHeuristics: false,
  sparsity: true,
  auxiliaryStreams: 0,
  tacticSources: '-CUDNN,+CUBLAS',
  previewFeatures: '+profileSharing0806',
  extraPluginLibraries: ['/opt/a.so', '/opt/b b.so'],
  profile: { min: { image: [1, 64, 128, 3] }, opt: { image: [1, 64, 128, 3] }, max: { image: [1, 64, 128, 3] } },
  cudaGraph: true,
  dumpSubgraphs: true,
  detailedBuildLog: true,
  epContext: { filePath: 'street_ctx.onnx' },
  weightStripped: { onnxFolder: 'models' },
  operatorsToExclude: ['NonMaxSuppression', 'RoiAlign'],
  loadUserInitializer: true,
};

test('every setting reaches the provider under its own key', () => {
  const parsed = tensorRtOptionsSchema.parse(everything);
  assert.deepEqual(providerOptions(parsed), {
    device_id: '1',
    trt_auxiliary_streams: '0',
    trt_bf16_enable: '0',
    trt_build_heuristics_enable: '0',
    trt_builder_optimization_level: '5',
    trt_context_memory_sharing_enable: '1',
    trt_cuda_graph_enable: '1',
    trt_detailed_build_log: '1',
    trt_dla_core: '1',
    trt_dla_enable: '1',
    trt_dump_ep_context_model: '1',
    trt_dump_subgraphs: '1',
    trt_engine_cache_enable: '1',
    trt_engine_cache_path: 'engines',
    trt_engine_cache_prefix: 'street',
    trt_engine_decryption_enable: '1',
    trt_engine_decryption_lib_path: '/opt/decrypt.so',
    trt_ep_context_embed_mode: '0',
    trt_ep_context_file_path: 'street_ctx.onnx',
    trt_extra_plugin_lib_paths: '/opt/a.so;/opt/b b.so',
    trt_force_sequential_engine_build: '1',
    trt_force_timing_cache: '1',
    trt_fp16_enable: '1',
    trt_int8_calibration_table_name: 'calibration.flatbuffers',
    trt_int8_enable: '1',
    trt_int8_use_native_calibration_table: '1',
    trt_layer_norm_fp32_fallback: '1',
    trt_load_user_initializer: '1',
    trt_max_partition_iterations: '10',
    trt_max_workspace_size: '1500000000',
    trt_min_subgraph_size: '5',
    trt_onnx_model_folder_path: 'models',
    trt_op_types_to_exclude: 'NonMaxSuppression,RoiAlign',
    trt_preview_features: '+profileSharing0806',
    trt_profile_max_shapes: 'image:1x64x128x3',
    trt_profile_min_shapes: 'image:1x64x128x3',
    trt_profile_opt_shapes: 'image:1x64x128x3',
    trt_sparsity_enable: '1',
    trt_tactic_sources: '-CUDNN,+CUBLAS',
    trt_timing_cache_enable: '1',
    trt_timing_cache_path: 'timing',
    trt_weight_stripped_engine_enable: '1',
  });
  assert.deepEqual(Object.keys(providerOptions(parsed)), Object.keys(providerOptions(parsed)).sort());
  const hardware = tensorRtOptionsSchema.parse({ target: 'dgpu', hardwareCompatible: true });
  assert.deepEqual(providerOptions(hardware), { trt_engine_hw_compatible: '1' });
  const inSchema = Object.keys(tensorRtOptionsSchema.shape).sort();
  assert.deepEqual(inSchema, [...Object.keys(everything), 'hardwareCompatible', 'stronglyTyped'].sort());
});

test('the command line of trtexec, to the letter', () => {
  const command = trtexecCommand(everything, 'models/street/model.onnx', "it's.engine");
  assert.equal(
    shellLine(command.argv),
    "trtexec --onnx=models/street/model.onnx '--saveEngine=it'\\''s.engine' --device=1 --fp16 --int8 --useDLACore=1 --allowGPUFallback --memPoolSize=workspace:1431 --builderOptimizationLevel=5 --sparsity=enable --maxAuxStreams=0 --tacticSources=-CUDNN,+CUBLAS --preview=+profileSharing0806 --dynamicPlugins=/opt/a.so '--dynamicPlugins=/opt/b b.so' --minShapes=image:1x64x128x3 --optShapes=image:1x64x128x3 --maxShapes=image:1x64x128x3 --stripWeights --timingCacheFile=timing/trtexec.timing --verbose",
  );
  assert.deepEqual(command.leftOut, [
    'maxPartitionIterations',
    'minSubgraphSize',
    'int8Calibration',
    'engineDecryptionLibrary',
    'layerNormFp32Fallback',
    'operatorsToExclude',
  ]);
  const lines = tensorRtTargets.map((target) =>
    shellLine(trtexecCommand(tensorRtPresets[target], 'm.onnx', 'm.engine').argv),
  );
  assert.deepEqual(lines, [
    'trtexec --onnx=m.onnx --saveEngine=m.engine --fp16 --memPoolSize=workspace:2048 --builderOptimizationLevel=3 --timingCacheFile=trtexec.timing',
    'trtexec --onnx=m.onnx --saveEngine=m.engine --fp16 --memPoolSize=workspace:1024 --builderOptimizationLevel=3 --maxAuxStreams=0 --timingCacheFile=trtexec.timing',
    'trtexec --onnx=m.onnx --saveEngine=m.engine --fp16 --memPoolSize=workspace:1024 --timingCacheFile=trtexec.timing',
    'trtexec --onnx=m.onnx --saveEngine=m.engine --fp16 --memPoolSize=workspace:4096 --builderOptimizationLevel=3 --timingCacheFile=trtexec.timing',
    'trtexec --onnx=m.onnx --saveEngine=m.engine --fp16 --memPoolSize=workspace:4096 --builderOptimizationLevel=3 --timingCacheFile=trtexec.timing',
  ]);
  const typed = trtexecCommand({ stronglyTyped: true }, 'm.onnx', 'm.engine');
  assert.equal(shellLine(typed.argv), 'trtexec --onnx=m.onnx --saveEngine=m.engine --stronglyTyped');
});

test('every preset is one that the schema takes', () => {
  for (const target of tensorRtTargets) {
    assert.deepEqual(tensorRtOptionsSchema.parse(tensorRtPresets[target]), tensorRtPresets[target]);
    assert.equal(tensorRtPresets[target].target, target);
  }
});

test('what cannot be is refused with its reason', () => {
  const shape = { image: [1, 3, 64, 64] };
  const larger = { image: [1, 3, 128, 128] };
  const cases: readonly [input: object, field: string, reason: RegExp][] = [
    [{ target: 'orin-nano', fp16: true, dlaCore: 0 }, 'dlaCore', /no deep learning accelerator/],
    [{ target: 'dgpu', fp16: true, dlaCore: 0 }, 'dlaCore', /no deep learning accelerator/],
    [{ target: 'orin', dlaCore: 0 }, 'dlaCore', /fp16 and int8 only/],
    [{ target: 'orin', fp16: true, dlaCore: 2 }, 'dlaCore', /<=1/],
    [{ target: 'xavier', bf16: true }, 'bf16', /Volta/],
    [{ target: 'xavier', sparsity: true }, 'sparsity', /Volta/],
    [{ target: 'orin', hardwareCompatible: true }, 'hardwareCompatible', /not for a Jetson/],
    [{ hardwareCompatible: true, dlaCore: 0, fp16: true }, 'hardwareCompatible', /one kind of chip/],
    [{ target: 'orin', maxWorkspaceBytes: 0 }, 'maxWorkspaceBytes', /what the CPU runs in/],
    [{ int8Calibration: { table: 'a' } }, 'int8Calibration', /set int8/],
    [{ stronglyTyped: true, fp16: true }, 'stronglyTyped', /the graph alone decides/],
    [{ layerNormFp32Fallback: true }, 'layerNormFp32Fallback', /nothing to fall back from/],
    [{ engineCachePath: 'a' }, 'engineCachePath', /engineCache: true/],
    [{ engineCachePrefix: 'a' }, 'engineCachePrefix', /engineCache: true/],
    [{ engineDecryptionLibrary: 'a' }, 'engineDecryptionLibrary', /engineCache: true/],
    [{ timingCachePath: 'a' }, 'timingCachePath', /timingCache: true/],
    [{ forceTimingCache: true }, 'forceTimingCache', /timingCache: true/],
    [{ epContext: {}, engineCache: true, engineCachePath: '/var/cache' }, 'engineCachePath', /may not be absolute/],
    [{ epContext: {}, engineCache: true, engineCachePath: 'a/../..' }, 'engineCachePath', /nor contain \.\./],
    [{ cudaGraph: true, profile: { min: shape, opt: shape, max: larger } }, 'cudaGraph', /one shape/],
    [{ profile: { min: larger, opt: shape, max: larger } }, 'profile', /min <= opt <= max/],
    [{ profile: { min: shape, opt: shape, max: { other: [1] } } }, 'profile', /same inputs/],
    [{ profile: { min: shape, opt: shape } }, 'profile', /expected record/],
    [{ tacticSources: 'CUDNN' }, 'tacticSources', /such as -CUDNN/],
    [{ fp32: true }, '', /fp32/],
  ];
  for (const [input, field, reason] of cases) {
    const parsed = tensorRtOptionsSchema.safeParse(input);
    assert.ok(!parsed.success, JSON.stringify(input));
    const [issue] = parsed.error.issues;
    assert.equal(issue?.path[0] ?? '', field, JSON.stringify(input));
    assert.match(issue?.message ?? '', reason, JSON.stringify(input));
  }
});

test("an engine's key changes with everything that changes the engine, and with nothing else", () => {
  const machine: EngineMachine = {
    onnxruntime: '1.22.0',
    tensorrt: '10.3.0',
    cuda: '12.6',
    l4t: 'R36.4.3',
    gpu: 'Orin',
    computeCapability: '8.7',
  };
  const options = tensorRtPresets.orin;
  const key = (model: string, settings: TensorRtOptions, board: EngineMachine): string =>
    engineCacheKey(engineInfo(model, settings, board));
  const same = key('a', options, machine);
  assert.match(same, /^[0-9a-f]{64}$/);
  const reversed = Object.fromEntries(Object.entries(options).reverse());
  const moved = { ...reversed, engineCachePath: '/elsewhere', detailedBuildLog: true, cudaGraph: true };
  assert.equal(key('a', moved, machine), same);
  const others = [
    key('b', options, machine),
    key('a', { ...options, fp16: false }, machine),
    key('a', { ...options, dlaCore: 0 }, machine),
    key('a', { ...options, dlaCore: 1 }, machine),
    key('a', { ...options, builderOptimizationLevel: 5 }, machine),
    ...Object.keys(machine).map((name) => key('a', options, { ...machine, [name]: 'other' })),
  ];
  assert.equal(new Set([same, ...others]).size, others.length + 1);
});
