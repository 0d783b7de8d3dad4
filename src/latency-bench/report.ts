import { z } from 'zod';

// NaN (nothing measured) is null in JSON.
const ms = z.number().nullable();

const spread = z.strictObject({
  count: z.int().nonnegative(),
  meanMs: ms,
  minMs: ms,
  p50Ms: ms,
  p90Ms: ms,
  p99Ms: ms,
  maxMs: ms,
});

const section = z.strictObject({
  /** `fastest`: the source waits for the model; `real-time`: it runs at its own rate, late frames drop. */
  pace: z.enum(['fastest', 'real-time']),
  /** Rate of the source, frames/s; null where it waits for the model, or does not tell. */
  offeredFps: z.number().positive().nullable(),
  frames: z.int().nonnegative(),
  /** Published frames/s. */
  fps: z.number().nullable(),
  /** Frames of the source that were never published, over the measured frames. */
  dropped: z.int().nonnegative(),
  /** How capture times were obtained, the worst case: where `age` counts from. */
  stamp: z.enum(['sensor', 'pts', 'arrival']).nullable(),
  /** `age` = the four stages after it together; `jitter` = change of the interval between published frames. */
  stages: z.strictObject({
    age: spread,
    transport: spread,
    wait: spread,
    infer: spread,
    handover: spread,
    jitter: spread,
  }),
  /** Processor seconds a second of all threads and child processes (capture, encoder); 1 = one core busy. */
  cpuCores: z.number().nullable(),
  /** CPU time of the same for one published frame, ms: little disturbed by other work on the machine. */
  cpuMsPerFrame: z.number().nullable(),
  /** Largest sum of resident memory of the process tree that was seen, bytes. */
  peakRssBytes: z.int().nonnegative(),
});

/** A latency report, as `cyclops bench` and `cyclops demo` write it. */
export const latencyReportSchema = z.strictObject({
  format: z.literal('cyclops-latency'),
  formatVersion: z.literal(1),
  createdAt: z.iso.datetime(),
  machine: z.strictObject({
    cpu: z.string(),
    cores: z.int().positive(),
    memoryBytes: z.int().positive(),
    system: z.string(),
    architecture: z.string(),
    /** Load average of the last minute when the measurement began: other work disturbs it. */
    loadBefore: z.number(),
  }),
  versions: z.strictObject({ cyclops: z.string(), node: z.string(), onnxruntime: z.string(), gstreamer: z.string() }),
  model: z.strictObject({
    name: z.string(),
    sha256: z.string(),
    network: z.string(),
    width: z.int().positive(),
    height: z.int().positive(),
    parameters: z.int().positive(),
    gmacs: z.number().positive().nullable(),
  }),
  settings: z.strictObject({
    source: z.string(),
    /** Threads of one operator; 0 = one a core. */
    threads: z.int().nonnegative(),
    provider: z.string(),
    outputs: z.array(z.string()),
    /** Frames left out at the beginning of each measured stretch. */
    warmUpFrames: z.int().nonnegative(),
  }),
  /** Streaming against the bare runtime; null where it was not measured. */
  throughput: z
    .strictObject({
      /** Median over the rounds of streaming fps / bare fps: the headline. */
      ratio: z.number().positive(),
      ratioMin: z.number().positive(),
      ratioMax: z.number().positive(),
      rounds: z.array(
        z.strictObject({
          /** Runs/s of the bare loop, one image at a time or as many as the stream infers at once: the faster way. */
          bareFps: z.number().positive(),
          /** The same, one image at a time on all threads. */
          bareAloneFps: z.number().positive(),
          streamingFps: z.number().positive(),
        }),
      ),
      /** Images that the stream infers at once. */
      concurrency: z.int().positive(),
      /** Duration of one run in the bare loop, one image at a time. */
      bare: spread,
      /** CPU time of one run in the bare loop, as many at once as in the stream, ms. */
      bareCpuMsPerRun: z.number(),
      /** CPU time a frame of the source's pipeline alone (decode, cut, resize, colour), ms; null for images. */
      captureCpuMsPerFrame: z.number().nullable(),
      /** What a streamed frame costs beyond these two, ms: pipes, messages, timestamps, threads that wait, colder caches. */
      otherCpuMsPerFrame: z.number().nullable(),
      /** The best ratio possible: all cores busy with the network and the source's pipeline, and nothing else. */
      ratioBound: z.number().positive().nullable(),
      streaming: section,
    })
    .nullable(),
  /** One stream at its own pace: in real time, the age and drops that a camera of that rate would see. */
  stream: section.nullable(),
});

/** A latency report in memory. */
export type LatencyReportFile = z.output<typeof latencyReportSchema>;

/** One measured way of streaming. */
export type ReportSection = z.output<typeof section>;

/** What both kinds of report tell about the set-up. */
export type ReportHead = Omit<LatencyReportFile, 'throughput' | 'stream'>;
