import { z } from 'zod';
import { queueEntrySchema, type QueueEntry } from '../core/handoff.ts';
import type { Logger } from '../core/log.ts';
import type { Database } from './database.ts';

/** Where the entries of a queue in memory outlive the process. */
export interface EntryTable {
  load(): Promise<readonly QueueEntry[]>;
  /** Keeps the last state of each entry; undefined removes it. All of them or none. */
  write(states: readonly { readonly id: string; readonly entry: QueueEntry | undefined }[]): Promise<void>;
}

const queueRow = z.object({ entry_id: z.string(), entry: z.unknown() });

/** The table of queue entries in the database of the calls. */
export function createEntryTable(database: Database, log: Logger): EntryTable {
  return {
    async load() {
      const rows = await database.query('select entry_id, entry from queue_entries order by entry_id');
      return rows.flatMap((row) => {
        const { entry_id: id, entry } = queueRow.parse(row);
        const read = queueEntrySchema.safeParse(entry);
        // One row that nobody can read, as after a step back to an older Kefu, must not keep the process from starting.
        if (!read.success)
          log.error({ entry: id }, 'an entry of the queue in the database cannot be understood');
        return read.success ? [read.data] : [];
      });
    },
    write: (states) =>
      database.transaction(async (transaction) => {
        for (const { id, entry } of states) {
          if (entry)
            await transaction.query(
              `insert into queue_entries (entry_id, entry) values ($1, $2::json)
               on conflict (entry_id) do update set entry = excluded.entry`,
              [id, JSON.stringify(entry)],
            );
          else await transaction.query('delete from queue_entries where entry_id = $1', [id]);
        }
      }),
  };
}
