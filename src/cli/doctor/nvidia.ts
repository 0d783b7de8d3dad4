import { executionProviders, type OrtCapiInfo } from '../../runtime/index.js';
import { type ProbeAnswer, runProbe } from './probe.js';
import type { Finding } from './report.js';

/** ONNX Runtime's C interface, which the engine `ort-capi` uses, and what there is of CUDA and TensorRT. */
export async function examineNvidia(): Promise<readonly Finding[]> {
  return findingsFrom(await runProbe<OrtCapiInfo>(new URL('./probe-nvidia.js', import.meta.url)));
}

/** What the probe's answer means. */
export function findingsFrom(answer: ProbeAnswer<OrtCapiInfo>): readonly Finding[] {
  if (!answer.ok) {
    return [
      {
        part: 'ONNX Runtime C API',
        state: 'gap',
        found: 'does not load',
        todo: `${answer.reason}; set up again with npm run setup`,
      },
    ];
  }
  const { version, nvidia } = answer.value;
  return [
    {
      part: 'ONNX Runtime C API',
      state: 'ok',
      found: `${version}, for --engine ort-capi`,
      details: { ...answer.value },
    },
    nvidiaFinding(nvidia),
  ];
}

/** GPU, driver and TensorRT; none of them is a gap, because streams run on the CPU. */
export function nvidiaFinding(nvidia: OrtCapiInfo['nvidia']): Finding {
  const part = 'NVIDIA GPU';
  const { driverCuda, gpu, computeCapability, tensorrt, l4t } = nvidia;
  if (driverCuda === undefined || gpu === undefined) {
    const names = executionProviders.flatMap(({ name, missing }) => (missing(nvidia).length > 0 ? [name] : []));
    return { part, state: 'absent', found: `no driver or no GPU: --provider ${names.join(' and ')} cannot run` };
  }
  const found = [
    `${gpu} (sm_${(computeCapability ?? '').replace('.', '')})`,
    `driver for CUDA ${driverCuda}`,
    tensorrt === undefined ? 'no TensorRT (libnvinfer.so)' : `TensorRT ${tensorrt}`,
    ...(l4t === undefined ? [] : [`L4T ${l4t}`]),
  ].join(', ');
  return { part, state: 'ok', found, details: { ...nvidia } };
}
