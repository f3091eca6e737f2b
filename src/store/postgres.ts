import pg from 'pg';
import { KefuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { toDatabaseError } from './database-error.ts';
import type { Database, Queryable } from './database.ts';

/** Writing is one stream; the rest is for people who look at calls. */
const maxConnections = 4;
const connectTimeoutMs = 5_000;
const statementTimeoutMs = 10_000;
/** A server that does not even report its own timeout is taken as gone after this. */
const answerTimeoutMs = 12_000;

/**
 * Connects to a PostgreSQL server. Connections that are lost later are made anew by themselves.
 *
 * @throws KefuError `store_unavailable`, naming the server but not the password.
 */
export async function openPostgres(url: string, log?: Logger): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: answerTimeoutMs,
    application_name: 'kefu',
    keepAlive: true,
  });
  // An idle connection that breaks is replaced at the next query, which reports what is wrong if that fails, too.
  pool.on('error', (error) => log?.warn({ err: error }, 'a connection to the database was lost'));
  let closing: Promise<void> | undefined;

  const run = async (
    client: pg.Pool | pg.PoolClient,
    sql: string,
    parameters: readonly unknown[] = [],
  ): Promise<pg.QueryResultRow[]> => {
    try {
      return (await client.query<pg.QueryResultRow>(sql, [...parameters])).rows;
    } catch (error) {
      throw toDatabaseError(error);
    }
  };

  const connect = async (): Promise<pg.PoolClient> => {
    try {
      return await pool.connect();
    } catch (error) {
      throw toDatabaseError(error);
    }
  };

  const transaction = async <T>(work: (transaction: Queryable) => Promise<T>): Promise<T> => {
    const client = await connect();
    // Without a listener, a connection that breaks between two statements would end the process.
    const onError = (): void => undefined;
    client.on('error', onError);
    let broken = false;
    try {
      await run(client, 'begin');
      const result = await work({ query: (sql, parameters) => run(client, sql, parameters) });
      await run(client, 'commit');
      return result;
    } catch (error) {
      await run(client, 'rollback').catch(() => {
        // The connection itself is gone, and the transaction with it; `error` says why.
        broken = true;
      });
      throw error;
    } finally {
      client.off('error', onError);
      client.release(broken);
    }
  };

  try {
    await pool.query('select 1');
  } catch (error) {
    await pool.end();
    const { message } = toDatabaseError(error);
    throw new KefuError('store_unavailable', `PostgreSQL at ${placeOf(url)} cannot be used. ${message}`, {
      cause: error,
    });
  }
  return {
    kind: 'postgres',
    query: (sql, parameters) => run(pool, sql, parameters),
    transaction,
    close: () => (closing ??= pool.end()),
  };
}

/** Host, port and database of an address, without user and password. */
function placeOf(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `${host}${pathname}`;
  } catch {
    // The driver takes more forms of address than URL does.
    return 'the given address';
  }
}
