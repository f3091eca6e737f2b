import { readFile } from 'node:fs/promises';
import type { Clock } from '../../core/clock.ts';
import { KefuError } from '../../core/errors.ts';
import type { HandoffRouter, QueueStore } from '../../core/handoff.ts';
import type { Logger } from '../../core/log.ts';
import type { Staffer } from '../../handoff/admission.ts';
import { createHandoffRouter } from '../../handoff/router.ts';
import { parseRoutingRules, toRoutingRules, type RoutingRules } from '../../handoff/rules.ts';
import type { Database } from '../../store/database.ts';
import { createMemoryQueueStore } from '../../store/memory-handoff.ts';
import { createEntryTable } from '../../store/queue-entries.ts';
import { newNodeId, type NodeSettings } from './links.ts';

export interface Handoff {
  readonly router: HandoffRouter;
  readonly rules: RoutingRules;
  /** Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens the queue: in memory and the database for one node, in Redis for several.
 * @throws KefuError `config_invalid` for wrong rules, `store_unavailable` when the store cannot be reached.
 */
export async function startHandoff(options: {
  readonly queuesFile: string | undefined;
  readonly redisUrl: string | undefined;
  readonly node: NodeSettings | undefined;
  readonly database: Database;
  /** Everybody whose work it is to answer. */
  readonly staff: () => readonly Staffer[];
  readonly clock: Clock;
  readonly log: Logger;
}): Promise<Handoff> {
  const { queuesFile, staff, clock, log } = options;
  const rules = queuesFile === undefined ? toRoutingRules({}) : await readRules(queuesFile);
  const store = await openStore(options);
  try {
    const router = await createHandoffRouter({
      store,
      clock,
      log,
      rules: () => rules,
      staff,
      nodeId: newNodeId(options.node),
    });
    return {
      router,
      rules,
      async close() {
        await router.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function readRules(file: string): Promise<RoutingRules> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new KefuError('config_invalid', `KEFU_QUEUES_FILE: ${file} cannot be read.`, { cause: error });
  }
  return parseRoutingRules(text, file);
}

/** The client of Redis takes a while to load, and most installations have none. */
async function openStore(options: {
  readonly redisUrl: string | undefined;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
}): Promise<QueueStore> {
  const { redisUrl, database, clock, log } = options;
  if (redisUrl === undefined)
    return createMemoryQueueStore({ clock, log, table: createEntryTable(database, log) });
  const { createRedisQueueStore } = await import('../../store/redis-handoff.ts');
  return createRedisQueueStore({ url: redisUrl, log });
}
