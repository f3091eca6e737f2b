import { KefuError } from '../core/errors.ts';

/**
 * Classes of SQLSTATE that no repetition can mend: wrong data (22), broken rules (23), wrong statements (42).
 * Everything else (connection lost, server shutting down, disk full, deadlock) may pass.
 */
const permanentClasses = new Set(['22', '23', '42']);

/** What a driver threw, as `store_unavailable`, or as `internal` when trying again cannot help. */
export function toDatabaseError(thrown: unknown): KefuError {
  if (thrown instanceof KefuError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const state = sqlState(thrown);
  const permanent = state !== undefined && permanentClasses.has(state.slice(0, 2));
  return new KefuError(permanent ? 'internal' : 'store_unavailable', `The database failed: ${message}`, {
    cause: thrown,
  });
}

/** The five characters with which PostgreSQL names an error, if it was PostgreSQL that named it. */
function sqlState(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' && /^[0-9A-Z]{5}$/.test(thrown.code) ? thrown.code : undefined;
}
