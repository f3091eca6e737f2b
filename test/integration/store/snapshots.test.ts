import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallSnapshot, SnapshotStore } from '../../../src/core/store.ts';
import { createRedisSnapshotStore } from '../../../src/store/redis-snapshots.ts';
import { createSqlSnapshotStore } from '../../../src/store/snapshots.ts';
import { eventScript } from '../../support/call-events.ts';
import { createCapturedLog } from '../../support/captured-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { startRedis } from '../../support/servers.ts';
import { databaseKinds } from './databases.ts';

interface StoreUnderTest {
  readonly store: SnapshotStore;
  /** Another one on the same data, as another node has it. */
  readonly other: SnapshotStore;
  close(): Promise<void>;
}

const kinds: readonly { readonly kind: string; open(): Promise<StoreUnderTest> }[] = [
  ...databaseKinds.map((tested) => ({
    kind: tested.kind,
    async open(): Promise<StoreUnderTest> {
      const under = await tested.open();
      const clock = new ManualClock();
      const stores = [1, 2].map(() => createSqlSnapshotStore(under.database, { clock }));
      return withStores(stores, () => under.close());
    },
  })),
  {
    kind: 'Redis',
    async open(): Promise<StoreUnderTest> {
      const server = await startRedis();
      const log = createCapturedLog();
      const stores = await Promise.all([1, 2].map(() => createRedisSnapshotStore({ url: server.url, log })));
      return withStores(stores, () => server.close());
    },
  },
];

function withStores([store, other]: readonly SnapshotStore[], close: () => Promise<void>): StoreUnderTest {
  if (!store || !other) throw new Error('two stores are needed');
  return {
    store,
    other,
    async close() {
      await store.close();
      await store.close();
      await other.close();
      await close();
    },
  };
}

function snapshotOf(callId: string, lastSeq = 7): CallSnapshot {
  return {
    callId,
    lastSeq,
    savedAtEpochMs: 1_767_225_600_000,
    dialog: {
      flowsVersion: '3',
      language: 'zh',
      ended: false,
      stack: [{ flow: 'order_status', slots: { name: "O'Neil \u0000 客服", order: null, tries: [1, 2] } }],
    },
  };
}

describe.each(kinds)('snapshots in $kind', (tested) => {
  let under: StoreUnderTest;
  beforeAll(async () => {
    under = await tested.open();
  });
  afterAll(() => under.close());

  it('come back as they were saved, the newest only', async () => {
    const { callId } = eventScript();
    await under.store.save(snapshotOf(callId, 1));
    await under.store.save(snapshotOf(callId, 2));
    expect(await under.other.load(callId)).toEqual(snapshotOf(callId, 2));
    expect(await under.store.load(callId)).toEqual(snapshotOf(callId, 2));
  });

  it('are given to one of many takers', async () => {
    const { callId } = eventScript();
    await under.store.save(snapshotOf(callId));
    const takes = await Promise.all(
      Array.from({ length: 10 }, (_, index) => (index % 2 ? under.store : under.other).take(callId)),
    );
    expect(takes.filter((taken) => taken !== undefined)).toEqual([snapshotOf(callId)]);
    expect(await under.store.load(callId)).toBeUndefined();
  });

  it('are gone once removed, also when many saves are still on their way', async () => {
    const { callId } = eventScript();
    const saves = Array.from({ length: 20 }, (_, index) => under.store.save(snapshotOf(callId, index)));
    const removal = under.store.remove(callId);
    await Promise.all([...saves, removal]);
    expect(await under.store.load(callId)).toBeUndefined();
  });

  it('of calls that never were are undefined', async () => {
    expect(await under.store.load('call_unknown')).toBeUndefined();
    expect(await under.store.take('call_unknown')).toBeUndefined();
    await under.store.remove('call_unknown');
  });
});

describe('the life of a snapshot', () => {
  it.each(databaseKinds)('ends after an hour in $kind, and is swept out', async (tested) => {
    const under = await tested.open();
    try {
      const clock = new ManualClock();
      const store = createSqlSnapshotStore(under.database, { clock });
      await store.save(snapshotOf('call_a'));
      clock.advance(59 * 60_000);
      expect(await store.load('call_a')).toBeDefined();
      clock.advance(60_000);
      expect(await store.load('call_a')).toBeUndefined();
      expect(await store.take('call_a')).toBeUndefined();
      await store.save(snapshotOf('call_b'));
      expect(await under.database.query('select call_id from call_snapshots')).toEqual([
        { call_id: 'call_b' },
      ]);
    } finally {
      await under.close();
    }
  });

  it('ends after an hour in Redis', async () => {
    const server = await startRedis();
    const store = await createRedisSnapshotStore({ url: server.url, log: createCapturedLog() });
    await store.save(snapshotOf('call_a'));
    const client = createClient({ url: server.url });
    await client.connect();
    const lifeMs = await client.pTTL('kefu:snapshot:call_a');
    expect(lifeMs).toBeGreaterThan(3_500_000);
    expect(lifeMs).toBeLessThanOrEqual(3_600_000);
    client.destroy();
    await store.close();
    await server.close();
  });
});

describe('a lost Redis', () => {
  it('fails at once while it is away, and works again by itself', async () => {
    const server = await startRedis();
    const log = createCapturedLog();
    const store = await createRedisSnapshotStore({ url: server.url, log });
    await store.save(snapshotOf('call_a'));
    await server.kill();
    await expect(store.save(snapshotOf('call_a'))).rejects.toMatchObject({ code: 'store_unavailable' });
    await expect(store.load('call_a')).rejects.toMatchObject({ code: 'store_unavailable' });
    await server.restart();
    await expect
      .poll(
        () =>
          store.save(snapshotOf('call_b')).then(
            () => true,
            () => false,
          ),
        { timeout: 20_000 },
      )
      .toBe(true);
    expect(await store.load('call_b')).toEqual(snapshotOf('call_b'));
    expect(log.find('the connection to Redis was lost')).toHaveLength(1);
    expect(log.find('the connection to Redis is back')).toHaveLength(1);
    await store.close();
    await server.close();
  });

  it('is a clear error at the start, without the password', async () => {
    const failure = await createRedisSnapshotStore({
      url: 'redis://user:secret@127.0.0.1:1',
      log: createCapturedLog(),
    }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'store_unavailable' });
    expect(String(failure)).toContain('127.0.0.1:1');
    expect(String(failure)).not.toContain('secret');
  });
});
