import { CyclopsError } from '../../base/errors.js';
import { kittiCamera, type StereoCamera, scaleIntrinsics } from '../../geometry/camera.js';
import type { FloatMap, MaskMap } from '../../geometry/raster.js';
import type { StereoSample } from '../sample.js';
import { createFlyingScene } from './flying/flying.js';
import { FrameGeometry } from './frame-geometry.js';
import { VisibilityBuffer } from './raster.js';
import type { Frame, Sensor } from './scene.js';
import { defaultHardShares, type HardShares } from './scene.js';
import { expose, meteredExposure } from './sensor.js';
import { Shader } from './shade.js';
import { ShadowMap } from './shadow-map.js';
import { createStreetScene } from './street/street.js';
import { kittiPose, type Transform, viewFrom } from './transform.js';
import { disparityOf, visibilityOf } from './truth.js';

/** Changes whenever the same request gives other bytes. */
export const rendererVersion = 1;

/** The two worlds. */
export type SyntheticDomain = 'flying' | 'street';

/** Names one pair: the same request always gives the same bytes. */
export interface RenderRequest {
  readonly domain: SyntheticDomain;
  readonly seed: number;
  /** Which scene (a drive in `street`), from 0. */
  readonly scene: number;
  /** Which frame of the scene, 1/10 s apart, from 0. */
  readonly frame: number;
  readonly width: number;
  readonly height: number;
  readonly hard?: HardShares;
  /** Without the sensor, images have neither noise, blur nor differences between the views; default true. */
  readonly sensor?: boolean;
}

/** A rendered pair always has the whole truth. */
export interface RenderedPair extends StereoSample {
  readonly disparityLeft: FloatMap;
  readonly disparityRight: FloatMap;
  readonly visibleLeft: MaskMap;
  readonly visibleRight: MaskMap;
  /** The left camera in the world as KITTI writes poses: 3x4, camera to world, x right, y down, z forward. */
  readonly pose: readonly number[];
}

/**
 * Renders one stereo pair with the exact disparity (px at this width; the sky has 1/256) and visibility of both views.
 * @throws CyclopsError `CONFIG_INVALID` for a size or index out of range.
 */
export function renderPair(request: RenderRequest): RenderedPair {
  assertRequest(request);
  const camera = syntheticCamera(request.width, request.height);
  const frame = sceneFor(request, camera).frameAt(request.frame);
  const stage = stageFor(request.width, request.height);
  const view = viewFrom(frame.cameraPlacement);
  stage.geometry.load(frame.instances, view, {
    ...camera,
    farM: frame.farM,
    shadowM: 60,
  });
  const shadows = frame.shadowRegions.map((region, index) => {
    const map = stage.shadows[index] ?? new ShadowMap(stage.shadowSize);
    stage.shadows[index] = map;
    map.draw(stage.geometry, turned(view, frame.light.sunDirection), region, frame.materials, frame.textures);
    return map;
  });
  const { left, right, geometry, shader } = stage;
  left.draw(geometry, camera, 0, frame.nearM, frame.materials, frame.textures);
  right.draw(geometry, camera, camera.baselineM, frame.nearM, frame.materials, frame.textures);
  shader.begin(frame, geometry, shadows);
  const isReal = request.sensor !== false;
  shader.shade(left, camera, stage.radiance);
  const meter = meteredExposure(stage.radiance);
  const leftImage = expose(
    stage.radiance,
    request.width,
    request.height,
    isReal ? frame.sensorLeft : ideal(frame),
    meter,
  );
  shader.shade(right, camera, stage.radiance);
  const rightImage = expose(
    stage.radiance,
    request.width,
    request.height,
    isReal ? frame.sensorRight : ideal(frame),
    meter,
  );
  const disparityLeft = disparityOf(left, camera);
  const disparityRight = disparityOf(right, camera);
  const { materials, textures } = frame;
  return {
    id: syntheticId(request.domain, request.scene, request.frame),
    left: leftImage,
    right: rightImage,
    camera,
    disparityLeft,
    disparityRight,
    visibleLeft: visibilityOf(left, right, disparityLeft, -1, camera, geometry, materials, textures),
    visibleRight: visibilityOf(right, left, disparityRight, 1, camera, geometry, materials, textures),
    pose: kittiPose(frame.cameraPlacement),
    origin: `synthetic ${request.domain} seed ${request.seed} scene ${request.scene} frame ${request.frame}`,
  };
}

