import { CyclopsError } from '../../../base/errors.js';
import { type Provider, providerNamed } from '../providers/index.js';
import type { Signature } from '../signature.js';
import { allocate, type NativeBuffer, type OrtLibrary, type Pointer } from './library.js';
import type { OrtSession } from './session.js';

/** Numbers of onnxruntime_c_api.h: ONNX_TENSOR_ELEMENT_DATA_TYPE_*, OrtDeviceAllocator, OrtMemTypeDefault. */
const elementType = { uint8: 2, float32: 1 } as const;
const deviceAllocator = 0;
const defaultMemory = 0;

/** What one run gave. */
export interface RunOutputs {
  readonly depthM: Float32Array<ArrayBuffer>;
  readonly confidence: Float32Array<ArrayBuffer> | undefined;
}

/** Native memory that stays bound for the life of a session. */
interface DeviceBuffers {
  readonly input: NativeBuffer;
  readonly output: NativeBuffer;
  readonly confidence: NativeBuffer | undefined;
}

/**
 * Where one run of a session at a time takes its image from and leaves its depth. On the CPU, in the arrays of the frame
 * themselves: nothing is copied. (Memory of an array that native code has seen never moves; who hands it in has given it
 * away.) Elsewhere in native memory that is allocated and bound once, and a frame costs two copies in main memory beside
 * those to the device and back.
 */
export class BoundBuffers {
  readonly #library: OrtLibrary;
  readonly #session: Pointer;
  readonly #signature: Signature;
  readonly #device: DeviceBuffers | undefined;
  readonly #memory: Pointer;
  readonly #binding: Pointer;
  readonly #runOptions: Pointer;
  /** Input first. */
  #values: readonly Pointer[] = [];
  #outputs: RunOutputs | undefined;

  constructor({ library, pointer }: OrtSession, signature: Signature, provider: Provider) {
    this.#library = library;
    this.#session = pointer;
    this.#signature = signature;
    this.#memory = library.create('CreateCpuMemoryInfo', deviceAllocator, defaultMemory);
    this.#binding = library.create('CreateIoBinding', pointer);
    this.#runOptions = library.create('CreateRunOptions');
    if (providerNamed(provider).device === 'cpu') return;
    const output = allocate(this.#depthBytes);
    const confidence = signature.confidenceName === undefined ? undefined : allocate(this.#depthBytes);
    this.#device = { input: allocate(elements(signature.inputShape)), output, confidence };
    this.#bind(this.#device.input.pointer, output.pointer, confidence?.pointer);
  }

  /**
   * Makes an image that of the next run, and an array, or a fresh one, the place of its depth. The caller holds on to the
   * image, and touches neither, until the run has ended.
   * @throws CyclopsError `ENGINE_FAILED` if one has another size.
   */
  begin(image: Uint8Array, place?: Float32Array<ArrayBuffer>): void {
    const imageBytes = elements(this.#signature.inputShape);
    if (image.length !== imageBytes) {
      throw new CyclopsError('ENGINE_FAILED', `expected an image of ${imageBytes} bytes, found ${image.length}`);
    }
    if (place !== undefined && place.byteLength !== this.#depthBytes) {
      throw new CyclopsError(
        'ENGINE_FAILED',
        `expected memory for ${this.#depthBytes} bytes of depth, found ${place.byteLength}`,
      );
    }
    const fresh = () => new Float32Array(elements(this.#signature.outputShape));
    const confidence = this.#signature.confidenceName === undefined ? undefined : fresh();
    this.#outputs = { depthM: place ?? fresh(), confidence };
    if (this.#device === undefined) this.#bind(image, this.#outputs.depthM, confidence);
    else this.#device.input.bytes.set(image);
  }

  /** Runs in a thread of its own. */
  async run(): Promise<void> {
    if (this.#device !== undefined) await this.#library.callAsync('BindInput', ...this.#inputArguments());
    await this.#library.callAsync('RunWithBinding', this.#session, this.#runOptions, this.#binding);
    if (this.#device !== undefined) this.#library.call('SynchronizeBoundOutputs', this.#binding);
  }

  /** Runs in this thread. */
  runHere(): void {
    if (this.#device !== undefined) this.#library.call('BindInput', ...this.#inputArguments());
    this.#library.call('RunWithBinding', this.#session, this.#runOptions, this.#binding);
    if (this.#device !== undefined) this.#library.call('SynchronizeBoundOutputs', this.#binding);
  }

  /** What the run that `begin` prepared has given; once for each. */
  outputs(): RunOutputs {
    const outputs = this.#outputs;
    if (outputs === undefined) throw new Error('assertion failed: nothing was run');
    copyOut(this.#device?.output, outputs.depthM);
    copyOut(this.#device?.confidence, outputs.confidence);
    this.#outputs = undefined;
    return outputs;
  }

  /** Ends what runs as soon as the runtime looks, between two operators. */
  terminate(): void {
    this.#library.call('RunOptionsSetTerminate', this.#runOptions);
  }

  /** Takes `terminate` back, for the next run. */
  allow(): void {
    this.#library.call('RunOptionsUnsetTerminate', this.#runOptions);
  }

  release(): void {
    this.#library.release('ReleaseIoBinding', this.#binding);
    this.#library.release('ReleaseRunOptions', this.#runOptions);
    this.#releaseValues();
    this.#library.release('ReleaseMemoryInfo', this.#memory);
    this.#device?.input.free();
    this.#device?.output.free();
    this.#device?.confidence?.free();
  }

  get #depthBytes(): number {
    return elements(this.#signature.outputShape) * Float32Array.BYTES_PER_ELEMENT;
  }

  #bind(input: Memory, output: Memory, confidence: Memory | undefined): void {
    const { inputName, inputShape, outputName, outputShape, confidenceName } = this.#signature;
    this.#releaseValues();
    const inputValue = this.#value(input, inputShape, elementType.uint8);
    const outputValue = this.#value(output, outputShape, elementType.float32);
    this.#values = [inputValue, outputValue];
    this.#library.call('BindInput', this.#binding, inputName, inputValue);
    this.#library.call('BindOutput', this.#binding, outputName, outputValue);
    if (confidence === undefined || confidenceName === undefined) return;
    const confidenceValue = this.#value(confidence, outputShape, elementType.float32);
    this.#values = [inputValue, outputValue, confidenceValue];
    this.#library.call('BindOutput', this.#binding, confidenceName, confidenceValue);
  }

  #releaseValues(): void {
    for (const value of this.#values) this.#library.release('ReleaseValue', value);
    this.#values = [];
  }

  /** Off the CPU, binding an input copies it to the device: bound once, every frame would show the first image. */
  #inputArguments(): [Pointer, string, Pointer] {
    return [this.#binding, this.#signature.inputName, this.#values[0]!];
  }

  #value(memory: Memory, shape: readonly number[], type: number): Pointer {
    const dimensions = BigInt64Array.from(shape, BigInt);
    const bytes = elements(shape) * (type === elementType.uint8 ? 1 : Float32Array.BYTES_PER_ELEMENT);
    return this.#library.create(
      'CreateTensorWithDataAsOrtValue',
      this.#memory,
      memory,
      bytes,
      dimensions,
      dimensions.length,
      type,
    );
  }
}

/** Native memory, or that of an array. */
type Memory = Pointer | Uint8Array | Float32Array;

function copyOut(from: NativeBuffer | undefined, to: Float32Array<ArrayBuffer> | undefined): void {
  if (from !== undefined && to !== undefined) {
    new Uint8Array(to.buffer, to.byteOffset, to.byteLength).set(from.bytes);
  }
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
