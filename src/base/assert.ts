/** Ends the process of reasoning when our own code is wrong; never for faults of the outside world. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}

/** The last branch of a switch over a union: the compiler proves that it cannot be reached. */
export function assertNever(value: never): never {
  throw new Error(`assertion failed: unexpected value ${JSON.stringify(value)}`);
}
