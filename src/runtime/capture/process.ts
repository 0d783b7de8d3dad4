import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, existsSync } from 'node:fs';
import { type ConnectOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { fileURLToPath } from 'node:url';
import { CyclopsError, isCyclopsError } from '../../base/errors.js';
import { remedyFor } from './element-packages.js';
import { type BufferTags, GdpReader, type VideoCaps } from './gdp.js';
import { type ImagePipe, openImagePipe } from './image-pipe.js';
import type { CaptureJob, FaultReason, FromChild, ToChild } from './messages.js';
import { describeSource, isLive, type Source } from './sources/index.js';
import { withoutPassword } from './without-password.js';

/** After the request to end, a capture process has this long before it is killed. */
const endGraceMs = 2000;
/** Of a process's own words on standard error, this much is kept for the message of its crash. */
const stderrKeptChars = 2000;

const setpriv = '/usr/bin/setpriv';
/**
 * util-linux, part of every Debian and its relatives, has the kernel kill the capture process when this one dies. Without
 * it the process sees the loss of its messages and ends by itself, unless a driver holds its only thread at that moment.
 */
const launcher = existsSync(setpriv)
  ? { execPath: setpriv, execArgv: ['--pdeathsig', 'KILL', process.execPath] }
  : { execArgv: [] };

/** How one capture process ended. */
export type CaptureOutcome =
  | { readonly kind: 'end' }
  | { readonly kind: 'stopped' }
  | {
      readonly kind: 'fault';
      readonly reason: FaultReason | 'crash' | 'stall' | 'protocol';
      readonly message: string;
      readonly element?: string;
    };

/** What a capture process delivers to. */
export interface CaptureHandlers {
  onCaps(caps: VideoCaps): void;
  takeBuffer(length: number): Uint8Array<ArrayBuffer>;
  onImage(data: Uint8Array<ArrayBuffer>, tags: BufferTags): void;
  onWarning(message: string): void;
}

/** Bounds of one capture process. */
export interface CaptureLimits {
  /** Largest image, bytes. */
  readonly bufferLimitBytes: number;
  /** The first image may take this long, ms. */
  readonly startTimeoutMs: number;
  /** Then none may take longer than this, ms; time in which we held the process back does not count. */
  readonly stallTimeoutMs: number;
}

/** One life of a capture process: begins with `start`, over when `outcome` settles. */
export class CaptureProcess {
  /** Settles once, after the process is gone and every image it gave was delivered. Never rejects. */
  readonly outcome: Promise<CaptureOutcome>;
  readonly #child: ChildProcess;
  readonly #pipe: Socket;
  readonly #limits: CaptureLimits;
  #ending: CaptureOutcome | undefined;
  #stderr = '';
  #timer: NodeJS.Timeout | undefined;
  #timeoutMs = 0;
  #killTimer: NodeJS.Timeout | undefined;
  #isHeld = false;

  /** Starts a process on a job. @throws CyclopsError of `openImagePipe`. */
  static start(job: CaptureJob, handlers: CaptureHandlers, limits: CaptureLimits): CaptureProcess {
    return new CaptureProcess(job, handlers, limits, openImagePipe(limits.bufferLimitBytes));
  }

  private constructor(job: CaptureJob, handlers: CaptureHandlers, limits: CaptureLimits, pipe: ImagePipe) {
    const file = job.kind === 'gst' ? './child.js' : './images-child.js';
    this.#limits = limits;
    this.#child = fork(fileURLToPath(new URL(file, import.meta.url)), {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', pipe.writeFd],
      ...launcher,
    });
    // The end of the stream shows only where the process alone holds the writing end.
    closeSync(pipe.writeFd);
    this.#watch(limits.startTimeoutMs);
    const reader = new GdpReader(
      {
        onCaps: (caps) => handlers.onCaps(caps),
        takeBuffer: (length) => handlers.takeBuffer(length),
        onBuffer: (data, tags) => {
          this.#watch(limits.stallTimeoutMs);
          handlers.onImage(data, tags);
        },
      },
      limits.bufferLimitBytes,
    );
    this.#pipe = this.#readInto(reader, pipe.readFd);
    this.#pipe.on('error', () => undefined);
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-stderrKeptChars);
    });
    this.#child.on('message', (message: FromChild) => this.#onMessage(message, job, handlers));
    this.#child.on('error', (error) => this.#fail({ kind: 'fault', reason: 'crash', message: error.message }));
    this.outcome = this.#waitForEnd(reader);
  }

  /** The process's id, for tests and messages. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Stops reading: the pipe fills and the process waits. Its waiting is then not a stall. */
  hold(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.#pipe.pause();
  }

  /** Reads on. */
  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#watch(this.#limits.stallTimeoutMs);
    this.#pipe.resume();
  }

  /** From now on, decodes key frames alone, until the file ends. */
  keepToKeyFrames(): void {
    this.#tell({ type: 'key-frames' });
  }

  /** Asks the process to end, and kills it if it does not. */
  async stop(): Promise<void> {
    this.#end({ kind: 'stopped' });
    await this.outcome;
  }

  /** Lets the kernel write the stream into the places the reader names. */
  #readInto(reader: GdpReader, fd: number): Socket {
    const options: SocketConstructorOpts & ConnectOpts = {
      fd,
      readable: true,
      writable: false,
      onread: {
        // Asked for after each piece, before the next one is read: an array that was handed on is never written again.
        buffer: () => reader.space(),
        callback: (length) => {
          if (this.#ending !== undefined && this.#ending.kind !== 'end') return false;
          try {
            reader.advance(length);
          } catch (error) {
            if (!isCyclopsError(error)) throw error;
            this.#fail({ kind: 'fault', reason: 'protocol', message: error.message });
          }
          return true;
        },
      },
    };
    return new Socket(options);
  }

  #onMessage(message: FromChild, job: CaptureJob, handlers: CaptureHandlers): void {
    switch (message.type) {
      case 'loaded':
        this.#tell({ type: 'start', job });
        break;
      case 'end':
        // What is still in the pipe is read before the process is told to go: its end of the pipe closes with it.
        this.#ending ??= { kind: 'end' };
        clearTimeout(this.#timer);
        this.#tell({ type: 'stop' });
        this.#killLater();
        break;
      case 'warning':
        handlers.onWarning(message.message);
        break;
      case 'fault':
        this.#fail({
          kind: 'fault',
          reason: message.reason,
          message: message.message,
          ...(message.element === undefined ? {} : { element: message.element }),
        });
        break;
    }
  }

  #fail(outcome: CaptureOutcome): void {
    this.#end(outcome);
  }

  #end(outcome: CaptureOutcome): void {
    this.#ending ??= outcome;
    clearTimeout(this.#timer);
    this.#tell({ type: 'stop' });
    // A process that waits in a write to the pipe gets an error instead, and can end.
    this.#pipe.destroy();
    this.#killLater();
  }

  #killLater(): void {
    this.#killTimer ??= setTimeout(() => this.#child.kill('SIGKILL'), endGraceMs);
  }

  async #waitForEnd(reader: GdpReader): Promise<CaptureOutcome> {
    const exited = new Promise<string>((resolve) => {
      this.#child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
      this.#child.once('error', (error) => resolve(error.message));
    });
    const drained = new Promise<void>((resolve) => this.#pipe.once('close', resolve));
    const how = await exited;
    clearTimeout(this.#killTimer);
    await drained;
    // A descendant that outlives the process (a plug-in scanner) may hold the other end open.
    this.#child.stderr?.destroy();
    clearTimeout(this.#timer);
    const ending = this.#ending;
    if (ending?.kind === 'end' && !reader.isBetweenPackets) {
      return { kind: 'fault', reason: 'protocol', message: 'the stream of images ends inside an image' };
    }
    if (ending !== undefined) return ending;
    const lines = this.#stderr.trim().split('\n');
    // The line of an uncaught error, else any that speaks of one, else the last.
    const patterns = [/^\w*Error\b.*: /, /\berror\b/i];
    const words =
      patterns.map((pattern) => lines.find((line) => pattern.test(line))).find(Boolean) ?? lines.at(-1) ?? '';
    return {
      kind: 'fault',
      reason: 'crash',
      message: `the capture process ended by ${how}${words === '' ? '' : `: ${words}`}`,
    };
  }

  /** Starts the time anew in which an image must come: with each image, so one timer is used again and again. */
  #watch(timeoutMs: number): void {
    if (this.#ending !== undefined) return;
    if (timeoutMs === this.#timeoutMs) {
      this.#timer?.refresh();
      return;
    }
    clearTimeout(this.#timer);
    this.#timeoutMs = timeoutMs;
    this.#timer = setTimeout(() => {
      if (this.#isHeld) return;
      this.#fail({ kind: 'fault', reason: 'stall', message: `no image for ${timeoutMs} ms` });
    }, timeoutMs);
  }

  #tell(message: ToChild): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }
}

/** The typed error of a capture that failed for good. */
export function captureError(outcome: Extract<CaptureOutcome, { kind: 'fault' }>, source: Source): CyclopsError {
  const { reason, element } = outcome;
  const message = withoutPassword(outcome.message);
  const owner = describeSource(source);
  const isFile = !isLive(source);
  switch (reason) {
    case 'missing-element': {
      const name = element ?? message;
      return new CyclopsError(
        'MACHINE_LACKS',
        `${owner}: the GStreamer element "${name}" is not installed${remedyFor(name)}`,
      );
    }
    case 'missing-decoder':
      return new CyclopsError(
        'MACHINE_LACKS',
        `${owner}: no GStreamer decoder for this ${isFile ? 'file' : 'camera'} (${message}); install more: apt-get install gstreamer1.0-libav gstreamer1.0-plugins-good gstreamer1.0-plugins-bad`,
      );
    case 'bad-image':
      return new CyclopsError('IMAGE_INVALID', message);
    case 'no-video':
      return new CyclopsError('VIDEO_INVALID', `${owner}: ${message}`);
    case 'format':
      return isFile
        ? new CyclopsError('VIDEO_INVALID', `${owner}: the images change their size or kind (${message})`)
        : new CyclopsError(
            'CAPTURE_FAILED',
            `${owner}: the camera does not give images of the size, rate or format that was asked for (${message})`,
          );
    case 'stream':
      return new CyclopsError(isFile ? 'VIDEO_INVALID' : 'CAPTURE_FAILED', `${owner}: ${message}`);
    default:
      return new CyclopsError('CAPTURE_FAILED', `${owner}: ${message}`);
  }
}
