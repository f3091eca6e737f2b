import { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import { languageSchema } from '../core/language.ts';
import type { CallSnapshot, SnapshotStore } from '../core/store.ts';
import type { Database, Row } from './database.ts';

/** A call that nobody has continued for so long is over. */
export const snapshotLifeMs = 60 * 60 * 1000;
/** How often what has expired is swept out; it is never given out in between. */
const sweepEveryMs = 10 * 60 * 1000;

/** Checks what comes back from a database; the dialog's own fields are the dialog's affair. */
export const snapshotSchema: z.ZodType<CallSnapshot> = z.object({
  callId: z.string(),
  dialog: z.looseObject({ flowsVersion: z.string(), language: languageSchema, ended: z.boolean() }),
  lastSeq: z.number().int().nonnegative(),
  savedAtEpochMs: z.number(),
});

const snapshotRow = z.object({ snapshot: snapshotSchema });

/** Snapshots in the database of the calls. Changes of one call are carried out in the order they were asked for. */
export function createSqlSnapshotStore(
  database: Database,
  { clock }: { readonly clock: Clock },
): SnapshotStore {
  /** The last change asked for of each call. */
  const changes = new Map<string, Promise<unknown>>();
  let sweptAtMs = clock.nowMs();

  const inTurn = async <T>(callId: string, change: () => Promise<T>): Promise<T> => {
    const result = (changes.get(callId) ?? Promise.resolve()).then(change, change);
    changes.set(callId, result);
    try {
      return await result;
    } finally {
      if (changes.get(callId) === result) changes.delete(callId);
    }
  };

  const sweep = async (): Promise<void> => {
    if (clock.nowMs() - sweptAtMs < sweepEveryMs) return;
    sweptAtMs = clock.nowMs();
    await database.query('delete from call_snapshots where expires_at_epoch_ms <= $1', [now()]);
  };

  const now = (): number => Math.round(clock.epochMs());
  const toSnapshot = (row: Row | undefined): CallSnapshot | undefined =>
    row && snapshotRow.parse(row).snapshot;

  return {
    save: (snapshot) =>
      inTurn(snapshot.callId, async () => {
        await database.query(
          `insert into call_snapshots (call_id, snapshot, expires_at_epoch_ms) values ($1, $2::json, $3)
           on conflict (call_id) do update
           set snapshot = excluded.snapshot, expires_at_epoch_ms = excluded.expires_at_epoch_ms`,
          [snapshot.callId, JSON.stringify(snapshot), now() + snapshotLifeMs],
        );
        await sweep();
      }),
    load: (callId) =>
      inTurn(callId, async () => {
        const [row] = await database.query(
          'select snapshot from call_snapshots where call_id = $1 and expires_at_epoch_ms > $2',
          [callId, now()],
        );
        return toSnapshot(row);
      }),
    take: (callId) =>
      inTurn(callId, async () => {
        const [row] = await database.query(
          'delete from call_snapshots where call_id = $1 and expires_at_epoch_ms > $2 returning snapshot',
          [callId, now()],
        );
        return toSnapshot(row);
      }),
    remove: (callId) =>
      inTurn(callId, async () => {
        await database.query('delete from call_snapshots where call_id = $1', [callId]);
      }),
    async close() {
      await Promise.allSettled(changes.values());
    },
  };
}
