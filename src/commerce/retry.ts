/** Waits between attempts, and how a server may lengthen them. */
export interface BackoffOptions {
  /** Upper bound of the first wait; it doubles with each further one. */
  readonly baseMs: number;
  /** Upper bound of every wait. */
  readonly maxMs: number;
  /** A number from 0 up to 1, drawn anew for each wait. */
  readonly random: () => number;
}

/**
 * The wait before attempt `attempt + 1` (attempts are counted from 1), in milliseconds: half of it fixed and half random, so that
 * many calls that failed together do not come back together.
 */
export function backoffMs(attempt: number, { baseMs, maxMs, random }: BackoffOptions): number {
  const bound = Math.min(maxMs, baseMs * 2 ** (attempt - 1));
  return bound / 2 + (random() * bound) / 2;
}

/**
 * The wait a `Retry-After` header asks for, in milliseconds (RFC 9110, section 10.2.3: seconds or an HTTP date); undefined when the
 * header is missing or says neither.
 */
export function retryAfterMs(header: string | null, epochMs: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const date = /^[A-Za-z]{3},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - epochMs);
}
