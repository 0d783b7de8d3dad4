/** `[ADDRESS:]PORT` of a command line as settings; undefined where it is neither. */
export function parseListenAddress(text: string): { address?: string; port: number } | undefined {
  const match = /^(?:([\d.]+):)?(\d+)$/.exec(text);
  if (match === null) return undefined;
  const address = match[1];
  return { ...(address === undefined ? {} : { address }), port: Number(match[2]) };
}

/** A socket whose kernel buffer holds a whole key frame: the default of 208 KiB drops parts of large ones. */
export function udpReceiver({ address, port }: { address: string; port: number }): string {
  return `udpsrc address=${address} port=${port} buffer-size=2097152`;
}
