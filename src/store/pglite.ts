import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { KefuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { takeDataLock, type DataLock } from './data-lock.ts';
import { toDatabaseError } from './database-error.ts';
import type { Database, Queryable, Row } from './database.ts';

/** Making a new database on a slow, busy machine takes a while. */
const openTimeoutMs = 120_000;
const answerTimeoutMs = 30_000;
const closeTimeoutMs = 5_000;
/**
 * PGlite has none of PostgreSQL's background processes: without these its write-ahead log and its dead rows would grow for ever.
 * The log is what a start after a crash has to replay, so this also bounds the time of such a start.
 */
const defaultCheckpointEveryMs = 5 * 60_000;
const checkpointsPerVacuum = 12;

interface Answer {
  readonly id: number;
  readonly rows?: readonly Row[];
  readonly error?: { readonly message: string; readonly code: string | undefined };
}

/**
 * Opens the embedded database in a folder, in a thread of its own. One connection: what is asked runs one after the other.
 * What has been committed survives the death of this process, but not a power failure (PGlite does not wait for the disk).
 *
 * @throws KefuError `store_locked` when another process uses the folder, `store_unavailable` when it cannot be opened.
 */
export async function openPglite(
  directory: string,
  log?: Logger,
  checkpointEveryMs = defaultCheckpointEveryMs,
): Promise<Database> {
  let lock: DataLock;
  try {
    mkdirSync(dirname(directory), { recursive: true });
    lock = await takeDataLock(`${directory}.lock`, log);
  } catch (error) {
    if (error instanceof KefuError) throw error;
    throw new KefuError('store_unavailable', `The data folder cannot be used: ${String(error)}`, {
      cause: error,
    });
  }
  const connection = new PgliteConnection(directory);
  try {
    await makeDatabase(directory);
    await connection.open();
  } catch (error) {
    await connection.close();
    lock.release();
    const { message } = toDatabaseError(error);
    throw new KefuError('store_unavailable', `The database in ${directory} cannot be opened. ${message}`, {
      cause: error,
    });
  }

  /** The last thing asked for; the next waits for it, so that nothing gets into another's transaction. */
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
  const direct: Queryable = { query: (sql, parameters) => connection.ask(sql, parameters) };
  let closing: Promise<void> | undefined;

  let checkpoints = 0;
  const housekeeping = setInterval(() => {
    checkpoints += 1;
    const work = async (): Promise<void> => {
      if (checkpoints % checkpointsPerVacuum === 0) await direct.query('vacuum');
      await direct.query('checkpoint');
    };
    inTurn(work).catch((error: unknown) => {
      // Without consequence but that the next time has more to do.
      log?.warn({ err: error }, 'the housekeeping of the database failed');
    });
  }, checkpointEveryMs);
  housekeeping.unref();

  return {
    kind: 'pglite',
    query: (sql, parameters) => inTurn(() => direct.query(sql, parameters)),
    transaction: (work) =>
      inTurn(async () => {
        await direct.query('begin');
        try {
          const result = await work(direct);
          await direct.query('commit');
          return result;
        } catch (error) {
          // A thread that has died took its transaction with it; then only the first error tells something.
          await direct.query('rollback').catch(() => undefined);
          throw error;
        }
      }),
    close: () =>
      (closing ??= inTurn(async () => {
        clearInterval(housekeeping);
        await connection.close();
        lock.release();
      })),
  };
}

/**
 * Makes an empty database where there is none. It grows under another name, so that one that was interrupted is never taken for
 * whole, and in a thread of its own, since making it takes some hundred megabytes that only the end of the thread gives back.
 */
async function makeDatabase(directory: string): Promise<void> {
  if (existsSync(join(directory, 'PG_VERSION'))) return;
  if (existsSync(directory)) {
    if (readdirSync(directory).length > 0) throw new Error('The folder holds something that is no database.');
    rmdirSync(directory);
  }
  const draft = `${directory}.new`;
  rmSync(draft, { recursive: true, force: true });
  const connection = new PgliteConnection(draft);
  try {
    await connection.open();
  } finally {
    await connection.close();
  }
  renameSync(draft, directory);
}

/** The thread with the database. When it dies, what was asked fails, and the next question starts another. */
class PgliteConnection {
  readonly #directory: string;
  #thread: { readonly worker: Worker; readonly opened: Promise<unknown> } | undefined;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lastId = 0;
  #closed = false;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async open(): Promise<void> {
    await this.#start().opened;
  }

  async ask(sql: string, parameters: readonly unknown[] = []): Promise<readonly Row[]> {
    if (this.#closed) throw new KefuError('store_unavailable', 'The database is closed.');
    const { worker, opened } = this.#thread ?? this.#start();
    await opened;
    this.#lastId += 1;
    const answer = this.#answer(worker, this.#lastId, answerTimeoutMs);
    worker.postMessage({ id: this.#lastId, sql, parameters });
    return answer;
  }

  /** Closes the database, by force if it does not close in time. */
  async close(): Promise<void> {
    this.#closed = true;
    const thread = this.#thread;
    if (!thread) return;
    const exited = new Promise<void>((resolve) => {
      thread.worker.once('exit', () => resolve());
    });
    this.#lastId += 1;
    const answer = this.#answer(thread.worker, this.#lastId, closeTimeoutMs);
    thread.worker.postMessage({ id: this.#lastId, close: true });
    // Either way the thread ends: by itself, or by the timeout of the answer. Committed rows are safe in both cases.
    await answer.catch(() => undefined);
    await exited;
  }

  #start(): { readonly worker: Worker; readonly opened: Promise<unknown> } {
    const worker = new Worker(new URL('./pglite-thread.js', import.meta.url), {
      name: 'database',
      workerData: { directory: this.#directory },
      execArgv: [],
    });
    let reason = 'it ended unexpectedly';
    worker.on('message', (answer: Answer) => {
      this.#waiting.get(answer.id)?.(answer);
    });
    worker.on('error', (error: unknown) => {
      reason = String(error);
    });
    worker.once('exit', () => {
      if (this.#thread?.worker === worker) this.#thread = undefined;
      const error = { message: `the database thread failed: ${reason}`, code: undefined };
      for (const [id, settle] of [...this.#waiting]) settle({ id, error });
    });
    const opened = this.#answer(worker, 0, openTimeoutMs);
    // Whoever asks gets the failure; a thread that could not open the database is of no use.
    opened.catch(() => void worker.terminate());
    this.#thread = { worker, opened };
    return this.#thread;
  }

  #answer(worker: Worker, id: number, timeoutMs: number): Promise<readonly Row[]> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        settle({ id, error: { message: `no answer within ${timeoutMs} ms`, code: undefined } });
        void worker.terminate();
      }, timeoutMs);
      const settle = ({ rows, error }: Answer): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        if (error) reject(toDatabaseError(Object.assign(new Error(error.message), { code: error.code })));
        else resolve(rows ?? []);
      };
      this.#waiting.set(id, settle);
    });
  }
}
