import { createHash } from 'node:crypto';

/** A short hash of a JSON value that does not depend on the order of names in its blocks. */
export function digestOf(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('hex')
    .slice(0, 16);
}

/** Eight digits that belong to a text: the same text always has the same ones. For numbers that callers keep. */
export function referenceOf(text: string): string {
  const hash = createHash('sha256').update(text).digest();
  return String(hash.readUIntBE(0, 6) % 100_000_000).padStart(8, '0');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}
