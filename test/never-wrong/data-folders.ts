import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkData } from '../../src/data/check.js';
import type { FolderSpec } from '../../src/data/sample.js';
import { openSource } from '../../src/data/sources/index.js';
import { layouts } from '../../src/data/sources/layouts/index.js';
import { encodePng } from '../../src/image/codec.js';
import { encodePfm } from '../../src/image/pfm.js';

/** Writes a file and the folders above it. */
export async function put(path: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

/** A grey image of a size as PNG. */
export function plain(width: number, height: number): Promise<Uint8Array> {
  return encodePng({ width, height, data: new Uint8Array(width * height * 3).fill(90) });
}

/** Disparity of one value as PFM; the first `others` pixels have another one. */
export function disparity(width: number, height: number, px: number, others = 0, other = Number.NaN): Uint8Array {
  const data = new Float32Array(width * height).fill(px);
  data.fill(other, 0, others);
  return encodePfm({ width, height, data });
}

/** A pair of Scene Flow: images of a size, and the disparity of each view that is given. */
export async function writeSceneFlow(
  folder: string,
  names: { readonly frames: string; readonly left?: Uint8Array; readonly right?: Uint8Array },
  [width, height]: readonly [number, number] = [960, 540],
): Promise<FolderSpec> {
  for (const view of ['left', 'right'] as const) {
    await put(join(folder, names.frames, view, '0000000.png'), await plain(width, height));
    const truth = names[view];
    if (truth !== undefined) await put(join(folder, 'disparity', view, '0000000.pfm'), truth);
  }
  return { kind: 'scene-flow', folder };
}

/** A sequence of KITTI odometry: one pair of a size, and the rig's focal length and principal point. */
export async function writeOdometry(
  folder: string,
  [width, height]: readonly [number, number],
  [f, cx, cy]: readonly [number, number, number],
  change: (text: string) => string = (text) => text,
): Promise<FolderSpec> {
  const sequence = join(folder, 'sequences', '04');
  for (const view of ['image_0', 'image_1']) await put(join(sequence, view, '000000.png'), await plain(width, height));
  const matrix = (shift: number): string => `${f} 0 ${cx} ${shift} 0 ${f} ${cy} 0 0 0 1 0`;
  await put(join(sequence, 'calib.txt'), change(`P0: ${matrix(0)}\nP1: ${matrix(-0.5 * f)}\n`));
  return { kind: 'kitti-odometry', folder };
}

/** One frame of KITTI raw of a size, with the calibration of 2011_09_26 as far as it is read. */
export async function writeRaw(folder: string, [width, height]: readonly [number, number]): Promise<FolderSpec> {
  const day = join(folder, '2011_09_26');
  for (const view of ['image_02', 'image_03']) {
    await put(join(day, '2011_09_26_drive_0001_sync', view, 'data/0000000000.png'), await plain(width, height));
  }
  await put(
    join(day, 'calib_cam_to_cam.txt'),
    'S_rect_02: 1242 375\nP_rect_02: 720 0 609 36 0 720 172 0 0 0 1 0\nP_rect_03: 720 0 609 -324 0 720 172 0 0 0 1 0\n',
  );
  return { kind: 'kitti-raw', folder };
}

/** One pair of Cityscapes of a size, and the numbers of its camera. */
export async function writeCityscapes(
  folder: string,
  [width, height]: readonly [number, number],
  intrinsic: Readonly<Record<string, number>>,
): Promise<FolderSpec> {
  const place = (kind: string, ending: string): string => join(folder, kind, `val/ulm/ulm_0_0_${kind}.${ending}`);
  for (const kind of ['leftImg8bit', 'rightImg8bit']) await put(place(kind, 'png'), await plain(width, height));
  await put(place('camera', 'json'), JSON.stringify({ extrinsic: { baseline: 0.25 }, intrinsic }));
  return { kind: 'cityscapes', folder };
}

/** A scene of Middlebury of a size, and its `calib.txt` for 800x400. */
export async function writeMiddlebury(
  folder: string,
  [width, height]: readonly [number, number],
  change: (text: string) => string = (text) => text,
  truth?: Uint8Array,
): Promise<FolderSpec> {
  for (const name of ['im0.png', 'im1.png']) await put(join(folder, 'Piano', name), await plain(width, height));
  if (truth !== undefined) await put(join(folder, 'Piano/disp0.pfm'), truth);
  const text =
    'cam0=[1000 0 300; 0 1000 200; 0 0 1]\ncam1=[1000 0 340; 0 1000 200; 0 0 1]\ndoffs=40\nbaseline=200\nwidth=800\nheight=400\nndisp=70\n';
  await put(join(folder, 'Piano/calib.txt'), change(text));
  return { kind: 'middlebury', folder };
}

/** The size and the camera of the first pair: `960x540, f 1050 1050, c 479.5 269.5, B 1, doffs 0`. */
export async function cameraOf(spec: FolderSpec): Promise<string> {
  const { left, camera } = await (await openSource(spec)).read(0, 'none');
  const { width, height, fxPx, fyPx, cxPx, cyPx, baselineM, doffsPx } = camera;
  if (left.width !== width || left.height !== height) return `an image of ${left.width}x${left.height}`;
  const numbers = { f: [fxPx, fyPx], c: [cxPx, cyPx], B: [baselineM], doffs: [doffsPx] };
  const text = Object.entries(numbers).map(
    ([name, values]) => `${name} ${values.map((value) => Number(value.toPrecision(6))).join(' ')}`,
  );
  return `${width}x${height}, ${text.join(', ')}`;
}

/** The least and the largest disparity of the first pair, and how many pixels are unknown. */
export async function disparityOf(spec: FolderSpec): Promise<string> {
  const sample = await (await openSource(spec)).read(0);
  const tell = (view: 'Left' | 'Right'): string => {
    const values = sample[`disparity${view}`]?.data;
    if (values === undefined) return `${view.toLowerCase()} none`;
    const known = values.filter((value) => !Number.isNaN(value)).sort();
    return `${view.toLowerCase()} ${known[0]} to ${known.at(-1)}, ${values.length - known.length} unknown`;
  };
  return `${tell('Left')}; ${tell('Right')}`;
}

/** The ids that a folder's source gives, in its order. */
export async function idsOf(spec: FolderSpec): Promise<string> {
  const source = await openSource(spec);
  return Array.from({ length: source.length }, (_, index) => source.idAt(index)).join(' ');
}

/** What `data check` finds wrong. */
export async function damageOf(spec: FolderSpec): Promise<string> {
  const { check } = await checkData(spec, layouts[spec.kind], { onSheet: 0 });
  return [`${check.pairs} pairs`, ...check.damage.map(({ reason }) => reason)].join('\n');
}
