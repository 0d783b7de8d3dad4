/** Only the number of frames limits a queue: by bytes or time, a large one would exceed it by itself. */
export const noOtherLimit = 'max-size-bytes=0 max-size-time=0';

/**
 * What cannot wait (a camera) goes through a queue of one that throws its content away for a newer frame; the source's
 * own frame count then tells how many were lost. One right behind the source, so that a machine too slow to resize every
 * frame does not fall behind the camera; one before the pipe, so that a busy reader does not.
 */
export const leakyQueue = `queue leaky=downstream max-size-buffers=1 ${noOtherLimit}`;
