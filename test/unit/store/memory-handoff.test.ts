import { describe, expect, it } from 'vitest';
import { KefuError } from '../../../src/core/errors.ts';
import type { QueueEntry } from '../../../src/core/handoff.ts';
import { createMemoryQueueStore } from '../../../src/store/memory-handoff.ts';
import type { EntryTable } from '../../../src/store/queue-entries.ts';
import { createCapturedLog } from '../../support/captured-log.ts';
import { describeQueueStore } from '../../support/handoff-contract.ts';
import { entryOf } from '../../support/handoff-fixtures.ts';
import { ManualClock } from '../../support/manual-clock.ts';

describeQueueStore('memory', async () => {
  const clock = new ManualClock();
  const store = await createMemoryQueueStore({ clock, log: createCapturedLog() });
  return {
    store,
    other: store,
    pass: (ms) => {
      clock.advance(ms);
      return Promise.resolve();
    },
    close: () => store.close(),
  };
});

/** A table that can be away, or slow. */
class ScriptedTable implements EntryTable {
  readonly rows = new Map<string, QueueEntry>();
  away = false;
  slow: Promise<void> | undefined;

  load(): Promise<readonly QueueEntry[]> {
    return Promise.resolve([...this.rows.values()]);
  }

  async write(states: Parameters<EntryTable['write']>[0]): Promise<void> {
    await this.slow;
    if (this.away) throw new KefuError('store_unavailable', 'connection refused');
    for (const { id, entry } of states) {
      if (entry) this.rows.set(id, entry);
      else this.rows.delete(id);
    }
  }
}

describe('the queue in memory, written through', () => {
  const open = async () => {
    const clock = new ManualClock();
    const log = createCapturedLog();
    const table = new ScriptedTable();
    const store = await createMemoryQueueStore({ clock, log, table });
    const add = (id: string) => store.commit([{ kind: 'entry', id, expects: 0, value: entryOf(id) }]);
    return { clock, log, table, store, add };
  };

  it('is in the table once a commit is done', async () => {
    const { table, store, add } = await open();
    await add('call_1');
    expect([...table.rows.keys()]).toEqual(['call_1']);
    const expects = (await store.read()).entries.get('call_1')?.version ?? 0;
    await store.commit([{ kind: 'entry', id: 'call_1', expects, value: null }]);
    expect(table.rows.size).toBe(0);
  });

  it('works on while the table is away, and is written down once it is back', async () => {
    const { clock, log, table, store, add } = await open();
    table.away = true;
    expect(await add('call_1')).toBe(true);
    expect(await add('call_2')).toBe(true);
    expect((await store.read()).entries.size).toBe(2);
    expect(log.find('the queue cannot be written to the database')).toHaveLength(1);
    table.away = false;
    await clock.advanceAsync(1_000);
    expect([...table.rows.keys()]).toEqual(['call_1', 'call_2']);
    expect(log.find('the queue is written to the database again')).toHaveLength(1);
  });

  it('does not keep a caller waiting for a slow table', async () => {
    const { clock, table, store, add } = await open();
    let answer: () => void = () => undefined;
    table.slow = new Promise((resolve) => (answer = resolve));
    let done = false;
    const adding = add('call_1').then(() => (done = true));
    await clock.advanceAsync(490);
    expect(done).toBe(false);
    await clock.advanceAsync(20);
    await adding;
    // Once is enough: the next change does not wait for the same writing again.
    expect(await add('call_2')).toBe(true);
    answer();
    await store.close();
    expect([...table.rows.keys()]).toEqual(['call_1', 'call_2']);
  });

  it('writes what changes while it is writing', async () => {
    const { table, add } = await open();
    await Promise.all(Array.from({ length: 50 }, (_, index) => add(`call_${index}`)));
    expect(table.rows.size).toBe(50);
  });
});
