/**
 * Where the functions that we call lie in `struct OrtApi` of onnxruntime_c_api.h, and their types. ONNX Runtime only
 * ever appends to that struct, so a place holds for every later version. Counted from the header of API version 24; all
 * are there in API version 14 (ONNX Runtime 1.14).
 *
 * Types: `p` any pointer in, `s` C string, `i` int or enum, `z` size_t, `o` pointer to a place that the function fills,
 * `S` array of C strings, `n` array of int64.
 */
export const slots = {
  GetErrorCode: { slot: 1, returns: 'int', takes: 'p' },
  GetErrorMessage: { slot: 2, returns: 'string', takes: 'p' },
  CreateEnv: { slot: 3, returns: 'status', takes: 'iso' },
  DisableTelemetryEvents: { slot: 6, returns: 'status', takes: 'p' },
  CreateSession: { slot: 7, returns: 'status', takes: 'pspo' },
  CreateSessionOptions: { slot: 10, returns: 'status', takes: 'o' },
  SetSessionExecutionMode: { slot: 13, returns: 'status', takes: 'pi' },
  SetSessionLogSeverityLevel: { slot: 22, returns: 'status', takes: 'pi' },
  SetSessionGraphOptimizationLevel: { slot: 23, returns: 'status', takes: 'pi' },
  SetIntraOpNumThreads: { slot: 24, returns: 'status', takes: 'pi' },
  SessionGetInputCount: { slot: 30, returns: 'status', takes: 'po' },
  SessionGetOutputCount: { slot: 31, returns: 'status', takes: 'po' },
  SessionGetInputTypeInfo: { slot: 33, returns: 'status', takes: 'pzo' },
  SessionGetOutputTypeInfo: { slot: 34, returns: 'status', takes: 'pzo' },
  SessionGetInputName: { slot: 36, returns: 'status', takes: 'pzpo' },
  SessionGetOutputName: { slot: 37, returns: 'status', takes: 'pzpo' },
  CreateRunOptions: { slot: 39, returns: 'status', takes: 'o' },
  RunOptionsSetTerminate: { slot: 46, returns: 'status', takes: 'p' },
  RunOptionsUnsetTerminate: { slot: 47, returns: 'status', takes: 'p' },
  CreateTensorWithDataAsOrtValue: { slot: 49, returns: 'status', takes: 'ppznzio' },
  CastTypeInfoToTensorInfo: { slot: 55, returns: 'status', takes: 'po' },
  GetTensorElementType: { slot: 60, returns: 'status', takes: 'po' },
  GetDimensionsCount: { slot: 61, returns: 'status', takes: 'po' },
  GetDimensions: { slot: 62, returns: 'status', takes: 'poz' },
  CreateCpuMemoryInfo: { slot: 69, returns: 'status', takes: 'iio' },
  AllocatorFree: { slot: 76, returns: 'status', takes: 'pp' },
  GetAllocatorWithDefaultOptions: { slot: 78, returns: 'status', takes: 'o' },
  ReleaseStatus: { slot: 93, returns: 'void', takes: 'p' },
  ReleaseMemoryInfo: { slot: 94, returns: 'void', takes: 'p' },
  ReleaseSession: { slot: 95, returns: 'void', takes: 'p' },
  ReleaseValue: { slot: 96, returns: 'void', takes: 'p' },
  ReleaseRunOptions: { slot: 97, returns: 'void', takes: 'p' },
  ReleaseTypeInfo: { slot: 98, returns: 'void', takes: 'p' },
  ReleaseSessionOptions: { slot: 100, returns: 'void', takes: 'p' },
  GetAvailableProviders: { slot: 125, returns: 'status', takes: 'oo' },
  ReleaseAvailableProviders: { slot: 126, returns: 'status', takes: 'pi' },
  AddSessionConfigEntry: { slot: 130, returns: 'status', takes: 'pss' },
  RunWithBinding: { slot: 133, returns: 'status', takes: 'ppp' },
  CreateIoBinding: { slot: 134, returns: 'status', takes: 'po' },
  ReleaseIoBinding: { slot: 135, returns: 'void', takes: 'p' },
  BindInput: { slot: 136, returns: 'status', takes: 'psp' },
  BindOutput: { slot: 137, returns: 'status', takes: 'psp' },
  SessionOptionsAppendExecutionProvider_TensorRT_V2: { slot: 170, returns: 'status', takes: 'pp' },
  CreateTensorRTProviderOptions: { slot: 171, returns: 'status', takes: 'o' },
  UpdateTensorRTProviderOptions: { slot: 172, returns: 'status', takes: 'pSSz' },
  ReleaseTensorRTProviderOptions: { slot: 174, returns: 'void', takes: 'p' },
  SynchronizeBoundInputs: { slot: 202, returns: 'status', takes: 'p' },
  SynchronizeBoundOutputs: { slot: 203, returns: 'status', takes: 'p' },
  SessionOptionsAppendExecutionProvider_CUDA_V2: { slot: 204, returns: 'status', takes: 'pp' },
  CreateCUDAProviderOptions: { slot: 205, returns: 'status', takes: 'o' },
  UpdateCUDAProviderOptions: { slot: 206, returns: 'status', takes: 'pSSz' },
  ReleaseCUDAProviderOptions: { slot: 208, returns: 'void', takes: 'p' },
} as const satisfies Record<string, Slot>;

/** One function of the table. */
export interface Slot {
  readonly slot: number;
  readonly returns: 'status' | 'void' | 'int' | 'string';
  readonly takes: string;
}

/** Name of a function of `OrtApi` that we call. */
export type OrtFunction = keyof typeof slots;
