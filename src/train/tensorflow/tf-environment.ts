import util from 'node:util';

// Imported before TensorFlow, which reads these once while it loads. What the user has set wins.
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'; // warnings and errors only: start-up notes would garble progress lines

// tfjs-node 4.22 calls two functions of `util` that Node 22 warns about and Node 23 has removed.
Object.assign(util, {
  isArray: Array.isArray,
  isNullOrUndefined: (value: unknown): boolean => value === null || value === undefined,
});
