import type { PixelMap } from '../../../geometry/distortion.js';
import {
  elementTypes,
  field,
  floats,
  int,
  ints,
  join,
  node,
  number,
  text,
  utf8,
  value,
} from '../../../model-package/onnx-writer.js';

/** Names of the graph's input and output. */
export const remapNames = { input: 'captured', output: 'image' } as const;

/** What a remap does to an image. */
export interface RemapJob {
  /** The captured image's size, px. */
  readonly width: number;
  readonly height: number;
  /** Bytes a pixel. */
  readonly channels: number;
  /** For each pixel of the result its place in the captured image, px; NaN = black. */
  readonly map: PixelMap;
}

/**
 * An ONNX model (opset 16) that looks pixels up bilinearly: uint8 [1, H, W, C] in, uint8 [1, H', W', C] out, by one
 * GridSample with the map as its constant. Written field by field (onnx-writer.ts), because the runtime carries no protobuf library.
 */
export function remapGraph(job: RemapJob): Uint8Array<ArrayBuffer> {
  const { width, height, channels, map } = job;
  const toPlanes = ints('perm', [0, 3, 1, 2]);
  const toPixels = ints('perm', [0, 2, 3, 1]);
  const nodes = [
    node('Cast', [remapNames.input], 'floats', [int('to', elementTypes.float32)]),
    node('Transpose', ['floats'], 'planes', [toPlanes]),
    node('GridSample', ['planes', 'grid'], 'remapped', [
      text('mode', 'bilinear'),
      text('padding_mode', 'zeros'),
      int('align_corners', 0),
    ]),
    node('Transpose', ['remapped'], 'pixels', [toPixels]),
    // Casting cuts decimals off.
    node('Round', ['pixels'], 'rounded', []),
    node('Cast', ['rounded'], remapNames.output, [int('to', elementTypes.uint8)]),
  ];
  const graph = [
    ...nodes.map((bytes) => field(1, bytes)),
    field(2, utf8('undistort')),
    field(5, floats('grid', [1, map.height, map.width, 2], normalised(job))),
    field(11, value(remapNames.input, 'uint8', [1, height, width, channels])),
    field(12, value(remapNames.output, 'uint8', [1, map.height, map.width, channels])),
  ];
  return join([number(1, 8), field(2, utf8('cyclops')), field(7, join(graph)), field(8, number(2, 16))]);
}

/** GridSample counts from -1 to 1 over the outer edges of the image. */
function normalised({ width, height, map }: RemapJob): Float32Array<ArrayBuffer> {
  return Float32Array.from(map.data, (place, index) => {
    if (Number.isNaN(place)) return nowhere;
    return (2 * place + 1) / (index % 2 === 0 ? width : height) - 1;
  });
}

/** Far outside of every image, where zeros are. */
const nowhere = -4;
