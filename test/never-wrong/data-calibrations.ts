import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openSource } from '../../src/data/sources/index.js';
import { tinyCamera, writeTinyFolder } from '../support/tiny-pairs.js';
import type { Case } from './cases.js';
import {
  cameraOf,
  damageOf,
  disparity,
  disparityOf,
  plain,
  put,
  writeCityscapes,
  writeMiddlebury,
  writeOdometry,
  writeRaw,
  writeSceneFlow,
} from './data-folders.js';

const size = 'calibration for another size';
const strict = 'calibration that is not understood';

/** The rig of 2011_09_30: images of 1226x370. */
const kittiRig = [707.0912, 601.8873, 183.1104] as const;
const cityscapesCamera = { fx: 2262.5, fy: 2265.3, u0: 1096.98, v0: 513.137 };

/** The camera of a tiny pair whose `cameras.json` says something else. */
function withCamera(change: Readonly<Record<string, unknown>>) {
  return async (folder: string): Promise<string> => {
    await writeTinyFolder(folder, 1);
    await writeFile(join(folder, 'cameras.json'), JSON.stringify({ '000000_10': { ...tinyCamera, ...change } }));
    return cameraOf({ kind: 'kitti-2015', folder });
  };
}

/** The camera of a tiny pair with a KITTI calibration in place of `cameras.json`. */
function withKitti(change: (text: string) => string) {
  return async (folder: string): Promise<string> => {
    await writeTinyFolder(folder, 1);
    await rm(join(folder, 'cameras.json'));
    const text =
      'calib_time: 09-Jan-2012\nS_rect_02: 96 48\nD_02: -0.3 0.1 0 0 0\nR_rect_02: 1 0 0 0 1 0 0 0 1\nP_rect_02: 60 0 45 3 0 60 22 0 0 0 1 0\nP_rect_03: 60 0 45 -27 0 60 22 0 0 0 1 0\n';
    await put(join(folder, 'training/calib_cam_to_cam/000000.txt'), change(text));
    return cameraOf({ kind: 'kitti-2015', folder });
  };
}

const kittiFile = 'DIR/training/calib_cam_to_cam/000000.txt';

