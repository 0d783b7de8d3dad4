/** The part of gstreamer-superficial 1.7.4 that child.ts uses; the package ships no types. */
declare module 'gstreamer-superficial' {
  class Pipeline {
    /** @throws Error on a launch text that cannot be parsed, or names an element that is not installed. */
    constructor(launch: string);
    play(): void;
    stop(): void;
    /** @param flags GstSeekFlags. */
    seek(seconds: number, flags: number): boolean;
    /** Calls back for each message of the bus; ends by itself where the pipeline's state is NULL. */
    pollBus(callback: (message: never) => void): void;
  }
  const gstreamer: { readonly Pipeline: typeof Pipeline };
  export default gstreamer;
}
