import { defineProvider } from './provider.js';

/**
 * How long a thread looks for its next piece of work before it sleeps, us. Long enough to be awake for the next operator,
 * short enough to give its core to decoding or to whatever else runs: left to itself, ONNX Runtime spins so long that two
 * threads on a busy machine burn twice the CPU time of the network waiting for each other.
 */
const spinUs = 100;

/** ONNX Runtime's own operators, in every library: what other providers are compared with. */
export const cpu = defineProvider({
  name: 'cpu',
  title: 'CPU',
  device: 'cpu',
  ortName: 'CPUExecutionProvider',
  sessionEntries: { 'session.intra_op.spin_duration_us': `${spinUs}` },
  settings: undefined,
  buildsEngines: false,
  missing: () => [],
});