/** Cases of calibrations that do not say, or say, for which size they are. */
export const sizeCases: readonly Case[] = [
  {
    kind: size,
    situation: 'KITTI odometry as published',
    expected: '1226x370, f 707.091 707.091, c 601.887 183.11, B 0.5, doffs 0',
    run: async (folder) => cameraOf(await writeOdometry(folder, [1226, 370], kittiRig)),
  },
  {
    kind: size,
    situation: 'KITTI odometry at half its size',
    expected: '613x185, f 353.546 353.546, c 300.694 91.3052, B 0.5, doffs 0',
    run: async (folder) => cameraOf(await writeOdometry(folder, [613, 185], kittiRig)),
  },
  {
    kind: size,
    situation: 'KITTI odometry resized to 640x192',
    expected:
      'IMAGE_SIZE_MISMATCH: DIR/sequences/04/image_0/000000.png: expected 1226x370 as its calibration says (DIR/sequences/04/calib.txt), or that scaled alike in both directions, found 640x192',
    run: async (folder) => cameraOf(await writeOdometry(folder, [640, 192], kittiRig)),
  },
  {
    kind: size,
    situation: 'another rig in the layout of KITTI odometry',
    expected: '640x400, f 500 500, c 310 210, B 0.5, doffs 0',
    run: async (folder) => cameraOf(await writeOdometry(folder, [640, 400], [500, 310, 210])),
  },
  {
    kind: size,
    situation: 'another rig whose images were halved',
    expected:
      'CAMERA_INVALID: DIR/sequences/04/calib.txt: expected a principal point in the middle half of DIR/sequences/04/image_0/000000.png (320x200), found 310, 190: the calibration of another size',
    run: async (folder) => cameraOf(await writeOdometry(folder, [320, 200], [500, 310, 190])),
  },
  {
    kind: size,
    situation: 'another rig whose images were doubled',
    expected:
      'CAMERA_INVALID: DIR/sequences/04/calib.txt: expected a principal point in the middle half of DIR/sequences/04/image_0/000000.png (1280x800), found 310, 190: the calibration of another size',
    run: async (folder) => cameraOf(await writeOdometry(folder, [1280, 800], [500, 310, 190])),
  },
  {
    kind: size,
    situation: 'KITTI raw at a third of its size',
    expected: '414x125, f 240 240, c 202.667 57, B 0.5, doffs 0',
    run: async (folder) => cameraOf(await writeRaw(folder, [414, 125])),
  },
  {
    kind: size,
    situation: 'KITTI raw resized to 640x192',
    expected:
      'IMAGE_SIZE_MISMATCH: DIR/2011_09_26/2011_09_26_drive_0001_sync/image_02/data/0000000000.png: expected 1242x375 as its calibration says (DIR/2011_09_26/calib_cam_to_cam.txt), or that scaled alike in both directions, found 640x192',
    run: async (folder) => cameraOf(await writeRaw(folder, [640, 192])),
  },
  {
    kind: size,
    situation: 'scans of KITTI raw with images at a third of their size',
    expected:
      'IMAGE_SIZE_MISMATCH: DIR/2011_09_26/2011_09_26_drive_0001_sync/velodyne_points/data/0000000000.bin: this truth is for images of 1242x375, expected that size, found DIR/2011_09_26/2011_09_26_drive_0001_sync/image_02/data/0000000000.png scaled to 414x125: whether its values were scaled too is not told; take the images at their published size',
    run: async (folder) => {
      const spec = await writeRaw(folder, [414, 125]);
      const scan = '2011_09_26/2011_09_26_drive_0001_sync/velodyne_points/data/0000000000.bin';
      await put(join(folder, scan), new Uint8Array(16));
      return disparityOf(spec);
    },
  },
  {
    kind: size,
    situation: 'Cityscapes as published',
    expected: '2048x819, f 2262.5 2265.3, c 1096.98 513.137, B 0.25, doffs 0',
    run: async (folder) => cameraOf(await writeCityscapes(folder, [2048, 1024], cityscapesCamera)),
  },
  {
    kind: size,
    situation: 'Cityscapes at half its size, the cameras as published',
    expected: '1024x409, f 1131.25 1132.65, c 548.24 256.318, B 0.25, doffs 0',
    run: async (folder) => cameraOf(await writeCityscapes(folder, [1024, 512], cityscapesCamera)),
  },
  {
    kind: size,
    situation: 'Cityscapes at half its size, the cameras scaled too',
    expected: '1024x409, f 1131.25 1132.65, c 548.24 256.318, B 0.25, doffs 0',
    run: async (folder) =>
      cameraOf(await writeCityscapes(folder, [1024, 512], { fx: 1131.25, fy: 1132.65, u0: 548.24, v0: 256.318 })),
  },
  {
    kind: size,
    situation: 'Cityscapes resized to 640x192',
    expected:
      'IMAGE_SIZE_MISMATCH: DIR/leftImg8bit/val/ulm/ulm_0_0_leftImg8bit.png: expected 2048x1024 as its calibration says (DIR/camera/val/ulm/ulm_0_0_camera.json), or that scaled alike in both directions, found 640x192',
    run: async (folder) => cameraOf(await writeCityscapes(folder, [640, 192], cityscapesCamera)),
  },
  {
    kind: size,
    situation: 'Cityscapes scaled so little that its cameras fit both sizes',
    expected:
      'CAMERA_INVALID: DIR/camera/val/ulm/ulm_0_0_camera.json: expected a principal point that tells whether it is for 2048x1024 as published or for 1920x960 as DIR/leftImg8bit/val/ulm/ulm_0_0_leftImg8bit.png, found 1096.98, 513.137: either; take the images at their published size',
    run: async (folder) => cameraOf(await writeCityscapes(folder, [1920, 960], cityscapesCamera)),
  },
  {
    kind: size,
    situation: 'Middlebury: images at half the size of calib.txt, doffs with them',
    expected: '400x200, f 500 500, c 149.75 99.75, B 0.2, doffs 20',
    run: async (folder) => cameraOf(await writeMiddlebury(folder, [400, 200])),
  },
  {
    kind: size,
    situation: 'Middlebury: images of another shape than calib.txt says',
    expected:
      'IMAGE_SIZE_MISMATCH: DIR/Piano/im0.png: expected 800x400 as its calibration says (DIR/Piano/calib.txt), or that scaled alike in both directions, found 512x384',
    run: async (folder) => cameraOf(await writeMiddlebury(folder, [512, 384])),
  },
  {
    kind: size,
    situation: 'Middlebury: truth beside images at half their size',
    expected:
      'IMAGE_SIZE_MISMATCH: DIR/Piano/disp0.pfm: this truth is for images of 800x400, expected that size, found DIR/Piano/im0.png scaled to 400x200: whether its values were scaled too is not told; take the images at their published size',
    run: async (folder) => disparityOf(await writeMiddlebury(folder, [400, 200], undefined, disparity(400, 200, 9))),
  },
  {
    kind: size,
    situation: 'Middlebury: a calib.txt without width and height, of a larger image',
    expected:
      'CAMERA_INVALID: DIR/Piano/calib.txt: expected a principal point in the middle half of DIR/Piano/im0.png (480x240), found 300, 200: the calibration of another size',
    run: async (folder) =>
      cameraOf(await writeMiddlebury(folder, [480, 240], (text) => text.replace(/^(?:width|height)=.*\n/gm, ''))),
  },
  {
    kind: size,
    situation: 'Scene Flow at half its size, without truth',
    expected: '480x270, f 525 525, c 239.5 134.5, B 1, doffs 0',
    run: async (folder) => cameraOf(await writeSceneFlow(folder, { frames: 'frames_finalpass' }, [480, 270])),
  },
  {
    kind: size,
    situation: 'Scene Flow at half its size, with truth of that size',
    expected:
      'IMAGE_SIZE_MISMATCH: DIR/disparity/left/0000000.pfm: this truth is for images of 960x540, expected that size, found DIR/frames_finalpass/left/0000000.png scaled to 480x270: whether its values were scaled too is not told; take the images at their published size',
    run: async (folder) =>
      disparityOf(
        await writeSceneFlow(folder, { frames: 'frames_finalpass', left: disparity(480, 270, 9) }, [480, 270]),
      ),
  },
  {
    kind: size,
    situation: 'Scene Flow cut to 768x384',
    expected:
      'IMAGE_SIZE_MISMATCH: DIR/frames_finalpass/left/0000000.png: expected 960x540 as its calibration says (the rendered cameras of Scene Flow), or that scaled alike in both directions, found 768x384',
    run: async (folder) => cameraOf(await writeSceneFlow(folder, { frames: 'frames_finalpass' }, [768, 384])),
  },
  {
    kind: size,
    situation: "KITTI's depth selection at half its size",
    expected: '608x176, f 360 360, c 304.25 86.25, B 0.532725, doffs 0',
    run: async (folder) => {
      await put(join(folder, 'val_selection_cropped/image/a.png'), await plain(608, 176));
      await put(join(folder, 'val_selection_cropped/intrinsics/a.txt'), '720 0 609 0 720 173 0 0 1');
      const source = await openSource({ kind: 'kitti-depth', folder });
      const { camera } = await source.readView!(0);
      const { width, height, fxPx, fyPx, cxPx, cyPx, baselineM, doffsPx } = camera;
      return `${width}x${height}, f ${fxPx} ${fyPx}, c ${cxPx} ${cyPx}, B ${baselineM}, doffs ${doffsPx}`;
    },
  },
  {
    kind: size,
    situation: 'data check names an image that was resized',
    expected:
      '1 pairs\nDIR/sequences/04/image_0/000000.png: expected 1226x370 as its calibration says (DIR/sequences/04/calib.txt), or that scaled alike in both directions, found 640x192',
    run: async (folder) => damageOf(await writeOdometry(folder, [640, 192], kittiRig)),
  },
];

