import { KefuError } from '../../src/core/errors.ts';
import type { FigureAmount, FigureStore } from '../../src/core/figures.ts';

/** A database of figures in memory that can be away; every `open` is another process. */
export interface FakeFigureDatabase {
  away: boolean;
  /** Times that something was kept. */
  readonly writes: number;
  open(): FigureStore;
}

export function createFakeFigureDatabase(): FakeFigureDatabase {
  const rows = new Map<string, { readonly day: string; readonly amounts: readonly FigureAmount[] }>();
  let opened = 0;
  let writes = 0;
  const database: FakeFigureDatabase = {
    away: false,
    get writes() {
      return writes;
    },
    open() {
      opened += 1;
      const writer = opened;
      const whileThere = <T>(work: () => T): Promise<T> =>
        database.away
          ? Promise.reject(new KefuError('store_unavailable', 'The database is away.'))
          : Promise.resolve(work());
      return {
        keep: (day, amounts) =>
          whileThere(() => {
            writes += 1;
            rows.set(`${writer} ${day}`, { day, amounts });
          }),
        sum: (day) =>
          whileThere(() => [...rows.values()].flatMap((row) => (row.day === day ? row.amounts : []))),
      };
    },
  };
  return database;
}
