import './tf-environment.js';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { useNativeGradients } from './native-gradients.js';

/**
 * TensorFlow, for all of training: the only import of tfjs-node-gpu. Loading it registers the native gradient kernels
 * of native-gradients.ts.
 */
export { tf };

useNativeGradients(tf);
