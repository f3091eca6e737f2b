import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { QueueChange, QueueEntry, QueueStore } from '../../src/core/handoff.ts';
import { agentOf, entryOf } from './handoff-fixtures.ts';

export interface QueueStoreUnderTest {
  readonly store: QueueStore;
  /** As another node has it; the same one where there is a single node. */
  readonly other: QueueStore;
  /** Lets as much time pass for leases. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

const added = (entry: QueueEntry): QueueChange => ({ kind: 'entry', id: entry.id, expects: 0, value: entry });

/** What every store of the queue must keep to. */
export function describeQueueStore(kind: string, open: () => Promise<QueueStoreUnderTest>): void {
  describe(`the queue in ${kind}`, () => {
    let under: QueueStoreUnderTest;
    beforeEach(async () => {
      under = await open();
    });
    afterEach(() => under.close());

    const versionOf = async (id: string): Promise<number> =>
      (await under.store.read()).entries.get(id)?.version ?? 0;

    it('begins empty', async () => {
      const { entries, agents, liveNodes } = await under.store.read();
      expect([entries.size, agents.size, liveNodes.size]).toEqual([0, 0, 0]);
    });

    it('gives every node what one has committed, as it was', async () => {
      const entry = entryOf('call_1', {
        reason: "O'Neil 客服 \u0000",
        anger: 0.7,
        value: 99.5,
        language: 'zh',
        skills: [{ skill: 'orders', level: 3 }],
        progress: { state: 'offered', agentId: 'a', sinceEpochMs: 17.5 },
        declines: [{ agentId: 'b', atEpochMs: 3 }],
      });
      const agent = agentOf('a', { afterwards: { state: 'break', reason: 'lunch' }, recentHandleMs: [1.5] });
      expect(
        await under.store.commit([added(entry), { kind: 'agent', id: 'a', expects: 0, value: agent }]),
      ).toBe(true);
      const seen = await under.other.read();
      expect([...seen.entries.values()].map(({ value }) => value)).toEqual([entry]);
      expect([...seen.agents.values()].map(({ value }) => value)).toEqual([agent]);
    });

    it('commits nothing of a change of which one part is out of date', async () => {
      await under.store.commit([added(entryOf('call_1'))]);
      const stale: QueueChange = { kind: 'entry', id: 'call_1', expects: 0, value: null };
      expect(await under.store.commit([added(entryOf('call_2')), stale])).toBe(false);
      expect(await under.store.commit([added(entryOf('call_1'))])).toBe(false);
      expect([...(await under.store.read()).entries.keys()]).toEqual(['call_1']);
    });

    it('lets one of many changes of the same version through', async () => {
      await under.store.commit([added(entryOf('call_1'))]);
      const expects = await versionOf('call_1');
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 ? under.store : under.other).commit([
            { kind: 'entry', id: 'call_1', expects, value: entryOf('call_1', { value: index }) },
          ]),
        ),
      );
      expect(results.filter((success) => success)).toHaveLength(1);
      const winner = results.indexOf(true);
      expect((await under.other.read()).entries.get('call_1')?.value.value).toBe(winner);
    });

    it('takes what was removed and came again for another version', async () => {
      await under.store.commit([added(entryOf('call_1'))]);
      const old = await versionOf('call_1');
      await under.other.commit([{ kind: 'entry', id: 'call_1', expects: old, value: null }]);
      expect((await under.store.read()).entries.size).toBe(0);
      await under.other.commit([added(entryOf('call_1'))]);
      expect(await under.store.commit([{ kind: 'entry', id: 'call_1', expects: old, value: null }])).toBe(
        false,
      );
      expect(await versionOf('call_1')).toBeGreaterThan(old);
    });

    it('gives a look that later changes do not touch', async () => {
      await under.store.commit([added(entryOf('call_1'))]);
      const before = await under.store.read();
      await under.store.commit([added(entryOf('call_2'))]);
      await under.store.read();
      expect([...before.entries.keys()]).toEqual(['call_1']);
    });

    it('gives unchanged records out as the same objects', async () => {
      await under.store.commit([added(entryOf('call_1'))]);
      const before = await under.store.read();
      await under.store.commit([added(entryOf('call_2'))]);
      const after = await under.store.read();
      expect(after.entries.get('call_1')?.value).toBe(before.entries.get('call_1')?.value);
      expect(after.dataId).toBe(before.dataId);
    });

    it('knows which nodes live', async () => {
      await under.store.renewLease('n1', 400);
      await under.other.renewLease('n2', 60_000);
      await under.other.renewLease('n3', 60_000);
      expect((await under.store.read()).liveNodes).toEqual(new Set(['n1', 'n2', 'n3']));
      await under.store.endLease('n3');
      await under.pass(500);
      expect((await under.other.read()).liveNodes).toEqual(new Set(['n2']));
    });

    it('tells of changes until it is told to stop', async () => {
      let told = 0;
      const stop = under.store.subscribe(() => {
        told += 1;
      });
      await under.other.commit([added(entryOf('call_1'))]);
      await expect.poll(() => told).toBe(1);
      stop();
      await under.other.commit([added(entryOf('call_2'))]);
      await under.other.read();
      expect(told).toBe(1);
    });

    it('may be closed twice', async () => {
      await under.store.close();
      await under.store.close();
    });
  });
}
