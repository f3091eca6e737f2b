import type { Clock } from '../core/clock.ts';
import { toKefuError } from '../core/errors.ts';
import type { CallEvent, EventBus } from '../core/events.ts';
import type { ContactCentreFigures, FigureFact, FigureStore, Figures } from '../core/figures.ts';
import { agentActivities, type AgentActivity, type HandoffRouter } from '../core/handoff.ts';
import type { Logger } from '../core/log.ts';
import { daysOf } from './days.ts';
import { createFactReader, waitsInPerson, workOf } from './facts.ts';
import { addFact, addWork, figuresOf, Tally } from './tally.ts';

/** What is counted is in the database so long afterwards at the latest. */
const writeAfterMs = 5_000;
/** Days that are over can still grow while somebody is at work across midnight; later they leave memory. */
const keptDays = 7;
const dayMs = 24 * 60 * 60 * 1000;
/** Ids of calls that are remembered, so that none counts twice or as contained although a person had it. */
const rememberedCalls = 20_000;
/** Ends of a call that are no end of the caller's matter: Kefu did not finish these alone. Shops may add outcomes of their own. */
const unfinished = new Set(['transferred', 'callback', 'voicemail', 'abandoned', 'failed', 'too-long']);

export interface FiguresOptions {
  /** Ask for figures in the same breath as the router is made: what happens in between is not counted. */
  readonly router: Pick<HandoffRouter, 'state' | 'subscribe'>;
  readonly bus: EventBus;
  readonly store: FigureStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Of the shop; its days are what figures are kept by. */
  readonly timeZone: string;
  /** What an agent is called. */
  readonly names: (agentId: string) => string | undefined;
  /** Whoever is answered within so long is answered in time; asked for at every use. By default 20 s. */
  readonly serviceLevelMs?: () => number;
}

