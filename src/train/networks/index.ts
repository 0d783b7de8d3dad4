import type { NetworkName } from '../checkpoint/checkpoint-schema.js';
import type { tf } from '../tensorflow/tf.js';
import { createDispNetC } from './dispnet-c.js';
import { createMonoEdge, maxDisparityShare } from './mono-edge.js';
import { createMonoVgg } from './mono-vgg.js';
import { createStereoSoftarg, headUnitPx } from './stereo-softarg.js';

/** What every network is created from. */
export interface NetworkOptions {
  /** Multiplies channel counts where the network allows it; default 1. */
  readonly width?: number;
  /** Input size, px; multiples of the network's `sidesMultipleOf`. */
  readonly height: number;
  readonly widthPx: number;
  /** The same seed gives the same weights. */
  readonly seed: number;
}

/** A network and what the loop and the exporter must know to use it. */
export interface NetworkEntry {
  readonly create: (options: NetworkOptions) => tf.LayersModel;
  /** One view, or a rectified pair: left and right. */
  readonly inputs: 'mono' | 'stereo';
  /** Input size and width multiplier unless told otherwise. */
  readonly defaults: { readonly width: number; readonly height: number; readonly widthPx: number };
  /** Number of disparity outputs, finest first. */
  readonly scales: number;
  /** Whether as many logits of visibility in the other view come after them. */
  readonly visibility: boolean;
  /** Disparity in px at the input's width = this * output, at every scale. */
  readonly outputFactorPx: (widthPx: number) => number;
  /** Input side / side of the first output. */
  readonly outputStride: number;
  /** The network sees (rgb01 - mean) / std. */
  readonly inputMean: readonly [number, number, number];
  readonly inputStd: readonly [number, number, number];
  readonly sidesMultipleOf: number;
  /** Whether outputs can never be negative. */
  readonly positive: boolean;
  /** Names of the layers that an encoder from elsewhere may fill; none if there is no such thing. */
  readonly encoderLayers?: RegExp;
}

const imageNetMean = [0.485, 0.456, 0.406] as const;
const imageNetStd = [0.229, 0.224, 0.225] as const;

/** All networks by the name that stands in a checkpoint. */
export const networks: Readonly<Record<NetworkName, NetworkEntry>> = {
  'dispnet-c': {
    create: (options) => createDispNetC({ width: 1, ...options }),
    inputs: 'stereo',
    visibility: true,
    defaults: { width: 1, height: 384, widthPx: 768 },
    scales: 4,
    outputFactorPx: () => 20,
    outputStride: 1,
    inputMean: [0, 0, 0],
    inputStd: [1, 1, 1],
    sidesMultipleOf: 64,
    positive: false,
  },
  'stereo-softarg': {
    create: (options) => createStereoSoftarg({ width: 1, ...options }),
    inputs: 'stereo',
    visibility: true,
    defaults: { width: 1, height: 256, widthPx: 512 },
    scales: 3,
    outputFactorPx: () => headUnitPx,
    outputStride: 1,
    inputMean: imageNetMean,
    inputStd: imageNetStd,
    sidesMultipleOf: 64,
    positive: false,
  },
  'mono-vgg': {
    create: createMonoVgg,
    encoderLayers: /^enc\d_\d$/,
    inputs: 'mono',
    visibility: false,
    defaults: { width: 1, height: 256, widthPx: 512 },
    scales: 4,
    outputFactorPx: () => 20,
    outputStride: 1,
    inputMean: imageNetMean,
    inputStd: imageNetStd,
    sidesMultipleOf: 32,
    positive: false,
  },
  'mono-edge': {
    create: createMonoEdge,
    encoderLayers: /^(stem|down\d|res\d)/,
    inputs: 'mono',
    visibility: false,
    defaults: { width: 1, height: 192, widthPx: 640 },
    scales: 4,
    outputFactorPx: (widthPx) => maxDisparityShare * widthPx,
    outputStride: 2,
    inputMean: imageNetMean,
    inputStd: imageNetStd,
    sidesMultipleOf: 32,
    positive: true,
  },
};
