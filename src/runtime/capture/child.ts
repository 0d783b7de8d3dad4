/**
 * The capture process: one GStreamer pipeline, started by a message of the parent. Images flow natively from fdsink into
 * the pipe; this file only watches the bus. gstreamer-superficial may be loaded in one thread of a process only, leaks a
 * pipeline with each restart, and a driver may crash it: reasons for a process of its own.
 */
import { createRequire } from 'node:module';
import { messageOf } from '../../base/errors.js';
import { doorName, type FaultReason, type FromChild, type GstJob, type ToChild } from './messages.js';

// The package's entry is a native file, which only require() loads.
const gstreamer = createRequire(import.meta.url)('gstreamer-superficial') as Gstreamer;

/** The part of gstreamer-superficial 1.7.4 that is used here; the package ships no types. */
interface Gstreamer {
  /** Throws on a launch text that cannot be parsed, or names an element that is not installed. */
  readonly Pipeline: new (
    launch: string,
  ) => Pipeline;
}

interface Pipeline {
  play(): void;
  stop(): void;
  /** Sets a property of a named element to one of that element's pads. */
  setPad(element: string, property: string, pad: string): void;
  /** Calls back for each message of the bus; ends by itself where the pipeline's state is NULL. */
  pollBus(callback: (message: BusMessage) => void): void;
}

interface BusMessage {
  readonly type: string;
  readonly message?: string;
  readonly debug?: string;
}

let pipeline: Pipeline | undefined;

// The parent decides when to end: Ctrl-C reaches the whole process group, but the stream shall end in order.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', leave);
process.on('message', (message: ToChild) => {
  if (message.type === 'start' && message.job.kind === 'gst') start(message.job);
  else if (message.type === 'key-frames') pipeline?.setPad(doorName, 'active-pad', 'src_1');
  else if (message.type === 'stop') end();
});
send({ type: 'loaded' });

/** A pipeline that has ended leaves about 170 KiB behind; after this many the parent starts a fresh process. */
const playsPerProcess = 200;
let plays = 0;

function start(job: GstJob): void {
  plays++;
  let playing: Pipeline;
  try {
    playing = new gstreamer.Pipeline(job.launch);
  } catch (error) {
    const text = messageOf(error);
    const element = /no element "([^"]+)"/.exec(text)?.[1];
    send({
      type: 'fault',
      reason: element === undefined ? 'stream' : 'missing-element',
      message: text,
      ...(element === undefined ? {} : { element }),
    });
    return;
  }
  pipeline = playing;
  const seen = { messages: 0 };
  const onMessage = (message: BusMessage) => {
    seen.messages++;
    if (playing === pipeline) onBusMessage(message, job);
  };
  playing.play();
  playing.pollBus(onMessage);
  // Where the very first change of state fails (a device that cannot be opened), the binding stops polling after one
  // message, and the error is among those that it left behind.
  setTimeout(() => {
    for (let i = 0; seen.messages < 2 && i < leftBehindLimit; i++) playing.pollBus(onMessage);
  }, 500);
}

/** A pipeline of ours has fewer elements than this, and each posts one message on the way down. */
const leftBehindLimit = 40;

function onBusMessage(message: BusMessage, job: GstJob): void {
  if (message.type === 'eos') {
    // gdppay refuses to seek, and decodebin links its pads only once: playing again takes a new pipeline.
    if (job.loop && plays < playsPerProcess) {
      pipeline?.stop();
      start(job);
    } else send({ type: 'end' });
  } else if (message.type === 'error') {
    const text = `${message.message ?? 'unknown error'}${detailOf(message.debug)}`;
    send({ type: 'fault', reason: reasonOf(text), message: text });
  } else if (message.type === 'warning') {
    // decodebin found streams, but none of them could be linked to our video elements.
    if (/delayed linking/.test(message.debug ?? ''))
      send({ type: 'fault', reason: 'no-video', message: 'no video in it' });
    else send({ type: 'warning', message: `GStreamer warns${detailOf(message.debug)}` });
  }
}

function reasonOf(text: string): FaultReason {
  if (/missing a plug-in|no suitable plugins|no decoder/i.test(text)) return 'missing-decoder';
  return /not.negotiated/i.test(text) ? 'format' : 'stream';
}

/** The last line of GStreamer's debug text says what happened; the ones before it where in its source. */
function detailOf(debug: string | undefined): string {
  const line = debug?.trim().split('\n').slice(1).join(' ').trim();
  return line === undefined || line === '' ? '' : ` (${line.slice(0, 300)})`;
}

function end(): void {
  // May wait for a driver; the parent kills a process that takes too long.
  pipeline?.stop();
  leave();
}

/**
 * Not process.exit(): that joins the threads of libuv's pool, and a poll of the bus that waits there for a message which
 * does not come would hold it for ever. Nothing is lost: the images are in the pipe, the kernel closes the device.
 */
function leave(): void {
  process.kill(process.pid, 'SIGKILL');
}

function send(message: FromChild): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
