import { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import { KefuError } from '../core/errors.ts';
import { callEventBodySchema, type CallEvent } from '../core/events.ts';
import { languageSchema } from '../core/language.ts';
import type { Logger } from '../core/log.ts';
import type { CallStore, CallSummary } from '../core/store.ts';
import type { Database, Row } from './database.ts';
import { writeEvents } from './event-rows.ts';
import { createEventWriter } from './event-writer.ts';

export interface CallStoreOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Tells whether a call has a recording; without it no call has one. */
  readonly hasRecording?: (callId: string) => Promise<boolean>;
  /** How many events may wait while the database is away; 20,000 by default, some ten megabytes. */
  readonly maxBufferedEvents?: number;
}

/** How long `ready` waits for an answer. */
const readyTimeoutMs = 2_000;
/** How long `close` waits for the last events. */
const closeTimeoutMs = 5_000;

const summaryRow = z.object({
  call_id: z.string(),
  gateway: z.string(),
  channel: z.enum(['voice', 'text']),
  from_address: z.string(),
  to_address: z.string(),
  language: languageSchema,
  started_at_epoch_ms: z.coerce.number(),
  ended_at_epoch_ms: z.coerce.number().nullable(),
  outcome: z.string().nullable(),
});
const summaryColumns = Object.keys(summaryRow.shape).join(', ');

const eventRow = z.object({
  seq: z.coerce.number(),
  at_epoch_ms: z.coerce.number(),
  type: z.string(),
  body: z.unknown(),
});

/**
 * The calls and their events in the database.
 *
 * While a write is under way, events gather; they go out together as the next one. When the database is away they wait in order,
 * up to a bound, and are written when it is back. `append` rejects only when the event will never be kept: with `internal` when
 * the database refuses this very event, with `store_unavailable` when the bound is reached or the store was closed first.
 * Reads see everything appended before them.
 */
export function createCallStore(database: Database, options: CallStoreOptions): CallStore {
  const { clock, log } = options;
  const writer = createEventWriter({
    write: (events) => writeEvents(database, events),
    clock,
    log,
    maxBuffered: options.maxBufferedEvents ?? 20_000,
  });
  let closing: Promise<void> | undefined;

  const read = async (sql: string, parameters: readonly unknown[]): Promise<readonly Row[]> => {
    await writer.settled();
    return database.query(sql, parameters);
  };

  const toSummary = async (row: Row): Promise<CallSummary> => {
    const parsed = summaryRow.parse(row);
    return {
      callId: parsed.call_id,
      gateway: parsed.gateway,
      channel: parsed.channel,
      from: parsed.from_address,
      to: parsed.to_address,
      language: parsed.language,
      startedAtEpochMs: parsed.started_at_epoch_ms,
      endedAtEpochMs: parsed.ended_at_epoch_ms,
      outcome: parsed.outcome,
      hasRecording: (await options.hasRecording?.(parsed.call_id)) ?? false,
    };
  };

  /** An event as it was kept, or undefined when this version of Kefu does not know what it is. */
  const toEvent = (callId: string, row: Row): CallEvent | undefined => {
    const { seq, at_epoch_ms: atEpochMs, type, body } = eventRow.parse(row);
    const parsed = callEventBodySchema.safeParse(body);
    if (parsed.success) return { callId, seq, atEpochMs, body: parsed.data };
    if (knownTypes.has(type)) log.warn({ callId, seq, event: type }, 'a kept event cannot be understood');
    return undefined;
  };

  return {
    append: (event) => writer.append(event),
    async list({ limit, before }) {
      if (before === undefined) {
        const rows = await read(
          `select ${summaryColumns} from calls order by started_at_epoch_ms desc, call_id desc limit $1`,
          [limit],
        );
        return Promise.all(rows.map(toSummary));
      }
      const [start] = await read('select started_at_epoch_ms from calls where call_id = $1', [before]);
      if (!start) throw new KefuError('not_found', `There is no call ${before} to list the calls before.`);
      const rows = await database.query(
        `select ${summaryColumns} from calls where (started_at_epoch_ms, call_id) < ($1::bigint, $2)
         order by started_at_epoch_ms desc, call_id desc limit $3`,
        [start.started_at_epoch_ms, before, limit],
      );
      return Promise.all(rows.map(toSummary));
    },
    async get(callId) {
      const [row] = await read(`select ${summaryColumns} from calls where call_id = $1`, [callId]);
      return row && toSummary(row);
    },
    async earlier({ callId, customerId, number, limit }) {
      const rows = await read(
        `select ${summaryColumns} from calls
         where started_at_epoch_ms < (select started_at_epoch_ms from calls where call_id = $1) and call_id in (
           select call_id from calls where from_address = $2 and from_address <> ''
           union
           select call_id from call_events where type = 'transfer' and body #>> '{briefing,customer,id}' = $3
         )
         order by started_at_epoch_ms desc, call_id desc limit $4`,
        [callId, number, customerId ?? null, limit],
      );
      return Promise.all(rows.map(toSummary));
    },
    async events(callId, after) {
      const rows = await read(
        'select seq, at_epoch_ms, type, body from call_events where call_id = $1 and seq > $2 order by seq',
        [callId, after],
      );
      return rows.map((row) => toEvent(callId, row)).filter((event) => event !== undefined);
    },
    flush: () => writer.flush(),
    async ready() {
      if (closing !== undefined || writer.failing) return false;
      let cancel: () => void = () => undefined;
      const limit = new Promise<boolean>((resolve) => {
        cancel = clock.setTimer(() => resolve(false), readyTimeoutMs);
      });
      const answer = database.query('select 1').then(
        () => true,
        (error: unknown) => {
          log.warn({ err: error }, 'the database does not answer');
          return false;
        },
      );
      const ready = await Promise.race([answer, limit]);
      cancel();
      return ready;
    },
    close: () => (closing ??= writer.close(closeTimeoutMs)),
  };
}

const knownTypes: ReadonlySet<string> = new Set(
  callEventBodySchema.options.map((option) => option.shape.type.value),
);
