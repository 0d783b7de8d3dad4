import { assert } from '../../base/assert.js';
import { CyclopsError } from '../../base/errors.js';
import type { Intrinsics } from '../../geometry/camera.js';
import { networkView } from '../../geometry/network-view.js';
import type { ChannelOrder } from '../../model-package/schema.js';
import type { PackageInfo } from '../pack.js';
import { type DepthNetwork, outputNamed } from '../read/depth-network.js';
import type { Surroundings } from '../verify/expected-depth.js';
import { addNetwork } from './add-network.js';
import { type Graph, GraphBuilder, type Value } from './graph.js';
import { imageShape } from './ops.js';
import { confidenceName, inputName, outputName, postprocess, preprocess } from './pre-post.js';

/** What stands around the network in the graph. */
export interface DepthGraphOptions {
  /** Byte order of the images that the runtime will feed; `RGB` unless given. */
  readonly channels?: ChannelOrder;
  /** Depth is clipped to [minM, maxM], metres; 0.5 and 80 unless given. */
  readonly minM?: number;
  readonly maxM?: number;
  /**
   * The graph takes whole frames of this camera and crops or pads them to the training field of view itself; a bare size
   * where the focal length is not known. Unless given, it takes images of the network's size.
   */
  readonly frame?: Intrinsics | { readonly width: number; readonly height: number };
  /** Flip test-time augmentation: the image and its mirror image as a batch of two, blended; false unless given. */
  readonly flipTta?: boolean;
  /** A second output: `flip`, or the layer of one of the network's outputs; none unless given. */
  readonly confidence?: string;
}

/** A graph from bytes to metres before any pass, and what a package says of its ends. */
export interface DepthGraph {
  readonly graph: Graph;
  readonly around: Surroundings;
  readonly facts: Pick<PackageInfo, 'input' | 'output' | 'camera' | 'view' | 'flipTta' | 'confidence'>;
  /** One sentence on how frames are cropped; absent where they are not. */
  readonly viewNote?: string;
}

/**
 * Pre-processing, network, post-processing.
 * @throws CyclopsError `USAGE_INVALID` for options that do not go together, `CAMERA_INVALID` where an image would be
 *   mostly padding, `CHECKPOINT_INVALID`, `EXPORT_UNSUPPORTED`.
 */
export function buildDepthGraph(network: DepthNetwork, options: DepthGraphOptions = {}): DepthGraph {
  const { channels = 'RGB', minM = 0.5, maxM = 80, flipTta = false, confidence } = options;
  if (!(minM > 0 && minM < maxM)) {
    throw new CyclopsError('USAGE_INVALID', `depth range: expected 0 < minimum < maximum, found ${minM} to ${maxM}`);
  }
  if (confidence === 'flip' && !flipTta) {
    throw new CyclopsError(
      'USAGE_INVALID',
      'confidence "flip": compares the two views of flip test-time augmentation; expected it to be on',
    );
  }
  const { camera, inputMean, inputStd, meaning, model, name } = network;
  const { width, height } = camera;
  const view = options.frame === undefined ? undefined : networkView(camera, options.frame);
  const frame = options.frame ?? camera;
  const fit = view === undefined ? {} : { fit: { width: frame.width, height: frame.height, crop: view.crop } };
  const depthScale = view?.depthScale ?? 1;
  const graph = new GraphBuilder(name, [inputName, outputName, confidenceName]);
  const image = preprocess(graph, { width, height, inputMean, inputStd, channels, flipTta, ...fit });
  const trustIndex =
    confidence === undefined || confidence === 'flip'
      ? undefined
      : outputNamed(model, confidence, `${network.owner}: confidence`);
  const wanted = [network.outputIndex, ...(trustIndex === undefined ? [] : [trustIndex])];
  const [depth, trust] = addNetwork(
    graph,
    model.network,
    [image],
    wanted.map((index) => model.network.outputs[index]!),
  );
  assert(depth !== undefined, 'a network has an output');
  assertMap(depth, network, network.outputStride);
  if (trust !== undefined) assertMap(trust, network);
  postprocess(graph, depth, {
    ...meaning,
    width,
    height,
    ...(camera.baselineM === undefined ? {} : { camera: { ...camera, baselineM: camera.baselineM } }),
    depthScale,
    minM,
    maxM,
    flipTta,
    ...fit,
    ...(confidence === undefined ? {} : { confidence: trust ?? 'flip' }),
  });
  return {
    graph: graph.build(),
    around: {
      ...fit,
      depthScale,
      flipTta,
      minM,
      maxM,
      ...(confidence === undefined ? {} : { confidence: trustIndex ?? 'flip' }),
    },
    facts: {
      input: { name: inputName, layout: 'NHWC', type: 'uint8', height: frame.height, width: frame.width, channels },
      output: {
        name: outputName,
        kind: 'depth-metres',
        height: frame.height,
        width: frame.width,
        minM,
        maxM,
      },
      camera: packageCamera(camera, view),
      ...(view === undefined ? {} : { view: { ...view.crop, networkWidth: width, networkHeight: height, depthScale } }),
      ...(flipTta ? { flipTta } : {}),
      ...(confidence === undefined
        ? {}
        : { confidence: { name: confidenceName, source: trust === undefined ? 'flip' : 'layer' } }),
    },
    ...(view === undefined ? {} : { viewNote: view.note }),
  };
}

/** One channel, and the shape of the image: what is resized must not be stretched. */
function assertMap(output: Value, { owner, camera }: DepthNetwork, stride?: number): void {
  const { width, height } = camera;
  const isImage = output.shape.length === 4;
  const [channels, rows, columns] = isImage ? imageShape(output) : [0, 0, 0];
  const fits =
    stride === undefined ? rows * width === columns * height : rows * stride === height && columns * stride === width;
  if (channels === 1 && fits) return;
  const expected =
    stride === undefined
      ? `of the shape of ${width}x${height}`
      : `of ${width / stride}x${height / stride} (outputStride ${stride} in run.json)`;
  throw new CyclopsError(
    'CHECKPOINT_INVALID',
    `${owner}: output ${output.name}: expected 1 channel ${expected}, found ${isImage ? `${channels} of ${columns}x${rows}` : `[${output.shape}]`}`,
  );
}

/** The camera whose frames the graph takes: that of the network, or seen back through the crop. */
function packageCamera(
  { width, height, fxPx, fyPx, cxPx, cyPx, baselineM }: DepthNetwork['camera'],
  view: ReturnType<typeof networkView> | undefined,
): PackageInfo['camera'] {
  const rig = baselineM === undefined ? {} : { baselineM };
  if (view === undefined) return { fxPx, fyPx, cxPx, cyPx, ...rig };
  const { crop, intrinsics } = view;
  const [across, down] = [crop.width / width, crop.height / height];
  return {
    fxPx: intrinsics.fxPx * across,
    fyPx: intrinsics.fyPx * down,
    cxPx: crop.x + (intrinsics.cxPx + 0.5) * across - 0.5,
    cyPx: crop.y + (intrinsics.cyPx + 0.5) * down - 0.5,
    ...rig,
  };
}
