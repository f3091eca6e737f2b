import type { Clock } from '../core/clock.ts';
import { toKefuError } from '../core/errors.ts';
import type { AgentState, QueueEntry, QueueStore, Versioned } from '../core/handoff.ts';
import type { Logger } from '../core/log.ts';
import type { EntryTable } from './queue-entries.ts';

/** A commit waits so long for the database; then it goes on without, lest a caller waits for a disk. */
const durableWithinMs = 500;
const retryMs = 1_000;

export interface MemoryQueueOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Where entries are kept over a restart. */
  readonly table?: EntryTable;
}

/**
 * The queue of a single node, in memory; entries are written through to the database and are there again after a restart. Agents are
 * not: their desks come back by themselves. While the database is away the queue works on, and is written down later.
 *
 * @throws KefuError `store_unavailable` when the entries cannot be loaded at the start.
 */
export async function createMemoryQueueStore({ clock, log, table }: MemoryQueueOptions): Promise<QueueStore> {
  let revision = 0;
  const entries = new Map<string, Versioned<QueueEntry>>();
  const agents = new Map<string, Versioned<AgentState>>();
  const leases = new Map<string, number>();
  const listeners = new Set<() => void>();

  for (const entry of (await table?.load()) ?? []) {
    revision += 1;
    entries.set(entry.id, { version: revision, value: entry });
  }

  /** Ids of entries whose last state is not in the database yet. */
  const unwritten = new Set<string>();
  let writing: Promise<void> | undefined;
  let cancelRetry: () => void = () => undefined;
  let failing = false;
  /** A writing that took too long is still going on: nobody waits for it any more. */
  let late = false;
  let closed = false;
  let closing: Promise<void> | undefined;

  const write = async (to: EntryTable): Promise<void> => {
    while (unwritten.size > 0) {
      const ids = [...unwritten];
      unwritten.clear();
      try {
        await to.write(ids.map((id) => ({ id, entry: entries.get(id)?.value })));
        late = false;
        if (failing) log.info({}, 'the queue is written to the database again');
        failing = false;
      } catch (error) {
        for (const id of ids) unwritten.add(id);
        if (!failing) log.warn({ err: toKefuError(error) }, 'the queue cannot be written to the database');
        failing = true;
        cancelRetry();
        if (!closed) cancelRetry = clock.setTimer(() => void startWriting(), retryMs);
        break;
      }
    }
    // At once, before anything else can be changed: what comes after this must start another writing.
    writing = undefined;
  };

  const startWriting = (): Promise<void> => {
    if (!table || unwritten.size === 0) return Promise.resolve();
    return (writing ??= write(table));
  };

  /** Settles when what was changed so far is written down, or after the limit. */
  const durable = async (): Promise<void> => {
    if (unwritten.size === 0 && !writing) return;
    if (late && !closed) {
      void startWriting();
      return;
    }
    let cancel: () => void = () => undefined;
    const limit = new Promise<void>((resolve) => {
      cancel = clock.setTimer(() => {
        late = true;
        resolve();
      }, durableWithinMs);
    });
    await Promise.race([writing ?? startWriting(), limit]);
    cancel();
  };

  return {
    read() {
      const nowMs = clock.nowMs();
      const liveNodes = new Set(
        [...leases].filter(([, untilMs]) => untilMs > nowMs).map(([nodeId]) => nodeId),
      );
      return Promise.resolve({
        dataId: 'memory',
        entries: new Map(entries),
        agents: new Map(agents),
        liveNodes,
      });
    },
    async commit(changes) {
      const versionOf = ({ kind, id }: (typeof changes)[number]): number =>
        (kind === 'entry' ? entries : agents).get(id)?.version ?? 0;
      if (changes.some((change) => versionOf(change) !== change.expects)) return false;
      for (const { kind, id, value } of changes) {
        revision += 1;
        if (kind === 'entry') {
          if (value) entries.set(id, { version: revision, value });
          else entries.delete(id);
          if (table) unwritten.add(id);
        } else if (value) agents.set(id, { version: revision, value });
        else agents.delete(id);
      }
      for (const listener of [...listeners]) listener();
      await durable();
      return true;
    },
    renewLease(nodeId, leaseMs) {
      leases.set(nodeId, clock.nowMs() + leaseMs);
      return Promise.resolve();
    },
    endLease(nodeId) {
      leases.delete(nodeId);
      return Promise.resolve();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    close: () =>
      (closing ??= (async () => {
        closed = true;
        cancelRetry();
        listeners.clear();
        await durable();
      })()),
  };
}
