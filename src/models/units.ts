/** `12.3 MB`, in millions of bytes, as package indexes show sizes. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
