// The embedded database in a thread of its own: PGlite computes synchronously, and a checkpoint or a long query would make the
// audio of every call late. Plain JavaScript, so that the thread starts without a TypeScript loader.
//
// Takes  { id, sql, parameters }  and answers  { id, rows }  or  { id, error: { message, code } };  { id, close: true }  ends it.
// The first answer has id 0: the database is open, or why not.
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';

const describe = (error) => ({
  message: error instanceof Error ? error.message : String(error),
  code: error instanceof Error && typeof error.code === 'string' ? error.code : undefined,
});

// PostgreSQL's defaults are for a server of its own: 128 MB of buffers, most of it never used here.
const startParams = [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB', '-c', 'max_wal_size=64MB'];

let database;
try {
  database = await PGlite.create(workerData.directory, { startParams });
  parentPort.postMessage({ id: 0, rows: [] });
} catch (error) {
  parentPort.postMessage({ id: 0, error: describe(error) });
}

parentPort.on('message', ({ id, sql, parameters, close }) => {
  const work = close
    ? database.close().then(() => [])
    : database.query(sql, parameters).then(({ rows }) => rows);
  work
    .then(
      (rows) => parentPort.postMessage({ id, rows }),
      (error) => parentPort.postMessage({ id, error: describe(error) }),
    )
    .finally(() => {
      if (close) parentPort.close();
    });
});
