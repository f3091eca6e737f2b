import type { Logger } from '../core/log.ts';

/** Logs a kind of oddity once per call, so that a peer that repeats itself cannot flood the log. */
export function createNotices(
  log: Logger,
): (kind: string, fields: Record<string, unknown>, message: string) => void {
  const seen = new Set<string>();
  return (kind, fields, message) => {
    // A peer that invents new kinds without end is not worth remembering each of them.
    if (seen.has(kind) || seen.size >= 100) return;
    seen.add(kind);
    log.warn(fields, message);
  };
}
