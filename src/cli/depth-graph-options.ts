import { CyclopsError } from '../base/errors.js';
import type { DepthGraphOptions, NetworkDescription } from '../export/index.js';
import { channelOrders } from '../model-package/schema.js';
import { cameraOf } from '../runtime/camera/metric-scale.js';
import type { OptionSpec, OptionValues } from './command.js';
import { choiceOption, numberOption, optionalText, sizeOption } from './options.js';

/** The options of `export-onnx` that say what stands around the network in the graph. */
export const depthGraphOptionSpecs: Readonly<Record<string, OptionSpec>> = {
  channels: {
    type: 'string',
    value: 'ORDER',
    default: 'RGB',
    help: `byte order of the images it will get: ${channelOrders.join(', ')}`,
  },
  'min-depth': { type: 'string', value: 'M', default: '0.5', help: 'nearest depth it gives, metres' },
  'max-depth': { type: 'string', value: 'M', default: '80', help: 'farthest depth it gives, metres' },
  'frame-size': {
    type: 'string',
    value: 'WxH',
    help: "it takes a camera's whole frames of this size and crops them to the training field of view itself",
  },
  fx: { type: 'string', value: 'PX', help: "--frame-size: the camera's focal length, px of its full frame" },
  fov: { type: 'string', value: 'DEG', help: "--frame-size: the camera's horizontal field of view, degrees" },
  cx: { type: 'string', value: 'PX', help: "--frame-size: the camera's principal point, px from the left [middle]" },
  cy: { type: 'string', value: 'PX', help: 'the same from the top [middle]' },
  'flip-tta': {
    type: 'boolean',
    help: 'flip test-time augmentation: image and mirror image as a batch of two, blended; costs double',
  },
  confidence: {
    type: 'string',
    value: 'SOURCE',
    help: "second output: flip (with --flip-tta: how well both views agree), or the name of the network's own output",
  },
};

/** Names of the options above. */
export const depthGraphOptionNames: readonly string[] = Object.keys(depthGraphOptionSpecs);

/** What the command line says of them. @throws CyclopsError `USAGE_INVALID`. */
export function depthGraphOptions(values: OptionValues): DepthGraphOptions {
  const frame = frameOption(values);
  const confidence = optionalText(values, 'confidence');
  return {
    channels: choiceOption(values, 'channels', channelOrders),
    minM: numberOption(values, 'min-depth', 0.01, 1000),
    maxM: numberOption(values, 'max-depth', 0.02, 10000),
    flipTta: values['flip-tta'] === true,
    ...(frame === undefined ? {} : { frame }),
    ...(confidence === undefined ? {} : { confidence }),
  };
}

function frameOption(values: OptionValues): DepthGraphOptions['frame'] {
  if (values['frame-size'] === undefined) {
    const foreign = ['fx', 'fov', 'cx', 'cy'].find((name) => values[name] !== undefined);
    if (foreign !== undefined) throw new CyclopsError('USAGE_INVALID', `--${foreign} goes with --frame-size WxH`);
    return undefined;
  }
  const { width, height } = sizeOption(values, 'frame-size');
  if (values.fx !== undefined && values.fov !== undefined) {
    throw new CyclopsError('USAGE_INVALID', '--fx, --fov: expected only one of them');
  }
  const camera = cameraOf(
    {
      ...(values.fx === undefined ? {} : { fxPx: numberOption(values, 'fx', 1, 100_000) }),
      ...(values.fov === undefined ? {} : { horizontalFovDeg: numberOption(values, 'fov', 5, 170) }),
    },
    width,
    height,
  );
  if (camera === undefined) {
    if (values.cx === undefined && values.cy === undefined) return { width, height };
    throw new CyclopsError('USAGE_INVALID', '--cx, --cy: a principal point needs a focal length, --fx or --fov');
  }
  return {
    ...camera,
    ...(values.cx === undefined ? {} : { cxPx: numberOption(values, 'cx', 0, width) }),
    ...(values.cy === undefined ? {} : { cyPx: numberOption(values, 'cy', 0, height) }),
  };
}

/** What `--facts` says of a model.json; undefined without it. */
export function descriptionOption(values: OptionValues): NetworkDescription | undefined {
  const facts = optionalText(values, 'facts');
  if (facts === undefined) return undefined;
  return { facts, ...(values.size === undefined ? {} : { size: sizeOption(values, 'size') }) };
}
