/** A rendering thread of `writeDataset`: renders one block of frames after another and writes their files. */
import { existsSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { assert } from '../../base/assert.js';
import { writeAtomic } from '../../base/files.js';
import type { FloatMap, MaskMap } from '../../geometry/raster.js';
import { encodeJpeg, encodePng } from '../../image/codec.js';
import { encodePng16 } from '../../image/png16.js';
import { plainFromError } from '../loader-messages.js';
import type { BlockReply, BlockRequest } from './dataset.js';
import { type RenderRequest, renderPair, syntheticId, syntheticPose } from './render-pair.js';

assert(parentPort !== null, 'dataset-worker runs as a worker thread');
const port = parentPort;

port.on('message', (block: BlockRequest) => {
  renderBlock(block).then(
    () => reply({ kind: 'done' }),
    (error: unknown) => reply({ kind: 'failed', error: plainFromError(error) }),
  );
});

async function renderBlock({ plan, folder, scene, firstFrame, frames }: BlockRequest): Promise<void> {
  for (let frame = firstFrame; frame < firstFrame + frames; frame++) {
    const { domain, seed, width, height, hard } = plan;
    const request: RenderRequest = { domain, seed, scene, frame, width, height, hard };
    const paths = pathsOf(folder, syntheticId(domain, scene, frame), plan.jpeg);
    const skipped = Object.values(paths).every((path) => existsSync(path));
    const pose = skipped ? syntheticPose(request) : await writePair(request, paths, plan.jpeg);
    reply({ kind: 'pair', scene, frame, pose, skipped });
  }
}

type PairPaths = ReturnType<typeof pathsOf>;

function pathsOf(folder: string, id: string, jpeg: boolean) {
  const image = jpeg ? 'jpg' : 'png';
  return {
    left: `${folder}/training/image_2/${id}.${image}`,
    right: `${folder}/training/image_3/${id}.${image}`,
    all: `${folder}/training/disp_occ_0/${id}.png`,
    visible: `${folder}/training/disp_noc_0/${id}.png`,
    allRight: `${folder}/training/disp_occ_0_right/${id}.png`,
    visibleRight: `${folder}/training/disp_noc_0_right/${id}.png`,
  };
}

async function writePair(request: RenderRequest, paths: PairPaths, jpeg: boolean): Promise<readonly number[]> {
  const pair = renderPair(request);
  const encode = (image: typeof pair.left): Promise<Uint8Array> => (jpeg ? encodeJpeg(image, 95) : encodePng(image));
  await writeAtomic(paths.all, encodePng16(pair.disparityLeft));
  await writeAtomic(paths.visible, encodePng16(onlyVisible(pair.disparityLeft, pair.visibleLeft)));
  await writeAtomic(paths.allRight, encodePng16(pair.disparityRight));
  await writeAtomic(paths.visibleRight, encodePng16(onlyVisible(pair.disparityRight, pair.visibleRight)));
  await writeAtomic(paths.right, await encode(pair.right));
  await writeAtomic(paths.left, await encode(pair.left));
  return pair.pose;
}

function onlyVisible(disparity: FloatMap, visible: MaskMap): FloatMap {
  const data = disparity.data.map((value, index) => (visible.data[index] === 1 ? value : Number.NaN));
  return { ...disparity, data };
}

function reply(message: BlockReply): void {
  port.postMessage(message);
}
