// Evaluated in this order: the library is loaded between the second and the fourth.
import './tf-environment.js';
import './before-load.js';
import * as tf from '@tensorflow/tfjs-node-gpu';
import './after-load.js';
import { useNativeGradients } from './native-gradients.js';

/**
 * TensorFlow, for all of training: the only import of tfjs-node-gpu. Loading it registers the native gradient kernels
 * of native-gradients.ts.
 */
export { tf };

useNativeGradients(tf);
