/** TensorFlow's types, for the files that tf.ts itself needs. */
export type * as tf from '@tensorflow/tfjs-node-gpu';
