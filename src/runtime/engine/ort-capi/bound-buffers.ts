import { CyclopsError } from '../../../base/errors.js';
import type { Provider } from '../open-failure.js';
import type { Signature } from '../signature.js';
import { allocate, type NativeBuffer, type OrtLibrary, type Pointer } from './library.js';
import type { OrtSession } from './session.js';

/** Numbers of onnxruntime_c_api.h: ONNX_TENSOR_ELEMENT_DATA_TYPE_*, OrtDeviceAllocator, OrtMemTypeDefault. */
const elementType = { uint8: 2, float32: 1 } as const;
const deviceAllocator = 0;
const defaultMemory = 0;

/**
 * Input and outputs of a session in native memory that is allocated once and bound to it. A frame costs two copies in
 * main memory: into the bound input, because a JavaScript buffer may not be kept by native code, and out of the bound
 * output, because the next run overwrites it while the frame is still on its way.
 */
export class BoundBuffers {
  readonly #library: OrtLibrary;
  readonly #session: Pointer;
  readonly #signature: Signature;
  readonly #isOnCpu: boolean;
  readonly #input: NativeBuffer;
  readonly #output: NativeBuffer;
  readonly #confidence: NativeBuffer | undefined;
  readonly #memory: Pointer;
  readonly #inputValue: Pointer;
  readonly #outputValue: Pointer;
  readonly #confidenceValue: Pointer | undefined;
  readonly #binding: Pointer;
  readonly #runOptions: Pointer;

  constructor({ library, pointer }: OrtSession, signature: Signature, provider: Provider) {
    this.#library = library;
    this.#session = pointer;
    this.#signature = signature;
    this.#isOnCpu = provider === 'cpu';
    this.#input = allocate(elements(signature.inputShape));
    this.#output = allocate(elements(signature.outputShape) * Float32Array.BYTES_PER_ELEMENT);
    this.#memory = library.create('CreateCpuMemoryInfo', deviceAllocator, defaultMemory);
    this.#inputValue = this.#value(this.#input, signature.inputShape, elementType.uint8);
    this.#outputValue = this.#value(this.#output, signature.outputShape, elementType.float32);
    this.#binding = library.create('CreateIoBinding', pointer);
    this.#runOptions = library.create('CreateRunOptions');
    library.call('BindInput', this.#binding, signature.inputName, this.#inputValue);
    library.call('BindOutput', this.#binding, signature.outputName, this.#outputValue);
    if (signature.confidenceName !== undefined) {
      this.#confidence = allocate(this.#output.bytes.length);
      this.#confidenceValue = this.#value(this.#confidence, signature.outputShape, elementType.float32);
      library.call('BindOutput', this.#binding, signature.confidenceName, this.#confidenceValue);
    }
  }

  /** Copies a picture into the bound input. @throws CyclopsError `ENGINE_FAILED` if it has another size. */
  fill(picture: Uint8Array): void {
    const { bytes } = this.#input;
    if (picture.length !== bytes.length) {
      throw new CyclopsError('ENGINE_FAILED', `expected a picture of ${bytes.length} bytes, found ${picture.length}`);
    }
    bytes.set(picture);
  }

  /** Runs in a thread of its own. */
  async run(): Promise<void> {
    if (!this.#isOnCpu) await this.#library.callAsync('BindInput', ...this.#inputArguments());
    await this.#library.callAsync('RunWithBinding', this.#session, this.#runOptions, this.#binding);
    if (!this.#isOnCpu) this.#library.call('SynchronizeBoundOutputs', this.#binding);
  }

  /** Runs in this thread. */
  runHere(): void {
    if (!this.#isOnCpu) this.#library.call('BindInput', ...this.#inputArguments());
    this.#library.call('RunWithBinding', this.#session, this.#runOptions, this.#binding);
    if (!this.#isOnCpu) this.#library.call('SynchronizeBoundOutputs', this.#binding);
  }

  /**
   * A copy of the bound output, in the memory given for it or in fresh memory.
   * @throws CyclopsError `ENGINE_FAILED` if that memory has another size.
   */
  depth(place?: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
    const { bytes } = this.#output;
    if (place === undefined) return new Float32Array(bytes.slice().buffer);
    if (place.byteLength !== bytes.length) {
      throw new CyclopsError(
        'ENGINE_FAILED',
        `expected memory for ${bytes.length} bytes of depth, found ${place.byteLength}`,
      );
    }
    new Uint8Array(place.buffer, place.byteOffset, place.byteLength).set(bytes);
    return place;
  }

  /** A copy of the second output; undefined where the package has none. */
  confidence(): Float32Array<ArrayBuffer> | undefined {
    return this.#confidence && new Float32Array(this.#confidence.bytes.slice().buffer);
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
    this.#library.release('ReleaseValue', this.#inputValue);
    this.#library.release('ReleaseValue', this.#outputValue);
    if (this.#confidenceValue !== undefined) this.#library.release('ReleaseValue', this.#confidenceValue);
    this.#library.release('ReleaseMemoryInfo', this.#memory);
    this.#input.free();
    this.#output.free();
    this.#confidence?.free();
  }

  /** Off the CPU, binding an input copies it to the device: bound once, every frame would show the first picture. */
  #inputArguments(): [Pointer, string, Pointer] {
    return [this.#binding, this.#signature.inputName, this.#inputValue];
  }

  #value(buffer: NativeBuffer, shape: readonly number[], type: number): Pointer {
    const dimensions = BigInt64Array.from(shape, BigInt);
    const { pointer, bytes } = buffer;
    return this.#library.create(
      'CreateTensorWithDataAsOrtValue',
      this.#memory,
      pointer,
      bytes.length,
      dimensions,
      dimensions.length,
      type,
    );
  }
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
