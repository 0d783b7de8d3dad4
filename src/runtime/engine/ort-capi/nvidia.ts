import { readFileSync } from 'node:fs';
import type { EngineMachine } from '../../../model-package/tensorrt/engine-key.js';
import { loadForGood } from './library.js';

/** What a machine has of NVIDIA's; undefined where it is not there. */
export interface NvidiaInfo {
  /** CUDA version that the driver supports, `12.6`. */
  readonly driverCuda?: string;
  readonly gpu?: string;
  /** `8.7` */
  readonly computeCapability?: string;
  /** `10.3.0` */
  readonly tensorrt?: string;
  /** Release of a Jetson's system, `R36.4.3`. */
  readonly l4t?: string;
}

type Native = (...values: readonly (string | number | Uint8Array | Int32Array)[]) => number;

/** Majors of TensorRT that we know of, newest first. */
const tensorRtMajors = [11, 10, 9, 8];
/** CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR. */
const computeCapability = [75, 76] as const;

/**
 * Asks driver, TensorRT and system for their versions. The libraries stay loaded.
 * @param device ordinal of the GPU.
 */
export function nvidiaInfo(device = 0): NvidiaInfo {
  const version = tensorRtVersion();
  const release = l4tRelease();
  return {
    ...gpuInfo(device),
    ...(version === undefined ? {} : { tensorrt: version }),
    ...(release === undefined ? {} : { l4t: release }),
  };
}

function gpuInfo(device: number): NvidiaInfo {
  const cuda = open('libcuda.so.1');
  if (cuda === undefined) return {};
  const value = new Int32Array(1);
  if (cuda('cuInit', ['uint'])(0) !== 0) return {};
  if (cuda('cuDriverGetVersion', ['int *'])(value) !== 0) return {};
  const driverCuda = `${Math.floor(value[0]! / 1000)}.${Math.floor((value[0]! % 1000) / 10)}`;
  if (cuda('cuDeviceGet', ['int *', 'int'])(value, device) !== 0) return { driverCuda };
  const handle = value[0]!;
  const name = new Uint8Array(256);
  cuda('cuDeviceGetName', ['void *', 'int', 'int'])(name, name.length, handle);
  const [major, minor] = computeCapability.map((attribute) => {
    cuda('cuDeviceGetAttribute', ['int *', 'int', 'int'])(value, attribute, handle);
    return value[0]!;
  });
  const end = name.indexOf(0);
  return {
    driverCuda,
    gpu: new TextDecoder().decode(name.subarray(0, end < 0 ? name.length : end)),
    computeCapability: `${major}.${minor}`,
  };
}

function tensorRtVersion(): string | undefined {
  for (const name of [...tensorRtMajors.map((major) => `libnvinfer.so.${major}`), 'libnvinfer.so']) {
    const library = open(name);
    if (library !== undefined) return tensorRtVersionText(library('getInferLibVersion', [])());
  }
  return undefined;
}

/** `8502` is 8.5.2, `100300` is 10.3.0: the major has had more digits since TensorRT 10. */
export function tensorRtVersionText(number: number): string {
  const step = number >= 100_000 ? 10_000 : 1000;
  return [Math.floor(number / step), Math.floor((number % step) / 100), number % 100].join('.');
}

function l4tRelease(): string | undefined {
  try {
    return l4tReleaseText(readFileSync('/etc/nv_tegra_release', 'utf8'));
  } catch {
    return undefined;
  }
}

/** `# R36 (release), REVISION: 4.3, GCID: ...` is `R36.4.3`. */
export function l4tReleaseText(text: string): string | undefined {
  const match = /^# R(\d+) \(release\), REVISION: ([\d.]+)/.exec(text);
  return match === null ? undefined : `R${match[1]}.${match[2]}`;
}

function open(name: string): ((symbol: string, takes: readonly string[]) => Native) | undefined {
  try {
    const library = loadForGood(name);
    return (symbol, takes) => library.func(symbol, 'int', [...takes]) as Native;
  } catch {
    return undefined;
  }
}

/** The part of an engine's key that the machine decides. */
export function engineMachine(onnxruntime: string, info: NvidiaInfo): EngineMachine {
  return {
    onnxruntime,
    tensorrt: info.tensorrt ?? 'unknown',
    cuda: info.driverCuda ?? 'unknown',
    l4t: info.l4t ?? 'none',
    gpu: info.gpu ?? 'unknown',
    computeCapability: info.computeCapability ?? 'unknown',
  };
}
