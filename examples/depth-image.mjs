// One image to a depth PNG of 16 bits: metres * 256, 0 = none. The last argument is the camera's horizontal field of view;
// without it metres are right only if the camera sees what the model's training camera saw.
//
//   node examples/depth-image.mjs models/edge-street photo.jpg depth.png 70
import { writeFile } from 'node:fs/promises';
import { encodePng16, openModel } from 'cyclops/runtime';

const [modelPath, imagePath, depthPath, fovDeg] = process.argv.slice(2);
if (modelPath === undefined || imagePath === undefined || depthPath === undefined) {
  throw new Error('expected MODEL IMAGE DEPTH.png [FOV_DEG]');
}

const model = await openModel(modelPath, fovDeg === undefined ? {} : { horizontalFovDeg: Number(fovDeg) });
const depth = await model.infer(imagePath);
await model.close();

// A model without a scale (MiDaS, Depth Anything) gives no metres.
if (depth.kind === 'relative') throw new Error(`${modelPath} gives relative inverse depth, no metres`);

const { width, height, depthM, intrinsics } = depth;
await writeFile(depthPath, encodePng16({ width, height, data: depthM }));

const known = depthM.filter((metres) => metres > 0).sort();
console.log(depth.note);
console.log(`${depthPath}: ${width}x${height}, fx ${intrinsics.fxPx.toFixed(1)} px`);
console.log(`median ${known[known.length >> 1]?.toFixed(2)} m, nearest ${known[0]?.toFixed(2)} m`);
