import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { FigureAmount, FigureStore } from '../core/figures.ts';
import type { Database } from './database.ts';

const amountRow = z.object({
  subject: z.enum(['queue', 'agent', 'reason', 'shop']),
  name: z.string(),
  measure: z.string(),
  amount: z.coerce.number(),
});

/**
 * Figures in the database of the calls. Every store made by this has rows of its own, so that nodes never overwrite each other and
 * a write whose answer was lost may be repeated; a day is the sum of all rows.
 */
export function createFigureStore(database: Database): FigureStore {
  const writerId = randomUUID();
  return {
    async keep(day, amounts) {
      await database.query(
        `insert into figures (day, writer_id, subject, name, measure, amount)
         select $1, $2, subject, name, measure, amount
         from unnest($3::text[], $4::text[], $5::text[], $6::float8[]) as kept (subject, name, measure, amount)
         on conflict (day, writer_id, subject, name, measure) do update set amount = excluded.amount`,
        [
          day,
          writerId,
          amounts.map(({ subject }) => subject),
          amounts.map(({ name }) => name),
          amounts.map(({ measure }) => measure),
          amounts.map(({ amount }) => amount),
        ],
      );
    },
    async sum(day) {
      const rows = await database.query(
        `select subject, name, measure, sum(amount) as amount from figures
         where day = $1 group by subject, name, measure order by subject, name, measure`,
        [day],
      );
      return rows.map((row): FigureAmount => amountRow.parse(row));
    },
  };
}
