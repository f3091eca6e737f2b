import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import type { HandoffEvent, HandoffRouter, QueueSnapshot, QueueStore } from '../../../src/core/handoff.ts';
import { createHandoffRouter } from '../../../src/handoff/router.ts';
import { toRoutingRules } from '../../../src/handoff/rules.ts';
import { createMemoryQueueStore } from '../../../src/store/memory-handoff.ts';
import { createEntryTable } from '../../../src/store/queue-entries.ts';
import { createRedisQueueStore } from '../../../src/store/redis-handoff.ts';
import { createCapturedLog } from '../../support/captured-log.ts';
import { contactOf, profileOf } from '../../support/handoff-fixtures.ts';
import { severable } from '../../support/handoff-network.ts';
import { startRedis, type TestServer } from '../../support/servers.ts';
import { databaseKinds } from '../store/databases.ts';

const log = createCapturedLog();
const rules = toRoutingRules({ afterCallSeconds: 0, declinePauseSeconds: 0 });
const closers: (() => Promise<void>)[] = [];
let opened = 0;

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function routerOn(store: QueueStore, nodeId: string) {
  const router = await createHandoffRouter({ store, clock: systemClock, log, rules: () => rules, nodeId });
  const events: HandoffEvent[] = [];
  router.subscribe((event) => events.push(event));
  closers.push(() => router.close());
  return { router, events };
}

async function available(router: HandoffRouter, id: string): Promise<void> {
  await router.signIn(profileOf(id));
  await router.reach(id, ['n1', 'n2']);
  await router.setState(id, { state: 'available' });
}

/** What is wrong with who has whom; entries and agents must agree, and nobody may be there twice. */
function contradictions({ entries, agents }: QueueSnapshot): string[] {
  const holders = [...agents.values()].flatMap(({ value }) =>
    value.holding.map(({ entryId }) => `${entryId}>${value.id}`),
  );
  const held = [...entries.values()].flatMap(({ value: { id, progress } }) =>
    progress.state === 'waiting' ? [] : [`${id}>${progress.agentId}`],
  );
  const crowded = [...agents.values()].filter(({ value }) => value.holding.length > 1);
  return [
    ...holders.filter((pair) => !held.includes(pair)),
    ...held.filter((pair) => !holders.includes(pair)),
    ...crowded.map(({ value }) => `${value.id} has ${value.holding.length}`),
  ];
}

