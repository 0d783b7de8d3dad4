import { z } from 'zod';
import { tensorRtOptionsSchema } from './tensorrt/options.js';

const positive = z.number().positive().finite();
const size = z.int().positive().max(16384);

/** Byte orders of a pixel that a graph may take: `RGBA` and `BGRx` have a fourth byte that the graph ignores. */
export const channelOrders = ['RGB', 'RGBA', 'BGRx'] as const;

/** One of the byte orders of a pixel. */
export type ChannelOrder = (typeof channelOrders)[number];

/** Bytes a pixel of a channel order. */
export function bytesPerPixel(channels: ChannelOrder): 3 | 4 {
  return channels === 'RGB' ? 3 : 4;
}

/** Precisions of a network's body: float32 throughout, mixed with float16, integers by Q/DQ nodes. */
export const precisions = ['fp32', 'fp16', 'int8'] as const;

/** One of the precisions. */
export type Precision = (typeof precisions)[number];

/**
 * Type of the integers that flow between the layers of an int8 graph. `uint8` with a zero point: what ONNX Runtime's CPU
 * kernels are fastest with (VNNI multiplies unsigned by signed), and a ReLU costs nothing, because 0 is the smallest
 * integer. `int8` with zero point 0: the only kind TensorRT takes.
 */
export const activationTypes = ['uint8', 'int8'] as const;

/** One of the types of activations. */
export type ActivationType = (typeof activationTypes)[number];

/**
 * How a tensor's integer range is chosen from its histogram. `minmax`: everything seen; `percentile`: all but the
 * outermost share of either tail; `entropy`: the threshold that loses the least information (Migacz, "8-bit inference with
 * TensorRT", GTC 2017).
 */
export const calibrationMethods = ['minmax', 'percentile', 'entropy'] as const;

/** One of the calibration methods. */
export type CalibrationMethod = (typeof calibrationMethods)[number];

const packedInput = z.strictObject({
  /** Name of the graph input. */
  name: z.string().min(1),
  layout: z.literal('NHWC'),
  type: z.literal('uint8'),
  height: size,
  width: size,
  channels: z.enum(channelOrders),
});

/** The camera whose images the graph takes, at the input's size: the training camera, or the one of a fitted graph. */
const packageCamera = z.strictObject({
  fxPx: positive,
  fyPx: positive,
  cxPx: z.number().finite(),
  cyPx: z.number().finite(),
  /** Of the training rig; absent where the network learned without one. */
  baselineM: positive.optional(),
});

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits');

const onnxFile = z.strictObject({
  /** File name of the graph, in the same folder. */
  file: z.string().regex(/^[\w-][\w.-]*$/, 'expected a plain file name'),
  /** SHA-256 of that file's bytes. */
  sha256,
  opset: z.int().min(7).max(30),
});

const engineFile = z.strictObject({
  /** Path of the engine, relative to the graph's folder, never out of it. */
  file: z.string().regex(/^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/, 'expected a plain path below the package, without ..'),
  sha256,
  /** SHA-256 of the ONNX file that the engine was built from. */
  builtFrom: sha256,
});

/** How int8 was made. */
const quantization = z.strictObject({
  /** `uint8` with a zero point, for CPUs; `int8` with zero point 0, for TensorRT. Weights are int8 a channel in both. */
  activations: z.enum(activationTypes),
  calibration: z.enum(calibrationMethods),
  /** How many frames, and where they came from. */
  frames: z.int().positive(),
  data: z.string(),
});

