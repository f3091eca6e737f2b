import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Database } from '../../../src/store/database.ts';
import { openPglite } from '../../../src/store/pglite.ts';

describe('the embedded database', () => {
  let folder: string;
  let database: Database;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kefu-pglite-'));
    database = await openPglite(join(folder, 'database'), undefined, 200);
  });
  afterAll(async () => {
    await database.close();
    await database.close();
    await expect(database.query('select 1')).rejects.toMatchObject({ code: 'store_unavailable' });
    rmSync(folder, { recursive: true });
  });

  it('cleans up behind itself, since it has no process that would', async () => {
    const checkpoint = async (): Promise<unknown> =>
      (await database.query('select redo_lsn::text from pg_control_checkpoint()'))[0]?.redo_lsn;
    await database.query('create table things (id integer primary key)');
    const before = await checkpoint();
    await database.query('insert into things select generate_series(1, 100)');
    await expect.poll(checkpoint, { timeout: 20_000 }).not.toBe(before);
  });

  it('computes beside the main thread: a long query does not hold up a timer', async () => {
    let ticks = 0;
    const ticking = setInterval(() => (ticks += 1), 1);
    const query = database.query('select count(*)::int as n from generate_series(1, 3000000) a');
    await query;
    clearInterval(ticking);
    expect(await query).toEqual([{ n: 3_000_000 }]);
    // On the main thread there would have been none.
    expect(ticks).toBeGreaterThan(5);
  });

  it('runs other queries before or after a transaction, never inside', async () => {
    await database.query('create table steps (step text)');
    const transaction = database.transaction(async (inside) => {
      await inside.query(`insert into steps values ('one')`);
      await new Promise((resolve) => setImmediate(resolve));
      await inside.query(`insert into steps values ('two')`);
      throw new Error('changed my mind');
    });
    const outside = database.query(`insert into steps values ('outside')`);
    await expect(transaction).rejects.toThrow('changed my mind');
    await outside;
    expect(await database.query('select step from steps')).toEqual([{ step: 'outside' }]);
  });

  it('starts again by itself when its thread dies: what was asked fails, what was committed is there', async () => {
    const posted = vi.spyOn(Worker.prototype, 'postMessage');
    await database.query('create table kept as select 7 as value');
    const thread = posted.mock.contexts.at(-1) as Worker;
    posted.mockRestore();
    const interrupted = database.query('select count(*) from generate_series(1, 100000000) a');
    const refused = expect(interrupted).rejects.toMatchObject({ code: 'store_unavailable' });
    await thread.terminate();
    await refused;
    expect(await database.query('select value from kept')).toEqual([{ value: 7 }]);
  });
});
