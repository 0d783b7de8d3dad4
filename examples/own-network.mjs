// A depth network of your own: built in tfjs, exported to a model package, run. This one is not trained, and its depth is
// nonsense; put your training between the two halves.
//
//   node examples/own-network.mjs out/own
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { exportOnnx } from 'cyclops/export';
import { openModel } from 'cyclops/runtime';
import { tf } from 'cyclops/train';

const folder = process.argv[2] ?? 'out/own';
const [width, height] = [160, 96];

// Image in, one number above 0 for each pixel out.
const image = tf.input({ shape: [height, width, 3] });
const half = conv(16, { strides: 2, activation: 'relu' }).apply(image);
const deep = conv(16, { dilationRate: 2, activation: 'relu' }).apply(half);
const whole = tf.layers.upSampling2d({ size: [2, 2] }).apply(deep);
const head = conv(1, { activation: 'sigmoid', name: 'inverse_depth' }).apply(whole);
const network = tf.model({ inputs: image, outputs: /** @type {tf.SymbolicTensor} */ (head) });

// ... network.compile(...), network.fit(...) ...

await mkdir(folder, { recursive: true });
await network.save(`file://${folder}/tfjs`);

// What the file cannot say of itself: what stands before the network, what its numbers mean, and which camera it knows.
/** @type {import('cyclops/export').NetworkInfo} */
const facts = {
  name: 'own',
  input: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
  output: { quantity: 'inverse-depth', factor: 0.5 },
  camera: { fxPx: 93 },
};
const { summary, parity } = await exportOnnx(join(folder, 'tfjs/model.json'), folder, {
  described: { facts },
  minM: 1,
  maxM: 60,
});
console.log(
  `${folder}/model.onnx: ${summary.nodes} nodes, largest difference to tfjs ${parity?.maxRelativeDifference}`,
);

const model = await openModel(folder, { fxPx: 93 });
const pixels = { width, height, data: new Uint8Array(width * height * 3).fill(128) };
const { depthM } = await model.infer(pixels);
console.log(`depth of a grey image: ${depthM?.[0]?.toFixed(2)} m at the corner`);
await model.close();

/**
 * @param {number} filters
 * @param {Partial<Parameters<typeof tf.layers.conv2d>[0]>} options
 */
function conv(filters, options) {
  return tf.layers.conv2d({ filters, kernelSize: 3, padding: 'same', ...options });
}
