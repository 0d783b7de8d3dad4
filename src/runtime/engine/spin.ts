/**
 * How long a thread of the CPU provider looks for its next piece of work before it sleeps, us. Long enough to be awake for
 * the next operator, short enough to give its core to decoding or to whatever else runs: left to itself, ONNX Runtime spins
 * so long that two threads on a busy machine burn twice the processor time of the network waiting for each other.
 */
export const spinUs = 100;
