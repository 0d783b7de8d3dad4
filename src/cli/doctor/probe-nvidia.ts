// Asks driver and TensorRT for their versions, and the C interface of ONNX Runtime for its providers; run by
// examineNvidia in a process of its own.
import { examineOrtCapi } from '../../runtime/index.js';

process.stdout.write(`${JSON.stringify(await examineOrtCapi())}\n`);
