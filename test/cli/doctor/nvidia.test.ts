import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { examineNvidia, findingsFrom, nvidiaFinding } from '../../../src/cli/doctor/nvidia.js';
import type { OrtCapiInfo } from '../../../src/runtime/index.js';

test('the C interface of ONNX Runtime loads in a process of its own and tells its providers', async () => {
  const [library, gpu] = await examineNvidia();
  assert.equal(library?.state, 'ok', library?.todo);
  assert.match(library.found, /^1\.30\.0, for --engine ort-capi$/);
  assert.match(JSON.stringify(library.details), /CPUExecutionProvider/);
  // What is said of the GPU is what that process found of it, and on a machine without one that it is absent.
  const { nvidia } = library.details as unknown as OrtCapiInfo;
  assert.deepEqual(gpu, nvidiaFinding(nvidia));
  const hasGpu = existsSync('/dev/nvidiactl') || existsSync('/dev/nvhost-gpu');
  assert.equal(gpu?.state, hasGpu ? 'ok' : 'absent');
});

test('GPU, driver, TensorRT and a Jetson are told; without a GPU that is no gap', () => {
  const orin = { driverCuda: '12.6', gpu: 'Orin', computeCapability: '8.7', tensorrt: '10.3.0', l4t: 'R36.4.3' };
  assert.equal(nvidiaFinding(orin).found, 'Orin (sm_87), driver for CUDA 12.6, TensorRT 10.3.0, L4T R36.4.3');
  assert.match(nvidiaFinding({ driverCuda: '12.6', gpu: 'L4', computeCapability: '8.9' }).found, /no TensorRT/);
  assert.deepEqual([nvidiaFinding(orin).state, nvidiaFinding(orin).details], ['ok', orin]);
  // A driver alone is none to run on, nor is a GPU without its driver.
  for (const part of [{}, { driverCuda: '12.6' }, { gpu: 'Orin' }]) {
    assert.deepEqual(nvidiaFinding(part), {
      part: 'NVIDIA GPU',
      state: 'absent',
      found: 'no driver or no GPU: --provider cuda and tensorrt cannot run',
    });
  }
});

test('a library that does not load is a gap with its reason; one that loads tells the GPU it found', () => {
  const [gap, ...rest] = findingsFrom({ ok: false, reason: 'libonnxruntime.so.1: no such file' });
  assert.deepEqual(rest, []);
  assert.deepEqual([gap?.part, gap?.state, gap?.found], ['ONNX Runtime C API', 'gap', 'does not load']);
  assert.match(gap?.todo ?? '', /^libonnxruntime\.so\.1: no such file; set up again/);
  const nvidia = { driverCuda: '12.6', gpu: 'Orin', computeCapability: '8.7' };
  const value = { version: '1.30.0', providers: ['CPUExecutionProvider'], nvidia } as unknown as OrtCapiInfo;
  const [library, gpu] = findingsFrom({ ok: true, value });
  assert.deepEqual(library?.details, value);
  assert.deepEqual(gpu, nvidiaFinding(nvidia));
});
