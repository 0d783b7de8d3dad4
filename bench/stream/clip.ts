import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/base/paths.js';
import { chooseEncoder } from '../../src/runtime/outputs/video/h264-encoder.js';

/** Writes the shipped drive, enlarged to 1280x720 H.264, into a folder: 200 pictures. @returns its path. */
export async function h264Clip(folder: string): Promise<string> {
  const drive = join(packageRoot(), 'demo', 'street-drive.mp4');
  const path = join(folder, '720p.mp4');
  const { launch } = await chooseEncoder();
  const text = `filesrc location=${drive} ! decodebin ! videoscale add-borders=false ! video/x-raw,width=1280,height=720,pixel-aspect-ratio=1/1 ! videoconvert ! video/x-raw,format=I420 ! ${launch} ! h264parse ! mp4mux ! filesink location=${path}`;
  await promisify(execFile)('gst-launch-1.0', ['-q', ...text.split(' ')]);
  return path;
}
