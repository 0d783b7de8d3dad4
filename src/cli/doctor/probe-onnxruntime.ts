// Asks ONNX Runtime for its version and execution providers; run by examineOnnxRuntime in a process of its own.
import '../../base/no-telemetry.js';
import { createRequire } from 'node:module';

// Only the version and the list: sessions are made by runtime/engine.
const ort = createRequire(import.meta.url)('onnxruntime-node') as {
  readonly env: { readonly versions: { readonly node?: string; readonly common: string } };
  listSupportedBackends(): readonly { readonly name: string; readonly bundled: boolean }[];
};

process.stdout.write(
  `${JSON.stringify({
    version: ort.env.versions.node ?? ort.env.versions.common,
    providers: ort.listSupportedBackends().map(({ name, bundled }) => ({ name, isBundled: bundled })),
  })}\n`,
);