/** The pose `renderPair` gives for a request, without rendering. */
export function syntheticPose(request: RenderRequest): readonly number[] {
  assertRequest(request);
  const camera = syntheticCamera(request.width, request.height);
  return kittiPose(sceneFor(request, camera).placementAt(request.frame));
}

/** The name of a pair: `street-000007-0012`. */
export function syntheticId(domain: SyntheticDomain, scene: number, frame: number): string {
  return `${domain}-${String(scene).padStart(6, '0')}-${String(frame).padStart(4, '0')}`;
}

/**
 * KITTI's camera at another size. Sizes of nearly KITTI's shape are resized as a KITTI image would be; others keep
 * square pixels and the horizontal field of view, and see more or less above and below.
 */
export function syntheticCamera(width: number, height: number): StereoCamera {
  const aspect = width / height / (kittiCamera.width / kittiCamera.height);
  if (Math.abs(aspect - 1) < 0.06) return scaleIntrinsics(kittiCamera, width, height);
  const scale = width / kittiCamera.width;
  const scaled = scaleIntrinsics(kittiCamera, width, kittiCamera.height * scale);
  return { ...scaled, height, cyPx: scaled.cyPx + (height - kittiCamera.height * scale) / 2 };
}

interface Stage {
  readonly geometry: FrameGeometry;
  readonly left: VisibilityBuffer;
  readonly right: VisibilityBuffer;
  readonly shader: Shader;
  readonly shadows: ShadowMap[];
  readonly shadowSize: number;
  readonly radiance: Float32Array;
}

/** Buffers are kept between calls: a loader renders thousands of pairs of one size. */
let lastStage: { key: string; stage: Stage } | undefined;

function stageFor(width: number, height: number): Stage {
  const key = `${width}x${height}`;
  if (lastStage?.key !== key) {
    lastStage = {
      key,
      stage: {
        geometry: new FrameGeometry(),
        left: new VisibilityBuffer(width, height),
        right: new VisibilityBuffer(width, height),
        shader: new Shader(),
        shadows: [],
        shadowSize: width > 900 ? 1536 : 896,
        radiance: new Float32Array(width * height * 3),
      },
    };
  }
  return lastStage.stage;
}

interface FrameSource {
  frameAt(frame: number): Frame;
  /** The left camera at a frame: what `frameAt` has, at no cost. */
  placementAt(frame: number): Transform;
}

/** The last scenes, newest last: neighbouring frames and a shuffling loader find theirs here. */
const keptScenes = new Map<string, FrameSource>();
const keptSceneLimit = 4;

function sceneFor(request: RenderRequest, camera: StereoCamera): FrameSource {
  const hard = request.hard ?? defaultHardShares;
  const { domain, seed, scene, width, height } = request;
  const key = `${domain}/${seed}/${scene}/${width}x${height}/${hard.reflective}/${hard.textureless}`;
  let source = keptScenes.get(key);
  if (source === undefined) {
    source =
      domain === 'flying' ? createFlyingScene(seed, scene, camera, hard) : createStreetScene(seed, scene, camera, hard);
  }
  keptScenes.delete(key);
  keptScenes.set(key, source);
  for (const old of keptScenes.keys()) {
    if (keptScenes.size <= keptSceneLimit) break;
    keptScenes.delete(old);
  }
  return source;
}

function turned(view: Transform, [x, y, z]: readonly [number, number, number]): [number, number, number] {
  return [
    view[0] * x + view[1] * y + view[2] * z,
    view[3] * x + view[4] * y + view[5] * z,
    view[6] * x + view[7] * y + view[8] * z,
  ];
}

function ideal(frame: Frame): Sensor {
  return { ...frame.sensorLeft, shotNoise: 0, readNoise: 0, blurPx: 0, vignetting: 0 };
}

function assertRequest(request: RenderRequest): void {
  for (const field of ['seed', 'scene', 'frame', 'width', 'height'] as const) {
    const value = request[field];
    const low = field === 'width' || field === 'height' ? 16 : 0;
    const high = field === 'width' || field === 'height' ? 4096 : 0xffffffff;
    if (!(Number.isInteger(value) && value >= low && value <= high)) {
      throw new CyclopsError(
        'CONFIG_INVALID',
        `synthetic ${request.domain} ${field}: expected a whole number from ${low} to ${high}, found ${value}`,
      );
    }
  }
}