/** Counts what happens in the queue and with calls on this node, by day. */
export function createFigures(options: FiguresOptions): Figures {
  const { router, bus, store, clock, log, timeZone, names, serviceLevelMs = () => 20_000 } = options;
  const days = daysOf(timeZone);
  const startedEpochMs = clock.epochMs();
  const tallies = new Map<string, Tally>();
  const total = new Tally();
  const dirty = new Set<string>();
  const listeners = new Set<(fact: FigureFact) => void>();
  const facts = createFactReader(router.state());
  const withPeople = new RecentIds(router.state().entries.map(({ id }) => id));
  const countedCalls = new RecentIds();

  const tallyOf = (day: string): Tally => {
    let tally = tallies.get(day);
    if (!tally) {
      tally = new Tally();
      tallies.set(day, tally);
      const oldest = days.of(clock.epochMs() - keptDays * dayMs);
      for (const old of [...tallies.keys()]) if (old < oldest && !dirty.has(old)) tallies.delete(old);
    }
    return tally;
  };

  const count = (fact: FigureFact): void => {
    const nowEpochMs = clock.epochMs();
    if (fact.type === 'agent-time') {
      const { agentId, busy, fromEpochMs, toEpochMs } = fact;
      // A span from before the days in memory would replace what is kept of them.
      const knownFromEpochMs = Math.max(fromEpochMs, nowEpochMs - (keptDays - 1) * dayMs);
      for (const { day, ms } of days.split(knownFromEpochMs, toEpochMs)) {
        addWork(tallyOf(day), agentId, busy, ms);
        dirty.add(day);
      }
      addWork(total, agentId, busy, Math.max(0, toEpochMs - Math.max(fromEpochMs, startedEpochMs)));
    } else {
      const day = days.of(nowEpochMs);
      for (const tally of [tallyOf(day), total]) addFact(tally, fact, serviceLevelMs());
      dirty.add(day);
    }
    for (const listener of [...listeners]) {
      try {
        listener(fact);
      } catch (error) {
        log.error({ err: error, fact: fact.type }, 'a listener of the figures failed');
      }
    }
    planWrite();
  };

  const hearCall = ({ callId, body }: CallEvent): void => {
    if (body.type === 'transfer' && body.ok === true && !withPeople.has(callId)) {
      // Whoever was in the queue is counted there; these went to a number outside.
      withPeople.add(callId);
      count({ type: 'transferred', reason: body.briefing.reason });
    }
    // An interrupted call may go on; it counts when it ends. One that comes back after its end counted then.
    if (body.type !== 'call-ended' || body.outcome === 'interrupted' || countedCalls.has(callId)) return;
    countedCalls.add(callId);
    count({ type: 'call-ended', contained: !unfinished.has(body.outcome) && !withPeople.has(callId) });
  };

  let cancelWrite: (() => void) | undefined;
  let failing = false;
  let closing: Promise<void> | undefined;
  let last: Promise<void> = Promise.resolve();

  const write = async (): Promise<void> => {
    for (const day of [...dirty]) {
      dirty.delete(day);
      try {
        await store.keep(day, tallyOf(day).amounts());
      } catch (error) {
        dirty.add(day);
        throw error;
      }
    }
  };
  const flush = (): Promise<void> => {
    const result = last.then(write);
    last = result.catch(() => undefined);
    return result;
  };
  const flushOrLog = async (): Promise<void> => {
    try {
      await flush();
      if (failing) log.info({}, 'figures are written again');
      failing = false;
    } catch (error) {
      if (!failing) log.error({ err: toKefuError(error) }, 'figures cannot be written to the database');
      failing = true;
    }
  };
  const planWrite = (): void => {
    if (cancelWrite || closing) return;
    cancelWrite = clock.setTimer(() => {
      void flushOrLog().then(() => {
        cancelWrite = undefined;
        if (dirty.size > 0) planWrite();
      });
    }, writeAfterMs);
  };

  const waiting: Figures['waiting'] = () => {
    const nowEpochMs = clock.epochMs();
    const queues = new Map<string, { waiting: number; longestWaitMs: number }>();
    for (const entry of router.state().entries) {
      const isAway = entry.awaySinceEpochMs !== null;
      if (entry.progress.state === 'serving' || isAway || !waitsInPerson(entry)) continue;
      const queue = queues.get(entry.queue) ?? { waiting: 0, longestWaitMs: 0 };
      queue.waiting += 1;
      queue.longestWaitMs = Math.max(queue.longestWaitMs, nowEpochMs - entry.enqueuedAtEpochMs);
      queues.set(entry.queue, queue);
    }
    return [...queues].map(([queue, now]) => ({ queue, ...now }));
  };

  /** Figures of sums that reach to now: with what agents have been doing up to now. */
  const present = (amounts: Tally, sinceEpochMs: number, day: string): ContactCentreFigures => {
    const tally = new Tally(amounts.amounts());
    const { agents } = router.state();
    for (const agent of agents) {
      const work = workOf(agent);
      const ms = clock.epochMs() - Math.max(agent.sinceEpochMs, sinceEpochMs);
      if (work && ms > 0) addWork(tally, agent.id, work === 'busy', ms);
    }
    const agentIds = agents.flatMap(({ id, state }) => (state === 'offline' ? [] : [id]));
    return figuresOf(tally, { sinceEpochMs, day, waiting: waiting(), agentIds, nameOf });
  };
  const nameOf = (agentId: string): string => names(agentId) ?? agentId;

  const unsubscribe = [
    router.subscribe((event) => {
      if (event.type !== 'agent-changed') withPeople.add(event.entry.id);
      for (const fact of facts.read(event, clock.epochMs())) count(fact);
    }),
    bus.subscribe('call-event', hearCall),
  ];

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    waiting,
    agentsByState() {
      const counts = Object.fromEntries(agentActivities.map((state) => [state, 0])) as Record<
        AgentActivity,
        number
      >;
      for (const { state } of router.state().agents) counts[state] += 1;
      return counts;
    },
    async ofDay(day) {
      await flush();
      const today = days.of(clock.epochMs());
      const wanted = day ?? today;
      const tally = new Tally(await store.sum(wanted));
      const sinceEpochMs = days.startEpochMs(wanted);
      return wanted === today
        ? present(tally, sinceEpochMs, wanted)
        : figuresOf(tally, { sinceEpochMs, day: wanted, waiting: [], agentIds: [], nameOf });
    },
    sinceStart: () => present(total, startedEpochMs, days.of(clock.epochMs())),
    close: () =>
      (closing ??= (async () => {
        for (const stop of unsubscribe) stop();
        listeners.clear();
        cancelWrite?.();
        await flushOrLog();
      })()),
  };
}

/** Ids, of which the oldest are forgotten when there are too many. */
class RecentIds {
  readonly #ids: Set<string>;

  constructor(ids: readonly string[] = []) {
    this.#ids = new Set(ids);
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  add(id: string): void {
    this.#ids.delete(id);
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (this.#ids.size > rememberedCalls && oldest !== undefined) this.#ids.delete(oldest);
  }
}
