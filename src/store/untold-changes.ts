import { z } from 'zod';
import { callingNumber, type FinishedChange, type UntoldChangeStore } from '../core/changes.ts';
import type { Clock } from '../core/clock.ts';
import type { Database } from './database.ts';

/** Whoever wonders what came of a call asks within a week; later the order itself has moved on, and telephone numbers change hands. */
export const untoldLifeMs = 7 * 24 * 60 * 60 * 1000;

const changeRow = z.object({
  call_id: z.string(),
  task_id: z.string(),
  operation: z.string(),
  order_id: z.string().nullable(),
  code: z.string().nullable(),
});

/** Changes that finished after their callers had gone, in the database of the calls. */
export function createUntoldChangeStore(
  database: Database,
  { clock }: { readonly clock: Clock },
): UntoldChangeStore {
  const now = (): number => Math.round(clock.epochMs());
  return {
    async keep(from, changes) {
      const number = callingNumber(from);
      if (number === undefined) return;
      await database.transaction(async (transaction) => {
        await transaction.query('delete from untold_changes where expires_at_epoch_ms <= $1', [now()]);
        for (const { callId, taskId, operation, orderId, code } of changes)
          await transaction.query(
            `insert into untold_changes
               (call_id, task_id, from_address, operation, order_id, code, finished_at_epoch_ms, expires_at_epoch_ms)
             values ($1, $2, $3, $4, $5, $6, $7, $8)
             on conflict (call_id, task_id) do update set code = excluded.code`,
            [callId, taskId, number, operation, orderId, code, now(), now() + untoldLifeMs],
          );
      });
    },
    async find(from) {
      const number = callingNumber(from);
      if (number === undefined) return [];
      const rows = await database.query(
        `select call_id, task_id, operation, order_id, code from untold_changes
         where from_address = $1 and expires_at_epoch_ms > $2
         order by finished_at_epoch_ms, call_id, task_id`,
        [number, now()],
      );
      return rows
        .map((row) => changeRow.parse(row))
        .map(({ call_id: callId, task_id: taskId, order_id: orderId, operation, code }): FinishedChange => ({
          callId,
          taskId,
          operation,
          orderId,
          code,
        }));
    },
    async markTold({ callId, taskId }) {
      await database.query('delete from untold_changes where call_id = $1 and task_id = $2', [
        callId,
        taskId,
      ]);
    },
    async forgetCall(callId) {
      await database.query('delete from untold_changes where call_id = $1', [callId]);
    },
  };
}
