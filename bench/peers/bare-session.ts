/**
 * Node with one open session of ONNX Runtime that runs on a black image for two seconds, and nothing else: the least
 * memory that any Node program with this model takes. Started with the path of the graph, name and shape of its input.
 */
import { InferenceSession, Tensor } from 'onnxruntime-node';

const [path, name, ...shape] = process.argv.slice(2);
const dimensions = shape.map(Number);
const session = await InferenceSession.create(path!);
const image = new Uint8Array(dimensions.reduce((product, size) => product * size, 1));
const feeds = { [name!]: new Tensor('uint8', image, dimensions) };
const end = performance.now() + 2000;
while (performance.now() < end) await session.run(feeds);
