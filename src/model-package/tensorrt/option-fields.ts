import { z } from 'zod';

/** Kinds of machine whose limits are known; they also name the presets. */
export const tensorRtTargets = ['orin', 'orin-nano', 'xavier', 'agx-thor', 'dgpu'] as const;

/** One of them. */
export type TensorRtTarget = (typeof tensorRtTargets)[number];

const plainName = z.string().regex(/^[\w][\w.-]*$/, 'expected letters, digits, ., - and _');
const path = z.string().min(1).max(1000);
const shapes = z
  .record(
    z.string().regex(/^[^\s:,]{1,200}$/, 'expected the name of a graph input'),
    z.array(z.int().positive()).min(1),
  )
  .refine((value) => Object.keys(value).length > 0, 'expected at least one input');

/**
 * Every option of ONNX Runtime's TensorRT execution provider that has a meaning outside of a running process, under
 * names with their unit. What is absent is not sent, so that ONNX Runtime's own default holds, and an older ONNX
 * Runtime is not asked for what it does not know.
 *
 * Not here, because they are pointers into a process: `user_compute_stream`, `trt_onnx_bytestream`,
 * `trt_external_data_bytestream`.
 */
export const tensorRtOptionFields = z.strictObject({
  /** Kind of machine the engine is for: what it cannot do is refused. */
  target: z.enum(tensorRtTargets).optional(),
  /** Ordinal of the GPU; 0 unless given. */
  deviceId: z.int().min(0).max(127).optional(),
  /** Scratch memory of the builder, bytes. On a Jetson it is taken from what the CPU has. */
  maxWorkspaceBytes: z.int().min(0).optional(),
  /** Attempts at splitting the graph (1000). */
  maxPartitionIterations: z.int().positive().optional(),
  /** Fewer nodes than this are not given to TensorRT (1). */
  minSubgraphSize: z.int().positive().optional(),
  /** Kernels of half precision. */
  fp16: z.boolean().optional(),
  /** Kernels of bfloat16; Ampere and newer. */
  bf16: z.boolean().optional(),
  /** INT8 kernels: for a graph with QuantizeLinear / DequantizeLinear, or with a calibration table. */
  int8: z.boolean().optional(),
  /** Calibration for a graph without Q/DQ nodes. Gone in TensorRT 11. */
  int8Calibration: z
    .strictObject({
      /** File name of the table, inside the engine cache's folder. */
      table: plainName,
      /** The table was written by TensorRT's calibrator, not by ONNX Runtime's. */
      isNative: z.boolean().optional(),
    })
    .optional(),
  /** The graph alone decides the precision of every layer: how TensorRT 11 works. trtexec only. */
  stronglyTyped: z.boolean().optional(),
  /** Run on this core of the deep learning accelerator; what it cannot take runs on the GPU. */
  dlaCore: z.int().min(0).max(1).optional(),
  /** Keep built engines on disk. */
  engineCache: z.boolean().optional(),
  /** Folder of the engines; the runtime has one of its own unless given. */
  engineCachePath: path.optional(),
  /** Beginning of an engine's file name. */
  engineCachePrefix: plainName.optional(),
  /** Keep timings of kernels between builds. */
  timingCache: z.boolean().optional(),
  /** Folder of the timings; the runtime has one of its own unless given. */
  timingCachePath: path.optional(),
  /** Take timings of another GPU of the same compute capability. */
  forceTimingCache: z.boolean().optional(),
  /** Library that decrypts engines of the cache. */
  engineDecryptionLibrary: path.optional(),
  /** Build one engine at a time, also over several GPUs. */
  forceSequentialEngineBuild: z.boolean().optional(),
  /** Parts of the graph share their activation memory. */
  contextMemorySharing: z.boolean().optional(),
  /** Power and mean of a layer normalisation in fp32. */
  layerNormFp32Fallback: z.boolean().optional(),
  /** 0 builds fastest, 5 runs fastest (3). TensorRT 8.6 and later. */
  builderOptimizationLevel: z.int().min(0).max(5).optional(),
  /** Shorter builds with less tuning; TensorRT 8.5 and 8.6. */
  buildHeuristics: z.boolean().optional(),
  /** Use weights of which two in four are zero. */
  sparsity: z.boolean().optional(),
  /** Streams beside the main one; -1 lets TensorRT choose, 0 takes the least memory. */
  auxiliaryStreams: z.int().min(-1).max(128).optional(),
  /** Sources of kernels, such as `-CUDNN,+CUBLAS`. */
  tacticSources: z
    .string()
    .regex(/^[+-]\w+(,[+-]\w+)*$/, 'expected such as -CUDNN,+CUBLAS')
    .optional(),
  /** Preview features of the builder, comma separated. */
  previewFeatures: z
    .string()
    .regex(/^[+-]?\w+(,[+-]?\w+)*$/, 'expected names separated by commas')
    .optional(),
  /** Libraries with plug-in layers. */
  extraPluginLibraries: z.array(path).min(1).optional(),
  /** Range of shapes by input, for a graph whose shapes are free. Ours are fixed. */
  profile: z.strictObject({ min: shapes, opt: shapes, max: shapes }).optional(),
  /** Replay all kernels as one. Needs buffers that stay in place: the engine `ort-capi` only. */
  cudaGraph: z.boolean().optional(),
  /** Write each part of the graph as ONNX, for debugging. */
  dumpSubgraphs: z.boolean().optional(),
  /** Log every step of the build. */
  detailedBuildLog: z.boolean().optional(),
  /** Write an ONNX file that holds or names the built engine. */
  epContext: z
    .strictObject({
      /** Where to; `NAME_ctx.onnx` beside the engines unless given. */
      filePath: path.optional(),
      /** Bytes of the engine inside the ONNX file instead of beside it. */
      isEmbedded: z.boolean().optional(),
    })
    .optional(),
  /** An engine without weights, filled from the ONNX file as it is loaded. */
  weightStripped: z
    .strictObject({
      /** Folder of the ONNX file that has the weights. */
      onnxFolder: path.optional(),
    })
    .optional(),
  /** An engine for all discrete GPUs from Ampere on. */
  hardwareCompatible: z.boolean().optional(),
  /** Operators that TensorRT shall not get. */
  operatorsToExclude: z.array(z.string().regex(/^\w+$/, 'expected the name of an operator')).min(1).optional(),
  /** Hand weights over without a copy; ONNX Runtime 1.23 and later. */
  loadUserInitializer: z.boolean().optional(),
});

/** TensorRT settings, each by itself right. */
export type TensorRtOptionFields = z.output<typeof tensorRtOptionFields>;
