import type { Logger } from '../core/log.ts';
import { migrate } from './migrations.ts';
import { openPglite } from './pglite.ts';
import { openPostgres } from './postgres.ts';

/** A row as the driver gives it. Whole numbers of 8 bytes may come as strings: coerce them. */
export type Row = Readonly<Record<string, unknown>>;

/** Runs one SQL statement with parameters `$1` and so on. Rejects with `store_unavailable`, or `internal` for a wrong statement. */
export interface Queryable {
  query(sql: string, parameters?: readonly unknown[]): Promise<readonly Row[]>;
}

/** The one database of a Kefu process. The same SQL runs on both kinds. */
export interface Database extends Queryable {
  readonly kind: 'pglite' | 'postgres';
  /** Runs `work` in a transaction: all of it is kept, or, when it rejects, nothing. Use only the `Queryable` it is given. */
  transaction<T>(work: (transaction: Queryable) => Promise<T>): Promise<T>;
  /** Waits for what is running, at most some seconds. Idempotent. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Address of a PostgreSQL server; undefined: the embedded PGlite. */
  readonly url: string | undefined;
  /** Folder of the embedded database; made when it is missing. */
  readonly directory: string;
  /** Gets what goes wrong where nobody waits for an answer. */
  readonly log?: Logger;
}

/**
 * Opens the database and brings its tables up to date.
 *
 * @throws KefuError `store_locked` when another Kefu uses the folder, `store_unavailable` when the server cannot be reached,
 * the folder cannot be used, or the tables were made by a newer Kefu.
 */
export async function openDatabase({ url, directory, log }: DatabaseOptions): Promise<Database> {
  const database = url === undefined ? await openPglite(directory, log) : await openPostgres(url, log);
  try {
    await migrate(database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}
