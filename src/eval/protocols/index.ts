import { eigen } from './eigen.js';
import { eigenImproved } from './eigen-improved.js';
import { kittiDepth } from './kitti-depth.js';
import { kitti2012, kitti2015 } from './kitti-stereo.js';
import { make3d } from './make3d.js';
import type { Protocol } from './protocol.js';
import { sceneFlow } from './scene-flow.js';

/** The protocols by name; each is described in docs/evaluation.md. To add one: one file beside this, one line here. */
export const protocols = {
  eigen,
  'eigen-improved': eigenImproved,
  'kitti-depth': kittiDepth,
  'kitti-2015': kitti2015,
  'kitti-2012': kitti2012,
  'scene-flow': sceneFlow,
  make3d,
} as const satisfies Readonly<Record<string, Protocol>>;

/** The name of a protocol. */
export type ProtocolName = keyof typeof protocols;

/** The names of the protocols. */
export const protocolNames = Object.keys(protocols) as ProtocolName[];
