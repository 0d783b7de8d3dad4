import { existsSync } from 'node:fs';
import type { z } from 'zod';
import { readConfig } from '../base/config.js';
import { CyclopsError, isCyclopsError } from '../base/errors.js';
import { cameraIntrinsicsSchema } from '../runtime/camera/intrinsics.js';

/** The camera of a video as the file beside it says. */
export interface VideoSidecar {
  readonly path: string;
  readonly intrinsics: z.output<typeof cameraIntrinsicsSchema>;
}

/**
 * The `clip.json` beside a `clip.mp4`: intrinsics of the video's camera, px of its full image.
 * @returns undefined where there is none.
 * @throws CyclopsError `CONFIG_INVALID` where the file is anything else.
 */
export async function readVideoSidecar(videoPath: string): Promise<VideoSidecar | undefined> {
  const path = videoPath.replace(/\.\w+$/, '.json');
  if (path === videoPath || !existsSync(path)) return undefined;
  try {
    return { path, intrinsics: await readConfig(path, cameraIntrinsicsSchema) };
  } catch (error) {
    if (!isCyclopsError(error, 'CONFIG_INVALID')) throw error;
    throw new CyclopsError(
      'CONFIG_INVALID',
      `${error.message}\n${path} is read as the camera of ${videoPath}: expected width, height, fxPx and no more than fyPx, cxPx, cyPx beside them; --fx, --fov or --calibration go before it`,
      { cause: error },
    );
  }
}
