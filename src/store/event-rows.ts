import { z } from 'zod';
import { KefuError } from '../core/errors.ts';
import type { CallEvent } from '../core/events.ts';
import type { Database, Queryable } from './database.ts';

const keyRow = z.object({ call_id: z.string(), seq: z.coerce.number() });
const keptRow = keyRow.extend({ body: z.string() });
const keyOf = (callId: string, seq: number): string => `${callId}/${seq}`;

/**
 * Writes events in one transaction. An event that is there already, word for word, counts as written: a write whose answer was
 * lost may be repeated.
 *
 * @returns Events that were refused since another one has their number, with the reason; all the others are durable.
 * @throws KefuError when nothing was written.
 */
export async function writeEvents(
  database: Database,
  events: readonly CallEvent[],
): Promise<ReadonlyMap<CallEvent, KefuError>> {
  return database.transaction(async (transaction) => {
    const rows = events.map((event) => ({ event, body: JSON.stringify(event.body) }));
    const inserted = await transaction.query(
      `insert into call_events (call_id, seq, at_epoch_ms, type, body)
       select call_id, seq, at_epoch_ms, type, body::json
       from unnest($1::text[], $2::int[], $3::bigint[], $4::text[], $5::text[])
         as event (call_id, seq, at_epoch_ms, type, body)
       on conflict (call_id, seq) do nothing
       returning call_id, seq`,
      [
        rows.map(({ event }) => event.callId),
        rows.map(({ event }) => event.seq),
        rows.map(({ event }) => Math.round(event.atEpochMs)),
        rows.map(({ event }) => event.body.type),
        rows.map(({ body }) => body),
      ],
    );
    const written = new Set(
      inserted.map((row) => keyRow.parse(row)).map((row) => keyOf(row.call_id, row.seq)),
    );
    const refused = new Map<CallEvent, KefuError>();
    if (written.size < rows.length) {
      for (const event of await conflicting(transaction, rows))
        refused.set(
          event,
          new KefuError(
            'internal',
            `Event ${event.seq} of call ${event.callId} is kept already, and is another one.`,
          ),
        );
    }
    for (const { event } of rows) if (!refused.has(event)) await updateSummary(transaction, event);
    return refused;
  });
}

/** The events whose number belongs to another event. */
async function conflicting(
  transaction: Queryable,
  rows: readonly { readonly event: CallEvent; readonly body: string }[],
): Promise<readonly CallEvent[]> {
  const kept = await transaction.query(
    `select call_id, seq, body::text as body from call_events
     where (call_id, seq) in (select * from unnest($1::text[], $2::int[]))`,
    [rows.map(({ event }) => event.callId), rows.map(({ event }) => event.seq)],
  );
  const bodies = new Map(
    kept.map((row) => keptRow.parse(row)).map((row) => [keyOf(row.call_id, row.seq), row.body]),
  );
  return rows
    .filter(({ event, body }) => bodies.get(keyOf(event.callId, event.seq)) !== body)
    .map(({ event }) => event);
}

/** A text from outside without the one character that PostgreSQL cannot keep. */
const storable = (text: string): string => text.replaceAll('\u0000', '');

async function updateSummary(transaction: Queryable, { callId, atEpochMs, body }: CallEvent): Promise<void> {
  if (body.type === 'call-started') {
    // A call that comes back after its end (a transfer that nobody took) is open again.
    await transaction.query(
      `insert into calls
         (call_id, gateway, gateway_call_id, channel, from_address, to_address, language, started_at_epoch_ms)
       values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict (call_id) do update set ended_at_epoch_ms = null, outcome = null`,
      [
        callId,
        body.gateway,
        storable(body.gatewayCallId),
        body.channel,
        storable(body.from),
        storable(body.to),
        body.language,
        Math.round(atEpochMs),
      ],
    );
  } else if (body.type === 'call-ended') {
    await transaction.query('update calls set ended_at_epoch_ms = $2, outcome = $3 where call_id = $1', [
      callId,
      Math.round(atEpochMs),
      body.outcome,
    ]);
  }
}
