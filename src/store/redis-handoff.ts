import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  agentStateSchema,
  queueEntrySchema,
  type QueueSnapshot,
  type QueueStore,
  type Versioned,
} from '../core/handoff.ts';
import type { Logger } from '../core/log.ts';
import { connectRedis, disconnectRedis, redisAnswer, type RedisOptions } from './redis-connection.ts';
import { commitScript, readScript, renewLeaseScript } from './redis-handoff-scripts.ts';

export interface RedisQueueOptions extends RedisOptions {
  /** What all keys begin with; the braces keep them on one node of a Redis cluster. */
  readonly prefix?: string;
}

const readReply = z.tuple([
  z.string(),
  z.string(),
  z.array(z.string()),
  z.array(z.string()).optional(),
  z.array(z.string()).optional(),
]);

/**
 * The queue in Redis, shared by all nodes. It has a second connection for hearing of changes; while that one is lost, changes are
 * seen at the next look.
 *
 * @throws KefuError `store_unavailable` when Redis cannot be reached at the start.
 */
export async function createRedisQueueStore(options: RedisQueueOptions): Promise<QueueStore> {
  const { log, prefix = '{kefu:queue}' } = options;
  const client = await connectRedis(options);
  const hearing = await connectRedis(options).catch(async (error: unknown) => {
    await disconnectRedis(client);
    throw error;
  });
  const keys = ['entries', 'agents', 'meta', 'leases'].map((name) => `${prefix}:${name}`);
  const channel = `${prefix}:changed`;
  const listeners = new Set<() => void>();
  await redisAnswer(
    hearing.subscribe(channel, () => {
      for (const listener of [...listeners]) listener();
    }),
  );

  const run = (script: string, ...args: string[]): Promise<unknown> =>
    redisAnswer(client.eval(script, { keys, arguments: args }));

  const entryReader = recordReader(queueEntrySchema, log);
  const agentReader = recordReader(agentStateSchema, log);
  let known: { readonly revision: string; readonly snapshot: QueueSnapshot } | undefined;
  let closing: Promise<void> | undefined;

  return {
    async read() {
      const reply = await run(readScript, randomUUID(), known?.snapshot.dataId ?? '', known?.revision ?? '');
      const [dataId, revision, live, entries, agents] = readReply.parse(reply);
      const liveNodes = new Set(live);
      const snapshot =
        entries && agents
          ? { dataId, liveNodes, entries: entryReader(entries), agents: agentReader(agents) }
          : {
              dataId,
              liveNodes,
              entries: known?.snapshot.entries ?? new Map(),
              agents: known?.snapshot.agents ?? new Map(),
            };
      known = { revision, snapshot };
      return snapshot;
    },
    async commit(changes) {
      const args = changes.flatMap(({ kind, id, expects, value }) => [
        kind,
        id,
        String(expects),
        value ? JSON.stringify(value) : '',
      ]);
      return (await run(commitScript, channel, ...args)) === 1;
    },
    async renewLease(nodeId, leaseMs) {
      await run(renewLeaseScript, nodeId, String(leaseMs));
    },
    async endLease(nodeId) {
      await redisAnswer(client.zRem(`${prefix}:leases`, nodeId));
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    close: () =>
      (closing ??= (async () => {
        listeners.clear();
        await Promise.all([disconnectRedis(hearing), disconnectRedis(client)]);
      })()),
  };
}

/** Reads what HGETALL gives. Records that are as before are the same objects as before, so that a look at a long queue is cheap. */
function recordReader<T>(
  schema: z.ZodType<T>,
  log: Logger,
): (reply: readonly string[]) => ReadonlyMap<string, Versioned<T>> {
  let known = new Map<string, { readonly text: string; readonly record: Versioned<T> }>();
  return (reply) => {
    const next = new Map<string, { readonly text: string; readonly record: Versioned<T> }>();
    for (let index = 0; index + 1 < reply.length; index += 2) {
      const id = reply[index] ?? '';
      const text = reply[index + 1] ?? '';
      const before = known.get(id);
      const record = before?.text === text ? before.record : toRecord(text, schema);
      if (record) next.set(id, { text, record });
      // One record that nobody can read must not stop the whole queue.
      else log.error({ entry: id }, 'a record of the queue in Redis cannot be understood');
    }
    known = next;
    return new Map([...next].map(([id, { record }]) => [id, record]));
  };
}

function toRecord<T>(text: string, schema: z.ZodType<T>): Versioned<T> | undefined {
  const colon = text.indexOf(':');
  try {
    return { version: Number(text.slice(0, colon)), value: schema.parse(JSON.parse(text.slice(colon + 1))) };
  } catch {
    return undefined;
  }
}