const packageFields = z.strictObject({
  format: z.literal('cyclops-model'),
  formatVersion: z.literal(1),
  name: z.string().min(1).max(100),
  onnx: onnxFile,
  input: packedInput,
  output: z.strictObject({
    name: z.string().min(1),
    /**
     * float32 [1, H, W, 1]. `depth-metres`: along the optical axis, clipped to [minM, maxM]. `relative-inverse-depth`:
     * 0 far .. 1 near, inverse depth of unknown scale and shift, which only a hand-written package has (foreign.ts).
     */
    kind: z.enum(['depth-metres', 'relative-inverse-depth']),
    height: size,
    width: size,
    minM: positive,
    maxM: positive,
  }),
  camera: packageCamera,
  /**
   * The graph takes whole images of the camera and looks at this part of them, px of the input; rows of it may lie
   * beyond the image. Around it depth is NaN. Absent where it looks at all of its input.
   */
  view: z
    .strictObject({
      x: z.int().nonnegative(),
      y: z.int(),
      width: size,
      height: size,
      /** Input size of the network inside, px. */
      networkWidth: size,
      networkHeight: size,
      /** Metres of this camera for one metre of the network: above 1 where it sees less than the training camera. */
      depthScale: positive,
    })
    .optional(),
  /** Flip test-time augmentation: the graph looks at the image and at its mirror image, and blends both. */
  flipTta: z.literal(true).optional(),
  /**
   * A second output, float32 [1, H, W, 1], 0 to 1, 0 where there is no depth. `flip`: how well image and mirror image
   * agree; `layer`: the network's own.
   */
  confidence: z.strictObject({ name: z.string().min(1), source: z.enum(['flip', 'layer']) }).optional(),
  /** Of the network's body; input, first steps, depth head and output are float32 in all of them. */
  precision: z.enum(precisions),
  /** There if, and only if, the precision is int8. */
  quantization: quantization.optional(),
  /** How TensorRT shall build the graph; absent where the exporter was not asked. */
  tensorRt: tensorRtOptionsSchema.optional(),
  /** The graph is one node that names an engine built by trtexec, which fits one GPU and one TensorRT version. */
  engine: engineFile.optional(),
  provenance: z.strictObject({
    method: z.string(),
    network: z.string(),
    parameters: z.int().positive(),
    /** Null where nobody counted them. */
    gmacs: positive.nullable(),
    data: z.string(),
    checkpoint: z.string(),
    seed: z.int(),
    step: z.int().nonnegative(),
    metrics: z.record(z.string(), z.number()),
    command: z.string(),
    versions: z.record(z.string(), z.string()),
  }),
  /** Depth of a fixed generated image: the runtime runs it before the first frame and compares. */
  golden: z.strictObject({
    /** Name of the generator in golden.ts. */
    input: z.literal('gradient-v1'),
    /** Depth (m) at `probes` pixels (row-major index), and the relative difference that engines may have. */
    probes: z
      .array(z.strictObject({ index: z.int().nonnegative(), depthM: positive }))
      .min(8)
      .max(256),
    tolerance: positive,
  }),
});

/** What exporter and runtime agree on: `model.json` beside `model.onnx`. */
export const modelPackageSchema = packageFields.check(agreesWithItself);

/** A parsed `model.json`. */
export type ModelPackage = z.output<typeof modelPackageSchema>;

/** What a package says of its precision. */
export type PackagePrecision = Pick<ModelPackage, 'precision' | 'quantization'>;

/** The copy inside the ONNX file's `metadata_props`: the same, but a file cannot hold its own digest. */
export const embeddedPackageSchema = packageFields
  .extend({ onnx: onnxFile.omit({ sha256: true }) })
  .check(agreesWithItself);

/** A parsed embedded copy. */
export type EmbeddedPackage = z.output<typeof embeddedPackageSchema>;

/** Key of the embedded copy in `metadata_props`. */
export const metadataKey = 'cyclops';

type Fields = Omit<z.output<typeof packageFields>, 'onnx'>;

function agreesWithItself(context: z.core.ParsePayload<Fields>): void {
  const { input, output, golden, precision } = context.value;
  const fault = (path: PropertyKey[], message: string): void => {
    context.issues.push({ code: 'custom', path, message, input: context.value });
  };
  if (output.width !== input.width) fault(['output', 'width'], `expected the input's width, ${input.width}`);
  if (output.height !== input.height) fault(['output', 'height'], `expected the input's height, ${input.height}`);
  if ((precision === 'int8') !== (context.value.quantization !== undefined)) {
    fault(['quantization'], precision === 'int8' ? 'expected how int8 was made' : `expected nothing for ${precision}`);
  }
  const { view, confidence, flipTta } = context.value;
  if (view !== undefined) {
    const isInside = view.x + view.width <= input.width && view.y < input.height && view.y + view.height > 0;
    if (!isInside) fault(['view'], `expected a part of the input, ${input.width}x${input.height}`);
  }
  if (confidence?.source === 'flip' && flipTta !== true) {
    fault(['confidence', 'source'], 'expected a graph with flipTta');
  }
  if (output.kind !== 'depth-metres') fault(['output', 'kind'], 'expected depth-metres');
  if (output.minM >= output.maxM) fault(['output', 'minM'], `expected less than maxM, ${output.maxM}`);
  for (const [position, { index }] of golden.probes.entries()) {
    if (index >= output.width * output.height) {
      fault(['golden', 'probes', position, 'index'], `expected less than ${output.width * output.height}`);
      return;
    }
  }
}