/** Cases of calibrations with numbers or fields that no rectified rig has. */
export const strictCases: readonly Case[] = [
  {
    kind: strict,
    situation: 'cameras.json with a field of a lens',
    expected: 'CONFIG_INVALID: DIR/cameras.json:1 000000_10: unknown key "k1"',
    run: withCamera({ k1: -0.3 }),
  },
  {
    kind: strict,
    situation: 'cameras.json with a normalised matrix',
    expected:
      "CONFIG_INVALID: DIR/cameras.json:1 000000_10.fxPx: expected px from 10, not shares of the image's size (a normalised matrix), found 0.58",
    run: withCamera({ fxPx: 0.58, fyPx: 1.92, cxPx: 0.5, cyPx: 0.5 }),
  },
  {
    kind: strict,
    situation: 'cameras.json with a principal point outside the image',
    expected:
      'CONFIG_INVALID: DIR/cameras.json:1 000000_10.cxPx: expected a principal point inside the image (0 to 96 px), found 609.5',
    run: withCamera({ cxPx: 609.5 }),
  },
  {
    kind: strict,
    situation: 'cameras.json with a focal length of 1e300',
    expected: 'CONFIG_INVALID: DIR/cameras.json:1 000000_10.fxPx: expected px up to 1000000, found 1e+300',
    run: withCamera({ fxPx: 1e300 }),
  },
  {
    kind: strict,
    situation: 'cameras.json with a baseline of 0',
    expected: 'CONFIG_INVALID: DIR/cameras.json:1 000000_10.baselineM: expected a number above 0, found 0',
    run: withCamera({ baselineM: 0 }),
  },
  {
    kind: strict,
    situation: 'cameras.json with a negative baseline',
    expected: 'CONFIG_INVALID: DIR/cameras.json:1 000000_10.baselineM: expected a number above 0, found -0.5',
    run: withCamera({ baselineM: -0.5 }),
  },
  {
    kind: strict,
    situation: 'cameras.json with a baseline in mm',
    expected: 'CONFIG_INVALID: DIR/cameras.json:1 000000_10.baselineM: expected metres up to 100 (not mm), found 120',
    run: withCamera({ baselineM: 120 }),
  },
  {
    kind: strict,
    situation: 'cameras.json with a shift of principal points wider than the image',
    expected:
      "CONFIG_INVALID: DIR/cameras.json:1 000000_10.doffsPx: expected px below the image's width, 96, found 1e+300",
    run: withCamera({ doffsPx: 1e300 }),
  },
  {
    kind: strict,
    situation: 'KITTI with all fields that its publishers write',
    expected: '96x48, f 60 60, c 45 22, B 0.5, doffs 0',
    run: withKitti((text) => text),
  },
  {
    kind: strict,
    situation: 'KITTI with lines that end in CR alone',
    expected: '96x48, f 60 60, c 45 22, B 0.5, doffs 0',
    run: withKitti((text) => text.replaceAll('\n', '\r')),
  },
  {
    kind: strict,
    situation: 'KITTI with a distortion of the rectified image',
    expected: `CAMERA_INVALID: ${kittiFile} D_rect_02: expected the fields of KITTI's calibration, found a field that is not known`,
    run: withKitti((text) => `${text}D_rect_02: -0.3 0.1 0 0 0\n`),
  },
  {
    kind: strict,
    situation: 'KITTI with a region of interest',
    expected: `CAMERA_INVALID: ${kittiFile} roi_02: expected the fields of KITTI's calibration, found a field that is not known`,
    run: withKitti((text) => `${text}roi_02: 0 100 1242 275\n`),
  },
  {
    kind: strict,
    situation: 'KITTI with a note that is no calibration',
    expected: '96x48, f 60 60, c 45 22, B 0.5, doffs 0',
    run: withKitti((text) => `${text}author: somebody\n`),
  },
  {
    kind: strict,
    situation: 'KITTI with skew',
    expected: `CAMERA_INVALID: ${kittiFile} P_rect_02: expected "f 0 cx, 0 f cy, 0 0 1", found skew, which is not understood (60 2 45 0 60 22 0 0 1)`,
    run: withKitti((text) => text.replace('P_rect_02: 60 0', 'P_rect_02: 60 2')),
  },
  {
    kind: strict,
    situation: 'KITTI with projections of zeros, as uncalibrated drivers write them',
    expected: `CAMERA_INVALID: ${kittiFile} P_rect_02: found only zeros: the camera was not calibrated`,
    run: withKitti((text) => text.replace(/P_rect_02: .*/, `P_rect_02:${' 0'.repeat(12)}`)),
  },
  {
    kind: strict,
    situation: 'KITTI with a normalised projection',
    expected: `CAMERA_INVALID: ${kittiFile} fxPx: expected px from 10, not shares of the image's size (a normalised matrix), found 0.6`,
    run: withKitti((text) => text.replaceAll(': 60 0', ': 0.6 0')),
  },
  {
    kind: strict,
    situation: 'KITTI with a principal point outside the image',
    expected: `CAMERA_INVALID: ${kittiFile} cxPx: expected a principal point inside the image (0 to 96 px), found 450`,
    run: withKitti((text) => text.replaceAll('60 0 45 ', '60 0 450 ')),
  },
  {
    kind: strict,
    situation: 'KITTI with two views of different focal lengths',
    expected: `CAMERA_INVALID: ${kittiFile} P_rect_03 (focal length): expected 60 as P_rect_02 has it, found 61; the two are not rectified together`,
    run: withKitti((text) => text.replace('P_rect_03: 60', 'P_rect_03: 61')),
  },
  {
    kind: strict,
    situation: 'KITTI with one view twice: a baseline of 0',
    expected: `CAMERA_INVALID: ${kittiFile} baselineM: expected a number above 0, found 0`,
    run: withKitti((text) => text.replace('-27', '3')),
  },
  {
    kind: strict,
    situation: 'KITTI with the views exchanged: a negative baseline',
    expected: `CAMERA_INVALID: ${kittiFile} baselineM: expected a number above 0, found -0.5`,
    run: withKitti((text) => text.replace('-27', '33')),
  },
  {
    kind: strict,
    situation: 'KITTI with a field twice, with different numbers',
    expected: `CAMERA_INVALID: ${kittiFile} S_rect_02: expected one line, found several that differ`,
    run: withKitti((text) => `${text}S_rect_02: 640 192\n`),
  },
  {
    kind: strict,
    situation: 'Middlebury with a second camera that doffs does not explain',
    expected:
      'CAMERA_INVALID: DIR/Piano/calib.txt cam1: expected cam0 with its principal point doffs (0) further right, found 1000 0 340 0 1000 200 0 0 1',
    run: async (folder) =>
      cameraOf(await writeMiddlebury(folder, [800, 400], (text) => text.replace('doffs=40', 'doffs=0'))),
  },
  {
    kind: strict,
    situation: 'Middlebury with a field of a lens',
    expected:
      "CAMERA_INVALID: DIR/Piano/calib.txt distortion: expected the fields of Middlebury's calibration, found a field that is not known",
    run: async (folder) =>
      cameraOf(await writeMiddlebury(folder, [800, 400], (text) => `${text}distortion=[0.1 0 0]\n`)),
  },
  {
    kind: strict,
    situation: 'Cityscapes with a field of a lens',
    expected:
      "CAMERA_INVALID: DIR/camera/val/ulm/ulm_0_0_camera.json skew: expected the fields of Cityscapes' cameras, found a field that is not known",
    run: async (folder) => cameraOf(await writeCityscapes(folder, [2048, 1024], { ...cityscapesCamera, skew: 3 })),
  },
  {
    kind: strict,
    situation: 'a recording whose principal point is outside its images',
    expected:
      'CONFIG_INVALID: DIR/recording.json:1 camera.cyPx: expected a principal point inside the image (0 to 48 px), found 172',
    run: async (folder) => {
      await put(
        join(folder, 'recording.json'),
        JSON.stringify({
          format: 'cyclops-recording',
          formatVersion: 1,
          camera: { ...tinyCamera, cyPx: 172 },
          rectified: 'by-the-rig',
          images: 'png',
          left: 'a',
          right: 'b',
          clock: 'unix',
          toleranceMs: 5,
          every: 1,
          startedAt: '2026-01-01T00:00:00Z',
        }),
      );
      for (const view of ['left', 'right']) await put(join(folder, view, '000000.png'), await plain(96, 48));
      return cameraOf({ kind: 'recording', folder });
    },
  },
];
