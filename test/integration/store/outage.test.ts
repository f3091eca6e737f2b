import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { createCallStore } from '../../../src/store/calls.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { callStarted, eventScript, noted } from '../../support/call-events.ts';
import { createCapturedLog } from '../../support/captured-log.ts';
import { startPostgres, type TestServer } from '../../support/servers.ts';

describe('a PostgreSQL server', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.close());

  it('gets its tables once when several nodes start together', async () => {
    const nodes = await Promise.all(
      Array.from({ length: 4 }, () => openDatabase({ url: server.url, directory: '' })),
    );
    const rows = await nodes[0]?.query('select version from kefu_migrations order by version');
    // Each migration ran in one of the four, and in no other.
    expect(rows?.map(({ version }) => Number(version))).toEqual(rows?.map((_, index) => index + 1));
    expect(rows?.length).toBeGreaterThan(0);
    await Promise.all(nodes.map((node) => node.close()));
  });

  it('with the tables of a newer Kefu is refused', async () => {
    const database = await openDatabase({ url: server.url, directory: '' });
    await database.query('insert into kefu_migrations (version) values (1000)');
    await expect(openDatabase({ url: server.url, directory: '' })).rejects.toThrow(/version 1000/);
    await database.query('delete from kefu_migrations where version = 1000');
    await database.close();
  });

  it('that closes connections in the middle loses no event and keeps none twice', async () => {
    const database = await openDatabase({ url: server.url, directory: '' });
    const other = await openDatabase({ url: server.url, directory: '' });
    const store = createCallStore(database, { clock: systemClock, log: createCapturedLog() });
    const script = eventScript();
    const events = [script.next(callStarted())];
    const writes = [store.append(events[0] ?? script.next(callStarted()))];
    for (let round = 0; round < 10; round += 1) {
      for (let index = 0; index < 50; index += 1) {
        const event = script.next(noted({ round, index }));
        events.push(event);
        writes.push(store.append(event));
        if (index % 10 === 0) await delay(1);
      }
      await other.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where application_name = 'kefu' and pid <> pg_backend_pid()`,
      );
    }
    await Promise.all(writes);
    expect(await store.events(script.callId, 0)).toEqual(events);
    await store.close();
    await Promise.all([database.close(), other.close()]);
  });

  it('that is away makes events wait, and gets them in order when it is back', async () => {
    const log = createCapturedLog();
    const database = await openDatabase({ url: server.url, directory: '', log });
    const store = createCallStore(database, { clock: systemClock, log });
    const script = eventScript();
    const before = script.next(callStarted());
    await store.append(before);
    await server.kill();
    const during = Array.from({ length: 100 }, (_, index) => script.next(noted({ index })));
    const writes = during.map((event) => store.append(event));
    await expect.poll(() => store.ready(), { timeout: 20_000 }).toBe(false);
    await expect(store.events(script.callId, 0)).rejects.toMatchObject({ code: 'store_unavailable' });
    await server.restart();
    await Promise.all(writes);
    await expect.poll(() => store.ready(), { timeout: 20_000 }).toBe(true);
    expect(await store.events(script.callId, 0)).toEqual([before, ...during]);
    expect(log.find('the database is away: events wait to be written')).toHaveLength(1);
    expect(log.find('the database is back: events are written again')).toHaveLength(1);
    await store.close();
    await database.close();
  });

  it('that cannot be reached is a clear error, without the password', async () => {
    const url = 'postgres://kefu:secret@127.0.0.1:1/kefu';
    const failure = await openDatabase({ url, directory: '' }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'store_unavailable' });
    expect(String(failure)).toContain('127.0.0.1:1/kefu');
    expect(String(failure)).not.toContain('secret');
  });
});
