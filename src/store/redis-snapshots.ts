import { createClient } from 'redis';
import { z } from 'zod';
import { KefuError, toKefuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { CallSnapshot, SnapshotStore } from '../core/store.ts';
import { snapshotLifeMs, snapshotSchema } from './snapshots.ts';

const connectTimeoutMs = 5_000;
/** A snapshot that takes longer is not worth waiting for: a caller may be. */
const answerTimeoutMs = 2_000;
const slowestReconnectMs = 5_000;

export interface RedisSnapshotOptions {
  /** `redis://` or `rediss://` address. */
  readonly url: string;
  readonly log: Logger;
}

/**
 * Snapshots in Redis 6.2 or later, where every node finds them. One connection: changes are carried out in the order they were
 * asked for. A lost connection is made anew by itself; while it is away everything rejects with `store_unavailable`.
 *
 * @throws KefuError `store_unavailable` when Redis cannot be reached at the start.
 */
export async function createRedisSnapshotStore({ url, log }: RedisSnapshotOptions): Promise<SnapshotStore> {
  let connected = false;
  const client = createClient({
    url,
    name: 'kefu',
    // A snapshot that waits for Redis to come back would be out of date by then.
    disableOfflineQueue: true,
    socket: {
      connectTimeout: connectTimeoutMs,
      reconnectStrategy: (retries, cause) =>
        connected ? Math.min(slowestReconnectMs, 100 * 2 ** Math.min(retries, 10)) : cause,
    },
  });
  let failing = false;
  client.on('error', (error: unknown) => {
    if (connected && !failing) log.warn({ err: error }, 'the connection to Redis was lost');
    failing = true;
  });
  client.on('ready', () => {
    if (failing) log.info({}, 'the connection to Redis is back');
    failing = false;
  });
  try {
    await client.connect();
    connected = true;
  } catch (error) {
    client.destroy();
    throw new KefuError(
      'store_unavailable',
      `Redis at ${placeOf(url)} cannot be reached: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }

  const key = (callId: string): string => `kefu:snapshot:${callId}`;
  let closing: Promise<void> | undefined;

  return {
    async save(snapshot) {
      const expiration = { type: 'PX', value: snapshotLifeMs } as const;
      await answer(client.set(key(snapshot.callId), JSON.stringify(snapshot), { expiration }));
    },
    load: async (callId) => parse(await answer(client.get(key(callId)))),
    take: async (callId) => parse(await answer(client.getDel(key(callId)))),
    async remove(callId) {
      await answer(client.del(key(callId)));
    },
    close: () =>
      (closing ??= answer(client.close()).then(
        () => undefined,
        () => client.destroy(),
      )),
  };
}

/** The result of a command, or `store_unavailable` when it fails or takes too long. */
async function answer<T>(command: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new KefuError('store_unavailable', `Redis did not answer within ${answerTimeoutMs} ms.`)),
      answerTimeoutMs,
    );
  });
  try {
    return await Promise.race([command, limit]);
  } catch (error) {
    throw toKefuError(error, 'store_unavailable');
  } finally {
    clearTimeout(timer);
  }
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

/** Host and port of an address, without user and password. */
function placeOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    // The client has refused the same address, and says so itself.
    return 'the given address';
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
