import { createClient, type RedisClientType } from 'redis';
import { KefuError, toKefuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';

const connectTimeoutMs = 5_000;
/** A command that takes longer is not worth waiting for: a caller may be. */
const answerTimeoutMs = 2_000;
const slowestReconnectMs = 5_000;

export interface RedisOptions {
  /** `redis://` or `rediss://` address. */
  readonly url: string;
  readonly log: Logger;
}

/**
 * A connection to Redis 6.2 or later. Commands are carried out in the order they were asked for. A lost connection is made anew by
 * itself; while it is away every command rejects.
 *
 * @throws KefuError `store_unavailable` when Redis cannot be reached at the start.
 */
export async function connectRedis({ url, log }: RedisOptions): Promise<RedisClientType> {
  let connected = false;
  const client: RedisClientType = createClient({
    url,
    name: 'kefu',
    // What waits for Redis to come back would be out of date by then.
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
    return client;
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
}

/** Ends a connection after what is on its way, at once when Redis does not answer. */
export async function disconnectRedis(client: RedisClientType): Promise<void> {
  await redisAnswer(client.close()).catch(() => client.destroy());
}

/** The result of a command, or `store_unavailable` when it fails or takes too long. */
export async function redisAnswer<T>(command: Promise<T>): Promise<T> {
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
