import { z } from 'zod';
import { KefuError } from '../core/errors.ts';
import type { CallSnapshot, SnapshotStore } from '../core/store.ts';
import { connectRedis, disconnectRedis, redisAnswer, type RedisOptions } from './redis-connection.ts';
import { snapshotLifeMs, snapshotSchema } from './snapshots.ts';

/**
 * Snapshots in Redis, where every node finds them. While Redis is away everything rejects with `store_unavailable`.
 *
 * @throws KefuError `store_unavailable` when Redis cannot be reached at the start.
 */
export async function createRedisSnapshotStore(options: RedisOptions): Promise<SnapshotStore> {
  const client = await connectRedis(options);
  const key = (callId: string): string => `kefu:snapshot:${callId}`;
  let closing: Promise<void> | undefined;

  return {
    async save(snapshot) {
      const expiration = { type: 'PX', value: snapshotLifeMs } as const;
      await redisAnswer(client.set(key(snapshot.callId), JSON.stringify(snapshot), { expiration }));
    },
    load: async (callId) => parse(await redisAnswer(client.get(key(callId)))),
    take: async (callId) => parse(await redisAnswer(client.getDel(key(callId)))),
    async remove(callId) {
      await redisAnswer(client.del(key(callId)));
    },
    close: () => (closing ??= disconnectRedis(client)),
  };
}

function parse(text: string | null): CallSnapshot | undefined {
  if (text === null) return undefined;
  const parsed = z
    .string()
    .transform((value) => JSON.parse(value) as unknown)
    .pipe(snapshotSchema)
    .safeParse(text);
  if (!parsed.success)
    throw new KefuError('internal', 'A snapshot in Redis cannot be understood.', { cause: parsed.error });
  return parsed.data;
}
