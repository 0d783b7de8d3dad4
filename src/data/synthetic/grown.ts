/** Copies a column into a longer one, which is returned: how columns of unknown length grow. */
export function grown<T extends Float32Array | Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array>(
  old: T,
  longer: T,
): T {
  longer.set(old);
  return longer;
}
