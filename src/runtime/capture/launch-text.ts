/** A value inside a launch text: quoted, so that no character of a path can end it or add an element. */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** A rate as GStreamer writes it: 30/1, 30000/1001 for 29.97. */
export function fraction(fps: number): string {
  if (Number.isInteger(fps)) return `${fps}/1`;
  const ntsc = Math.round(fps * 1.001);
  if (Math.abs((ntsc * 1000) / 1001 - fps) < 0.005) return `${ntsc * 1000}/1001`;
  return `${Math.round(fps * 1000)}/1000`;
}

/** Names of the elements in a launch text that consists of elements and caps between exclamation marks. */
export function elementNames(launch: string): string[] {
  const unquoted = launch.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  return unquoted
    .split('!')
    .map((part) => /^\s*([\w-]+)(?=\s|$)/.exec(part)?.[1])
    .filter((name) => name !== undefined);
}
