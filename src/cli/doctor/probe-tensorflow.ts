// Loads TensorFlow and computes a gradient with it; run by examineTensorflow in a process of its own.
import { tf } from '../../train/tensorflow/tf.js';

const backend = tf.backend() as {
  readonly binding?: { readonly TF_Version?: string };
  readonly isUsingGpuDevice?: boolean;
};
const image = tf.ones<tf.Rank.R4>([1, 8, 8, 3]);
const kernel = tf.ones<tf.Rank.R4>([3, 3, 3, 2]);
const gradient = tf.grad((weights) => tf.conv2d(image, weights as typeof kernel, 1, 'valid').sum())(kernel);
const values = await gradient.data();

process.stdout.write(
  `\n${JSON.stringify({
    version: backend.binding?.TF_Version ?? 'unknown',
    tfjs: tf.version_core,
    isUsingGpu: backend.isUsingGpuDevice === true,
    // Each weight meets 6x6 pixels of value 1.
    isRight: values.every((value) => value === 36),
  })}\n`,
);
