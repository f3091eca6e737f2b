import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { createMemoryQueueStore } from '../../../src/store/memory-handoff.ts';
import { createEntryTable } from '../../../src/store/queue-entries.ts';
import { createRedisQueueStore } from '../../../src/store/redis-handoff.ts';
import { createCapturedLog } from '../../support/captured-log.ts';
import { describeQueueStore } from '../../support/handoff-contract.ts';
import { entryOf } from '../../support/handoff-fixtures.ts';
import { startRedis, type TestServer } from '../../support/servers.ts';
import { databaseKinds, type DatabaseUnderTest } from '../store/databases.ts';

const log = createCapturedLog();
const pass = (ms: number): Promise<void> => delay(ms);

describe.each(databaseKinds)('with entries kept in $kind', (tested) => {
  let under: DatabaseUnderTest;
  beforeAll(async () => {
    under = await tested.open();
  });
  afterAll(() => under.close());

  const open = () =>
    createMemoryQueueStore({
      clock: systemClock,
      log,
      table: createEntryTable(under.database, log),
    });

  describeQueueStore('memory', async () => {
    await under.database.query('delete from queue_entries');
    const store = await open();
    return { store, other: store, pass, close: () => store.close() };
  });

  it('a process that starts again finds the entries of the one before as they were', async () => {
    await under.database.query('delete from queue_entries');
    const before = await open();
    const kept = entryOf('call_1', {
      reason: '客服 \u0000',
      progress: { state: 'serving', agentId: 'a', sinceEpochMs: 5 },
    });
    await before.commit([{ kind: 'entry', id: 'call_1', expects: 0, value: kept }]);
    await before.commit([{ kind: 'entry', id: 'call_2', expects: 0, value: entryOf('call_2') }]);
    const expects = (await before.read()).entries.get('call_2')?.version ?? 0;
    await before.commit([{ kind: 'entry', id: 'call_2', expects, value: null }]);
    // Nothing is closed: the process was killed.
    const { entries } = await (await open()).read();
    expect([...entries.values()].map(({ value }) => value)).toEqual([kept]);
  });

  it('a row that nobody can read is reported and left alone, and the others are there', async () => {
    await under.database.query('delete from queue_entries');
    await under.database.query(`insert into queue_entries values ('call_odd', '{"from": "the future"}')`);
    await createEntryTable(under.database, log).write([{ id: 'call_1', entry: entryOf('call_1') }]);
    log.lines.length = 0;
    expect([...(await (await open()).read()).entries.keys()]).toEqual(['call_1']);
    expect(log.lines).toMatchObject([{ level: 'error', fields: { entry: 'call_odd' } }]);
    expect(await under.database.query('select entry_id from queue_entries')).toHaveLength(2);
  });
});

describe('with Redis', () => {
  let server: TestServer;
  let opened = 0;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.close());

  const openPair = async () => {
    opened += 1;
    const options = { url: server.url, log: createCapturedLog(), prefix: `{kefu:test:${opened}}` };
    const [store, other] = await Promise.all([
      createRedisQueueStore(options),
      createRedisQueueStore(options),
    ]);
    const close = async (): Promise<void> => {
      await store.close();
      await other.close();
    };
    return { store, other, pass, close };
  };

  describeQueueStore('Redis', openPair);

  it('queues with different prefixes know nothing of each other', async () => {
    const [one, two] = await Promise.all([openPair(), openPair()]);
    await one.store.commit([{ kind: 'entry', id: 'call_1', expects: 0, value: entryOf('call_1') }]);
    expect((await two.store.read()).entries.size).toBe(0);
    await one.close();
    await two.close();
  });

  it('a Redis that is away is store_unavailable, and one that lost its data has another name', async () => {
    const away = await startRedis();
    const log = createCapturedLog();
    const store = await createRedisQueueStore({ url: away.url, log });
    await store.commit([{ kind: 'entry', id: 'call_1', expects: 0, value: entryOf('call_1') }]);
    const before = await store.read();
    await away.kill();
    await expect(store.read()).rejects.toMatchObject({ code: 'store_unavailable' });
    await expect(store.commit([])).rejects.toMatchObject({ code: 'store_unavailable' });
    await expect(store.renewLease('n1', 1000)).rejects.toMatchObject({ code: 'store_unavailable' });
    await away.restart();
    const readAgain = () => store.read().catch(() => undefined);
    await expect.poll(readAgain, { timeout: 20_000 }).toMatchObject({ entries: new Map() });
    expect((await store.read()).dataId).not.toBe(before.dataId);
    let told = 0;
    store.subscribe(() => (told += 1));
    await expect
      .poll(
        async () => {
          await store.commit([]);
          return told > 0;
        },
        { timeout: 20_000 },
      )
      .toBe(true);
    await store.close();
    await away.close();
  });
});
