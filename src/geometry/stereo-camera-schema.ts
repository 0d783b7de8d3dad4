import { z } from 'zod';
import { cameraFault } from './camera.js';

/** A `StereoCamera` in a JSON file: px at its width and height, metres; refused where `cameraFault` finds something. */
export const stereoCameraSchema = z
  .strictObject({
    width: z.int().positive(),
    height: z.int().positive(),
    fxPx: z.number(),
    fyPx: z.number(),
    cxPx: z.number(),
    cyPx: z.number(),
    baselineM: z.number(),
    doffsPx: z.number(),
  })
  .superRefine((camera, context) => {
    const fault = cameraFault(camera);
    if (fault === undefined) return;
    // What was found is told by whoever prints the issue.
    const message = fault.text.replace(/, found [^,]*$/, '');
    context.addIssue({ code: 'custom', path: [fault.field], message });
  });
