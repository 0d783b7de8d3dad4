import { pythonWith } from './python.js';

/**
 * A Python with PyTorch and its ONNX exporter: 5 GB, for PyPI's wheel does not load without CUDA's libraries even where
 * there is no GPU.
 * @throws CyclopsError `MACHINE_LACKS`.
 */
export function pythonWithTorch(): string {
  return pythonWith('torch-onnx', ['torch==2.15.0', 'onnx==1.23.2', 'onnxscript==0.7.2']);
}
