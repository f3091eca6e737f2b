import { z } from 'zod';
import type { FailureStore, Session, SessionStore } from '../core/people.ts';
import type { Database, Row } from './database.ts';

const sessionRow = z.object({
  session_id: z.string(),
  person_id: z.string(),
  started_at_epoch_ms: z.coerce.number(),
  seen_at_epoch_ms: z.coerce.number(),
  address: z.string(),
  browser: z.string(),
});
const sessionColumns = Object.keys(sessionRow.shape).join(', ');
const idRow = z.object({ session_id: z.string() });
const failuresRow = z.object({ count: z.coerce.number(), last_at_epoch_ms: z.coerce.number() });

function toSession(row: Row): Session {
  const read = sessionRow.parse(row);
  return {
    id: read.session_id,
    personId: read.person_id,
    startedAtEpochMs: read.started_at_epoch_ms,
    seenAtEpochMs: read.seen_at_epoch_ms,
    address: read.address,
    browser: read.browser,
  };
}

/** Sessions in the database of the calls. */
export function createSessionStore(database: Database): SessionStore {
  return {
    async add({ id, personId, startedAtEpochMs, seenAtEpochMs, address, browser }, tokenHash) {
      await database.query(
        `insert into sessions (token_hash, ${sessionColumns}) values ($1, $2, $3, $4, $5, $6, $7)`,
        [tokenHash, id, personId, startedAtEpochMs, seenAtEpochMs, address, browser],
      );
    },
    async find(tokenHash) {
      const [row] = await database.query(`select ${sessionColumns} from sessions where token_hash = $1`, [
        tokenHash,
      ]);
      return row && toSession(row);
    },
    async seen(id, atEpochMs) {
      await database.query('update sessions set seen_at_epoch_ms = $2 where session_id = $1', [
        id,
        atEpochMs,
      ]);
    },
    async list(personId) {
      const rows = await database.query(
        `select ${sessionColumns} from sessions where person_id = $1 order by started_at_epoch_ms desc, session_id`,
        [personId],
      );
      return rows.map(toSession);
    },
    async remove(which) {
      const rows =
        'id' in which
          ? await database.query('delete from sessions where session_id = $1 returning session_id', [
              which.id,
            ])
          : await database.query(
              'delete from sessions where person_id = $1 and session_id <> $2 returning session_id',
              [which.personId, which.exceptId ?? ''],
            );
      return rows.map((row) => idRow.parse(row).session_id);
    },
    async removeOld({ startedBeforeEpochMs, seenBeforeEpochMs }) {
      await database.query('delete from sessions where started_at_epoch_ms < $1 or seen_at_epoch_ms < $2', [
        startedBeforeEpochMs,
        seenBeforeEpochMs,
      ]);
    },
  };
}

/** Failed log-ins in the database of the calls. */
export function createFailureStore(database: Database): FailureStore {
  return {
    change: (subject, change) =>
      database.transaction(async (transaction) => {
        // Changing the row to what it is locks it, and makes it when it is missing.
        const [row] = await transaction.query(
          `insert into login_failures (subject, count, last_at_epoch_ms) values ($1, 0, 0)
           on conflict (subject) do update set subject = excluded.subject returning count, last_at_epoch_ms`,
          [subject],
        );
        const { count, last_at_epoch_ms } = failuresRow.parse(row);
        const before = { count, lastAtEpochMs: last_at_epoch_ms };
        const after = change(before);
        if (after.count !== before.count || after.lastAtEpochMs !== before.lastAtEpochMs)
          await transaction.query(
            'update login_failures set count = $2, last_at_epoch_ms = $3 where subject = $1',
            [subject, after.count, after.lastAtEpochMs],
          );
        return before;
      }),
    async forgetBefore(epochMs) {
      await database.query('delete from login_failures where last_at_epoch_ms < $1', [epochMs]);
    },
  };
}
