import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../../src/core/clock.ts';
import type { QueueStore } from '../../../src/core/handoff.ts';
import type { Logger } from '../../../src/core/log.ts';
import { createHandoffRouter } from '../../../src/handoff/router.ts';
import { toRoutingRules, type RoutingRulesSource } from '../../../src/handoff/rules.ts';
import { createCapturedLog } from '../../../test/support/captured-log.ts';
import { contactOf, profileOf } from '../../../test/support/handoff-fixtures.ts';
import { simulate, type SimulationResult } from '../../../test/support/handoff-simulation.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { seededRandom } from '../../../test/support/random.ts';

export interface DayOptions {
  readonly calls: number;
  readonly callersAtOnce: number;
  readonly agents: number;
  readonly seed: number;
  readonly rules: RoutingRulesSource;
  readonly openStore: (clock: ManualClock, log: Logger) => Promise<QueueStore>;
  /** Whether the store answers in real time and has to be waited for. */
  readonly isRemote: boolean;
  readonly signal: AbortSignal;
  readonly note: (text: string) => void;
}

/** A day of a call centre in accelerated time. The same seed brings the same day as long as rules, store and calls are the same. */
export async function simulateDay(options: DayOptions): Promise<SimulationResult> {
  const { calls, isRemote, signal, note } = options;
  const clock = new ManualClock();
  const log = createCapturedLog();
  const { store, idle } = watched(await options.openStore(clock, log));
  const rules = toRoutingRules(options.rules);
  const router = await createHandoffRouter({ store, clock, log, rules: () => rules, nodeId: 'bench' });
  let noted = 0;
  try {
    const result = await simulate({
      router,
      clock,
      random: seededRandom(options.seed),
      calls,
      callersAtOnce: options.callersAtOnce,
      agents: options.agents,
      patience: 'lognormal',
      meanPatienceMs: 10 * 60_000,
      meanTalkMs: 150_000,
      ...(isRemote && { stepMs: 500, settle: idle }),
      onProgress(ended) {
        if (ended >= noted + calls / 20) {
          noted = ended;
          note(`${ended} of ${calls} calls are over ...`);
        }
        return !signal.aborted;
      },
    });
    signal.throwIfAborted();
    const { entries } = await store.read();
    const left = [...entries.keys()].map((id) => `${id} is still in the queue`);
    const logged = log.lines.map(({ message }) => `logged: ${message}`);
    return { ...result, violations: [...result.violations, ...left, ...logged] };
  } finally {
    await router.close();
    await store.close();
  }
}

/** A store of which one can tell when nobody waits for it any more. */
function watched(store: QueueStore): { readonly store: QueueStore; readonly idle: () => Promise<void> } {
  let pending = 0;
  const counted = <T>(work: Promise<T>): Promise<T> => {
    pending += 1;
    return work.finally(() => (pending -= 1));
  };
  return {
    store: {
      ...store,
      read: () => counted(store.read()),
      commit: (changes) => counted(store.commit(changes)),
      renewLease: (nodeId, leaseMs) => counted(store.renewLease(nodeId, leaseMs)),
    },
    async idle() {
      // An answer may bring the next question: quiet twice in a row is quiet.
      for (let quiet = 0; quiet < 2; quiet = pending === 0 ? quiet + 1 : 0)
        await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

export interface OfferTimes {
  /** From an agent being free to the ring at their desk, in milliseconds. */
  readonly freeToRingMs: readonly number[];
}

export interface OfferOptions {
  readonly openStore: (log: Logger) => Promise<QueueStore>;
  readonly offers: number;
  readonly waiting: number;
  readonly agents: number;
  readonly signal: AbortSignal;
}

/** An agent talks for 3 s on average: ten times the time that all offers then take, and a minute to begin. */
function offersLimitMs({ offers, agents }: OfferOptions): number {
  return 60_000 + (10 * offers * 3_000) / agents;
}

/**
 * Two nodes in real time, the callers on one, the desks on the other, with a long queue: how soon the desk of an agent who has become
 * free rings.
 */
export async function measureOffers(options: OfferOptions): Promise<OfferTimes> {
  const { signal, offers } = options;
  const log = createCapturedLog();
  const rules = toRoutingRules({ afterCallSeconds: 0, queues: { general: { maxWaiting: 10_000 } } });
  const stores = [await options.openStore(log), await options.openStore(log)] as const;
  const open = (store: QueueStore, nodeId: string) =>
    createHandoffRouter({ store, clock: systemClock, log, rules: () => rules, nodeId });
  const [callers, desks] = [await open(stores[0], 'callers'), await open(stores[1], 'desks')];
  const freeToRingMs: number[] = [];
  const failures: unknown[] = [];
  const freeSinceMs = new Map<string, number>();
  let came = 0;
  const comeIn = (): Promise<unknown> => {
    came += 1;
    return callers.enqueue(contactOf(`call_${came}`));
  };
  const serve = async (agentId: string, entryId: string): Promise<void> => {
    await desks.accept(agentId, entryId);
    // Long enough that changes do not pile up: this measures how soon, not how many.
    await delay(2_000 + Math.random() * 2_000);
    if (freeToRingMs.length >= offers) return;
    freeSinceMs.set(agentId, performance.now());
    await desks.finish(agentId, entryId);
    await comeIn();
  };
  desks.subscribe((event) => {
    if (event.type !== 'offered') return;
    const sinceMs = freeSinceMs.get(event.agentId);
    if (sinceMs !== undefined) freeToRingMs.push(performance.now() - sinceMs);
    serve(event.agentId, event.entry.id).catch((error: unknown) => failures.push(error));
  });
  try {
    for (let index = 0; index < options.waiting; index += 1) await comeIn();
    for (let index = 0; index < options.agents; index += 1) {
      await desks.signIn(profileOf(`agent_${index}`));
      // As a desk does whose node has a link to that of the callers.
      await desks.reach(`agent_${index}`, ['callers']);
      await desks.setState(`agent_${index}`, { state: 'available' });
    }
    const limit = AbortSignal.timeout(offersLimitMs(options));
    while (freeToRingMs.length < offers && failures.length === 0 && !signal.aborted) {
      if (limit.aborted) {
        throw new Error(`Only ${freeToRingMs.length} of ${offers} offers came in time.`);
      }
      await delay(100);
    }
    signal.throwIfAborted();
    if (failures.length > 0) throw failures[0];
    return { freeToRingMs };
  } finally {
    await callers.close();
    await desks.close();
    for (const store of stores) await store.close();
  }
}
