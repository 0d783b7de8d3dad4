import { z } from 'zod';
import { stereoCameraSchema } from '../geometry/stereo-camera-schema.js';

/** What lies in the folder of a recording; see docs/formats.md. */
export const recordingNames = {
  /** Camera, settings and summary. */
  info: 'recording.json',
  /** One line a pair: times, and what was lost before it. */
  pairs: 'pairs.csv',
  left: 'left',
  right: 'right',
} as const;

const count = z.int().min(0);

/** What became of the frames of a recording. */
const summarySchema = z.strictObject({
  /** Why it ended: the end of a source, a limit (--frames, --seconds), a request, or a fault. */
  end: z.enum(['source', 'frames', 'seconds', 'stopped', 'fault']),
  /** The sentence of the fault. */
  fault: z.string().optional(),
  /** Pairs on the disk. */
  pairs: count,
  /** Pairs left out by --every. */
  skipped: count,
  /** Pairs that came while the disk or the CPU was behind. */
  dropped: count,
  /** Frames without a partner within the tolerance. */
  unmatched: z.strictObject({ left: count, right: count }),
  /** Frames that the camera or its queues lost before they were here. */
  lost: z.strictObject({ left: count, right: count }),
  /** Starts of a capture process after the first. */
  restarts: z.strictObject({ left: count, right: count }),
  /** Time between the two images of a pair, without sign, ms. */
  skewMs: z.strictObject({ p50: z.number(), p99: z.number(), max: z.number() }),
});

/** The content of `recording.json`. */
export const recordingSchema = z.strictObject({
  format: z.literal('cyclops-recording'),
  formatVersion: z.literal(1),
  /** The rectified rig, at the size of the images. */
  camera: stereoCameraSchema,
  /** Whether the images were rectified while recording, or came so from the rig. */
  rectified: z.enum(['while-recording', 'by-the-rig']),
  /** Ending of the images' names. */
  images: z.enum(['jpg', 'png']),
  left: z.string(),
  right: z.string(),
  /** What the times of `pairs.csv` count from: 1970 (UTC), or the start of the sources. */
  clock: z.enum(['unix', 'stream']),
  toleranceMs: z.number(),
  /** Of so many matched pairs one is kept. */
  every: z.int().min(1),
  startedAt: z.string(),
  /** Absent while it runs, and where it was killed: the images are whole all the same. */
  summary: summarySchema.optional(),
});

/** A recording as `recording.json` describes it. */
export type RecordingInfo = z.output<typeof recordingSchema>;

/** How a recording went. */
export type RecordingSummary = z.output<typeof summarySchema>;

/** First line of `pairs.csv`. Times in ns; frames lost and unmatched, and pairs dropped, since the pair before. */
export const pairsHeader = 'id,left_ns,right_ns,lost_left,lost_right,unmatched_left,unmatched_right,dropped';

/** File stem of a pair by its number, from 0. */
export function pairId(number: number): string {
  return String(number).padStart(6, '0');
}
