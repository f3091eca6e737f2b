import { z } from 'zod';
import { callbackSchema, type CallbackStore } from '../core/callbacks.ts';
import type { Logger } from '../core/log.ts';
import type { Database } from './database.ts';

const row = z.object({ callback: z.unknown() });

/** Promised calls, in the database of the calls. */
export function createCallbackStore(database: Database, log: Logger): CallbackStore {
  return {
    async keep(callback) {
      await database.query(
        `insert into callbacks (call_id, callback) values ($1, $2::json)
         on conflict (call_id) do update set callback = excluded.callback`,
        [callback.callId, JSON.stringify(callback)],
      );
    },
    async get(callId) {
      const [found] = await database.query('select callback from callbacks where call_id = $1', [callId]);
      if (!found) return undefined;
      const read = callbackSchema.safeParse(row.parse(found).callback);
      // A newer Kefu may have written it; whoever is on duty still sees the contact in the queue.
      if (!read.success) log.error({ callId }, 'a promised call in the database cannot be understood');
      return read.data;
    },
    async remove(callId) {
      await database.query('delete from callbacks where call_id = $1', [callId]);
    },
  };
}