describe('routers over one Redis', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.close());

  const open = async (prefix: string): Promise<QueueStore> => {
    const store = await createRedisQueueStore({ url: server.url, log, prefix });
    closers.push(() => store.close());
    return store;
  };
  const newPrefix = (): string => {
    opened += 1;
    return `{kefu:test:${opened}}`;
  };

  it('that race never offer one entry to two agents, nor one agent two entries, and serve everybody once', async () => {
    const prefix = newPrefix();
    const watcher = await open(prefix);
    const [one, two] = [await routerOn(await open(prefix), 'n1'), await routerOn(await open(prefix), 'n2')];
    const nodes = [one, two];
    const failures: unknown[] = [];
    let looks = 0;
    const stopWatching = watcher.subscribe(() => {
      watcher.read().then(
        (snapshot) => {
          looks += 1;
          failures.push(...contradictions(snapshot));
        },
        (error: unknown) => failures.push(error),
      );
    });
    const doing = (work: Promise<unknown>): void => {
      work.catch((error: unknown) => failures.push(error));
    };
    for (const [index, { router }] of nodes.entries()) {
      const agents = Array.from({ length: 4 }, (_, agent) => `agent_${index}_${agent}`);
      let refusals = 0;
      router.subscribe((event) => {
        if (event.type === 'offered' && agents.includes(event.agentId)) {
          const refuses = event.entry.declines.length === 0 && (refusals += 1) % 5 === 0;
          doing(
            delay(2).then(() =>
              refuses
                ? router.decline(event.agentId, event.entry.id)
                : router.accept(event.agentId, event.entry.id),
            ),
          );
        }
        if (event.type === 'accepted' && agents.includes(event.agentId))
          doing(delay(3).then(() => router.finish(event.agentId, event.entry.id)));
      });
      for (const agent of agents) await available(router, agent);
    }
    const ids = Array.from({ length: 150 }, (_, index) => `call_${index}`);
    await Promise.all(ids.map((id, index) => (index % 2 ? one : two).router.enqueue(contactOf(id))));
    const own = (type: HandoffEvent['type']): string[] =>
      nodes.flatMap(({ events }) =>
        events.flatMap((event) =>
          event.type === type && event.here && event.type !== 'agent-changed' ? [event.entry.id] : [],
        ),
      );
    await expect.poll(() => own('entry-removed').length, { timeout: 60_000 }).toBe(ids.length);
    stopWatching();
    expect(failures).toEqual([]);
    expect(looks).toBeGreaterThan(100);
    expect(own('entry-removed').sort()).toEqual([...ids].sort());
    expect(own('accepted').sort()).toEqual([...ids].sort());
    expect(own('offered').length).toBe(ids.length + own('offer-withdrawn').length);
    expect(own('offer-withdrawn').length).toBeGreaterThan(5);
    // Both have done some of it.
    for (const { events } of nodes)
      expect(events.filter(({ type, here }) => here && type === 'offered').length).toBeGreaterThan(0);
  });

  it('ring somebody else within 5 s after a node was killed, and keep the place of its callers', async () => {
    const prefix = newPrefix();
    const store = await open(prefix);
    const { router, events } = await routerOn(store, 'survivor');
    await delay(3_500);
    const script = join(import.meta.dirname, '../../support/handoff-node.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', script, server.url, prefix], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    closers.push(() => Promise.resolve(void child.kill('SIGKILL')));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const killedAtMs = performance.now();
    child.kill('SIGKILL');
    await available(router, 'y');
    const offered = (): boolean =>
      events.some(
        (event) => event.type === 'offered' && event.entry.id === 'ringing' && event.agentId === 'y',
      );
    await expect.poll(offered, { timeout: 10_000, interval: 20 }).toBe(true);
    expect(performance.now() - killedAtMs).toBeLessThan(5_000);
    await expect
      .poll(() => router.state().entries.find(({ id }) => id === 'on-the-line'))
      .toMatchObject({ nodeId: null, progress: { state: 'waiting' } });
  });

  it('fill a Redis that came up empty again, each with what it has', async () => {
    const prefix = newPrefix();
    const [one, two] = [await routerOn(await open(prefix), 'n1'), await routerOn(await open(prefix), 'n2')];
    await available(one.router, 'x');
    await two.router.enqueue(contactOf('talking'));
    await expect.poll(() => one.router.accept('x', 'talking')).toBe(true);
    await one.router.enqueue(contactOf('later', { channel: 'callback' }));
    await two.router.enqueue(contactOf('waiting'));
    await expect.poll(() => one.router.state().entries.length).toBe(3);
    await server.kill();
    await expect(two.router.leave('waiting')).rejects.toMatchObject({ code: 'store_unavailable' });
    await server.restart();
    const watcher = await open(prefix);
    const seen = async () => {
      const { entries, agents } = await watcher.read();
      return [...entries.values(), ...agents.values()]
        .map(({ value }) => value)
        .toSorted((a, b) => (a.id < b.id ? -1 : 1));
    };
    await expect.poll(seen, { timeout: 20_000 }).toMatchObject([
      { id: 'later', channel: 'callback', progress: { state: 'waiting' } },
      { id: 'talking', nodeId: 'n2', progress: { state: 'serving', agentId: 'x' } },
      { id: 'waiting', nodeId: 'n2' },
      { id: 'x', state: 'talking', nodeId: 'n1' },
    ]);
    // Nor is anybody buried afterwards for a lease that Redis forgot.
    await delay(5_000);
    expect(await seen()).toMatchObject([
      {},
      { progress: { state: 'serving' } },
      { nodeId: 'n2' },
      { state: 'talking' },
    ]);
  });
});

describe.each(databaseKinds)('a single node with its queue kept in $kind', (tested) => {
  it('goes on after a kill: callbacks are offered within 5 s, callers who come back have their place', async () => {
    const under = await tested.open();
    closers.push(() => under.close());
    const start = async (nodeId: string) => {
      const table = createEntryTable(under.database, log);
      const store = severable(await createMemoryQueueStore({ clock: systemClock, log, table }));
      closers.push(() => store.close());
      return { store, ...(await routerOn(store, nodeId)) };
    };
    const before = await start('before');
    await available(before.router, 'x');
    await before.router.enqueue(contactOf('talking'));
    await expect.poll(() => before.router.accept('x', 'talking')).toBe(true);
    await before.router.enqueue(contactOf('waiting'));
    await before.router.enqueue(contactOf('later', { channel: 'callback' }));
    before.store.severed = true;

    const startedAtMs = performance.now();
    const after = await start('after');
    await available(after.router, 'y');
    const offers = (): string[] =>
      after.events.flatMap((event) => (event.type === 'offered' ? [event.entry.id] : []));
    await expect.poll(offers, { timeout: 10_000, interval: 20 }).toContain('later');
    expect(performance.now() - startedAtMs).toBeLessThan(5_000);
    await expect
      .poll(() => after.router.state().entries.find(({ id }) => id === 'talking'), { timeout: 10_000 })
      .toMatchObject({ boost: 'very-front', nodeId: null });
    const place = before.router.state().entries.find(({ id }) => id === 'waiting')?.enqueuedAtEpochMs;
    expect(await after.router.enqueue(contactOf('waiting'))).toMatchObject({
      entry: { enqueuedAtEpochMs: place },
    });
  });
});
