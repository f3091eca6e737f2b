import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from '../../src/app/config.ts';
import { readAddress } from '../../src/app/flows/address.ts';
import { toolToken } from '../../src/app/local-token.ts';
import { systemClock } from '../../src/core/clock.ts';
import { KefuError } from '../../src/core/errors.ts';
import { callEventBodySchema, type CallEvent } from '../../src/core/events.ts';
import { createLogger } from '../../src/observe/logger.ts';
import { createCallStore } from '../../src/store/calls.ts';
import { openDatabase } from '../../src/store/database.ts';
import { readJsonLines } from '../lib/json-lines.ts';

/** Recorded calls, out of a file, a Kefu that runs, or the database of one that does not. */

export type RecordedCalls = ReadonlyMap<string, readonly CallEvent[]>;

const eventSchema = z.object({
  callId: z.string(),
  seq: z.number(),
  atEpochMs: z.number(),
  body: callEventBodySchema,
});

/** Events as JSON, one a line, as the call store keeps them. Types of events that are not known are left out. */
export async function readCallsFile(path: string): Promise<RecordedCalls> {
  const calls = new Map<string, CallEvent[]>();
  for await (const value of readJsonLines(path, z.unknown())) {
    const event = eventSchema.safeParse(value);
    if (!event.success) continue;
    const own = calls.get(event.data.callId) ?? [];
    own.push(event.data);
    calls.set(event.data.callId, own);
  }
  return calls;
}

/** The newest calls of the Kefu at `url`. */
export async function fetchCalls(
  url: string,
  token: string | undefined,
  limit: number,
): Promise<RecordedCalls> {
  const get = async (path: string): Promise<unknown> => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(new URL(path, url), { headers });
    if (!response.ok)
      throw new KefuError('config_invalid', `${url}${path} answered ${String(response.status)}.`);
    return response.json();
  };
  const { calls } = z
    .object({ calls: z.array(z.object({ callId: z.string() })) })
    .parse(await get(`/api/calls?limit=${String(Math.min(500, limit))}`));
  const entries: [string, CallEvent[]][] = [];
  for (const { callId } of calls) {
    const { events } = z.object({ events: z.array(z.unknown()) }).parse(await get(`/api/calls/${callId}`));
    entries.push([callId, events.flatMap((event) => eventSchema.safeParse(event).data ?? [])]);
  }
  return new Map(entries);
}

/** The newest calls of this machine: of the Kefu that runs here, or else of its database. */
export async function localCalls(config: Config, limit: number): Promise<RecordedCalls> {
  const address = await readAddress(config.dataDir);
  if (address !== undefined) return fetchCalls(address, await toolToken(config, address), limit);
  const log = createLogger('warn');
  const database = await openDatabase({
    url: config.databaseUrl,
    directory: join(config.dataDir, 'database'),
    log,
  });
  try {
    const store = createCallStore(database, {
      clock: systemClock,
      log,
      hasRecording: () => Promise.resolve(false),
    });
    const entries: [string, readonly CallEvent[]][] = [];
    for (const { callId } of await store.list({ limit }))
      entries.push([callId, await store.events(callId, 0)]);
    await store.close();
    return new Map(entries);
  } finally {
    await database.close();
  }
}
