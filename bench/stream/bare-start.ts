/**
 * The least that gives depth: Node, ONNX Runtime, one session, one run on a black image, one line. Started with the path
 * of a graph and the name and shape of its input: what a stream's start is compared with.
 */
import { InferenceSession, Tensor } from 'onnxruntime-node';

const [path, name, ...shape] = process.argv.slice(2);
const dimensions = shape.map(Number);
const session = await InferenceSession.create(path!);
const image = new Uint8Array(dimensions.reduce((product, size) => product * size, 1));
const [depth] = Object.values(await session.run({ [name!]: new Tensor('uint8', image, dimensions) }));
process.stdout.write(`${depth!.dims}\n`);
