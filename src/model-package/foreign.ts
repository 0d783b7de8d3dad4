import { z } from 'zod';
import { tensorRtOptionsSchema } from './tensorrt/options.js';

const positive = z.number().positive().finite();
const size = z.int().min(16).max(16384);
const graphName = z.string().min(1).max(200);
const three = z.tuple([z.number().finite(), z.number().finite(), z.number().finite()]);
const metricRange = {
  /** What is nearer or farther is clipped, metres. */
  minM: positive.default(0.5),
  maxM: positive.default(80),
};
const outputName = graphName.optional();

/** How a network that was made elsewhere wants its image. */
const foreignInput = z.strictObject({
  /** Name of the graph input; the only one unless given. */
  name: graphName.optional(),
  layout: z.enum(['NCHW', 'NHWC']).default('NCHW'),
  /** Order of the colours. */
  channels: z.enum(['RGB', 'BGR']).default('RGB'),
  width: size,
  height: size,
  /** The value of a white pixel before mean and deviation: 1 for an image in 0..1, 255 for one in 0..255. */
  white: positive.default(1),
  /** The network sees (value - mean) / std, in the order of `channels`. */
  mean: three.default([0, 0, 0]),
  std: three.refine((values) => values.every((value) => value > 0), 'expected numbers above 0').default([1, 1, 1]),
});

/** What its output means. */
const foreignOutput = z.discriminatedUnion(
  'kind',
  [
    /** monodepth2: a sigmoid s; depth = scale / (1 / farM + s * (1 / nearM - 1 / farM)). */
    z.strictObject({
      kind: z.literal('disparity-sigmoid'),
      name: outputName,
      nearM: positive.default(0.1),
      farM: positive.default(100),
      scale: positive.default(1),
      ...metricRange,
    }),
    /** depth = 1 / (scale * value + shift), metres. */
    z.strictObject({
      kind: z.literal('inverse-depth'),
      name: outputName,
      scale: z.number().finite(),
      shift: z.number().finite().default(0),
      ...metricRange,
    }),
    /** depth = scale * value + shift, metres. */
    z.strictObject({
      kind: z.literal('depth'),
      name: outputName,
      scale: positive.default(1),
      shift: z.number().finite().default(0),
      ...metricRange,
    }),
    /** depth = exp(scale * value + shift), metres. */
    z.strictObject({
      kind: z.literal('log-depth'),
      name: outputName,
      scale: positive.default(1),
      shift: z.number().finite().default(0),
      ...metricRange,
    }),
    /** Inverse depth up to an unknown scale and shift (MiDaS, Depth Anything): published as relative inverse depth 0..1, not as metres. */
    z.strictObject({
      kind: z.literal('relative-inverse-depth'),
      name: outputName,
      /** Values that become 0 and 1; each image's own smallest and largest unless given. */
      range: z.tuple([z.number().finite(), z.number().finite()]).optional(),
    }),
  ],
  { error: ({ input }) => kindFault(input) },
);

/** Depth up to an unknown scale is neither metres nor inverse depth, and turned round it would still be neither. */
function kindFault(output: unknown): string {
  const kinds = 'disparity-sigmoid, inverse-depth, depth, log-depth, relative-inverse-depth';
  const isObject = typeof output === 'object' && output !== null && 'kind' in output;
  if (!isObject || !/^relative-(log-)?depth$/.test(String(output.kind))) return `expected one of ${kinds}`;
  return 'expected metres or inverse depth: depth of unknown scale, larger = farther, is neither; with scale and shift known it is of kind depth, else it cannot be used';
}

/** The camera a network is right for, px at the network's input size. */
const foreignCamera = z.strictObject({
  fxPx: positive,
  fyPx: positive.optional(),
  cxPx: z.number().finite().optional(),
  cyPx: z.number().finite().optional(),
});

/** A `model.json` written by hand for an ONNX file that was made elsewhere. */
export const foreignModelSchema = z
  .strictObject({
    format: z.literal('cyclops-foreign-model'),
    formatVersion: z.literal(1),
    name: z.string().min(1).max(100),
    /** File name of the graph, in the same folder. */
    onnx: z
      .string()
      .regex(/^[\w-][\w.-]*$/, 'expected a plain file name')
      .default('model.onnx'),
    input: foreignInput,
    output: foreignOutput,
    /** A second output: how sure the network is of its depth; `range` becomes 0 and 1. */
    confidence: z
      .strictObject({ name: graphName, range: z.tuple([z.number().finite(), z.number().finite()]).default([0, 1]) })
      .optional(),
    /** Another output: what is above the threshold there is sky, and as far as can be. */
    sky: z.strictObject({ name: graphName, above: z.number().finite().default(0.5) }).optional(),
    /** Needed for metres; a relative network has none. */
    camera: foreignCamera.optional(),
    tensorRt: tensorRtOptionsSchema.optional(),
  })
  .check((context) => {
    const { output, camera, confidence, sky } = context.value;
    const fault = (path: PropertyKey[], message: string): void => {
      context.issues.push({ code: 'custom', path, message, input: context.value });
    };
    if (confidence !== undefined && confidence.range[0] >= confidence.range[1]) {
      fault(['confidence', 'range'], 'expected the smaller value first');
    }
    for (const [key, other] of Object.entries({ confidence, sky })) {
      if (other === undefined) continue;
      if (output.name === undefined) fault(['output', 'name'], `expected a name, since ${key} names another output`);
      else if (output.name === other.name) fault([key, 'name'], 'expected another output than that of the depth');
    }
    if (output.kind === 'relative-inverse-depth') {
      const { range } = output;
      if (range !== undefined && range[0] >= range[1]) fault(['output', 'range'], 'expected the smaller value first');
      if (camera !== undefined) fault(['camera'], 'expected none: relative depth belongs to no camera');
      return;
    }
    if (camera === undefined) fault(['camera'], 'expected the camera that the metres are right for');
    if (output.minM >= output.maxM) fault(['output', 'minM'], `expected less than maxM, ${output.maxM}`);
    if (output.kind === 'disparity-sigmoid' && output.nearM >= output.farM) {
      fault(['output', 'nearM'], `expected less than farM, ${output.farM}`);
    }
    if (output.kind === 'inverse-depth' && output.scale === 0) fault(['output', 'scale'], 'expected another than 0');
  });

/** A parsed hand-written `model.json`. */
export type ForeignModel = z.output<typeof foreignModelSchema>;
