import { z } from 'zod';
import type { AuditEntry, AuditLog } from '../core/audit.ts';
import type { Clock } from '../core/clock.ts';
import type { Database, Row } from './database.ts';

const entryRow = z.object({
  entry_id: z.coerce.number(),
  at_epoch_ms: z.coerce.number(),
  person_id: z.string().nullable(),
  actor: z.string(),
  address: z.string().nullable(),
  action: z.string(),
  subject: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
});
const entryColumns = Object.keys(entryRow.shape).join(', ');

function toEntry(row: Row): AuditEntry {
  const { entry_id, at_epoch_ms, person_id, actor, address, action, subject, details } = entryRow.parse(row);
  return {
    id: entry_id,
    atEpochMs: at_epoch_ms,
    actor: { personId: person_id, name: actor, address },
    action,
    subject,
    details,
  };
}

/** The audit log in the database of the calls; there, triggers refuse to change or remove what was written. */
export function createAuditLog(database: Database, { clock }: { readonly clock: Clock }): AuditLog {
  return {
    async record({ actor, action, subject, details }) {
      await database.query(
        `insert into audit_log (at_epoch_ms, person_id, actor, address, action, subject, details)
         values ($1, $2, $3, $4, $5, $6, $7::json)`,
        [
          Math.round(clock.epochMs()),
          actor.personId,
          actor.name,
          actor.address,
          action,
          subject,
          JSON.stringify(details),
        ],
      );
    },
    async list({ limit, before, personId, action }) {
      const rows = await database.query(
        `select ${entryColumns} from audit_log
         where ($2::bigint is null or entry_id < $2) and ($3::text is null or person_id = $3)
           and ($4::text is null or action = $4 or starts_with(action, $4 || '.'))
         order by entry_id desc limit $1`,
        [limit, before ?? null, personId ?? null, action ?? null],
      );
      return rows.map(toEntry);
    },
  };
}
