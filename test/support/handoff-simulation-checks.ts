import { describe, expect, it } from 'vitest';
import type { ContactCentreFigures } from '../../src/core/figures.ts';
import { createFigures } from '../../src/handoff/figures.ts';
import { createHandoffRouter } from '../../src/handoff/router.ts';
import { toRoutingRules } from '../../src/handoff/rules.ts';
import { createEventBus } from '../../src/observe/bus.ts';
import { createMemoryQueueStore } from '../../src/store/memory-handoff.ts';
import { createCapturedLog } from './captured-log.ts';
import { createFakeFigureDatabase } from './fake-figure-store.ts';
import {
  simulate,
  type SimulatedCall,
  type SimulationOptions,
  type SimulationResult,
} from './handoff-simulation.ts';
import { ManualClock } from './manual-clock.ts';
import { seededRandom } from './random.ts';

export type Scenario = Pick<
  SimulationOptions,
  'calls' | 'callersAtOnce' | 'agents' | 'patience' | 'meanPatienceMs'
> & { readonly seed: number };

/** What must be true of every simulated call centre. */
export function describeSimulation({ seed, ...scenario }: Scenario): void {
  const { calls: count, callersAtOnce, agents, patience } = scenario;
  describe(`${count} calls, ${callersAtOnce} at a time, ${agents} agents, ${patience} patience`, () => {
    let result: SimulationResult;
    let figures: ContactCentreFigures;
    const calls = (): SimulatedCall[] => [...result.calls.values()];

    it('are each served, called back or abandoned exactly once, and none is offered twice at a time', async () => {
      const clock = new ManualClock();
      const log = createCapturedLog();
      const store = await createMemoryQueueStore({ clock, log });
      const rules = toRoutingRules({});
      const router = await createHandoffRouter({ store, clock, log, rules: () => rules, nodeId: 'n1' });
      const counting = createFigures({
        router,
        bus: createEventBus(log),
        store: createFakeFigureDatabase().open(),
        clock,
        log,
        timeZone: 'UTC',
        names: () => undefined,
      });
      result = await simulate({
        ...scenario,
        router,
        clock,
        random: seededRandom(seed),
        meanTalkMs: 150_000,
      });
      const { entries, agents: staff } = await store.read();
      await router.close();
      figures = counting.sinceStart();
      await counting.close();
      expect(result.violations).toEqual([]);
      expect(calls().filter(({ outcomes }) => outcomes.length !== 1)).toEqual([]);
      expect(result.calls.size).toBe(scenario.calls);
      expect(entries.size).toBe(0);
      expect([...staff.values()].filter(({ value }) => value.holding.length > 0)).toEqual([]);
      expect(log.lines).toEqual([]);
      // Everything that can happen has happened.
      for (const happened of Object.values(result.counts)) expect(happened).toBeGreaterThan(0);
      for (const outcome of ['served', 'called-back', 'abandoned'] as const)
        expect(calls().filter(({ outcomes }) => outcomes[0] === outcome).length).toBeGreaterThan(count / 100);
    }, 300_000);

    it('are what the figures say', () => {
      const ended = (outcome: string): number =>
        calls().filter(({ outcomes }) => outcomes[0] === outcome).length;
      const [queue] = figures.queues;
      expect(queue).toMatchObject({
        offered: count,
        callbacksKept: ended('called-back'),
        waiting: 0,
      });
      const handled = figures.agents.reduce((sum, agent) => sum + agent.handled, 0);
      expect(handled).toBe(ended('served') + ended('called-back'));
      const { answered = 0, abandoned = 0, callbacksPromised = 0 } = queue ?? {};
      // Some of those whose conversation broke off became callbacks, or gave up.
      expect(answered + abandoned + callbacksPromised).toBeGreaterThanOrEqual(count);
      expect(answered + abandoned + callbacksPromised).toBeLessThan(count + result.counts.broken);
      expect(abandoned).toBeLessThanOrEqual(ended('abandoned'));
      for (const { occupancy } of figures.agents) expect(occupancy).toBeGreaterThan(0.5);
    });

    it('are answered in the order they came among those who are alike', () => {
      const groups = new Map<string, SimulatedCall[]>();
      for (const call of calls()) {
        if (call.firstOffer === undefined) continue;
        const { language, skills, reason, anger, value } = call.contact;
        const key = JSON.stringify([language, skills, reason === 'angry', anger, value]);
        groups.set(key, [...(groups.get(key) ?? []), call]);
      }
      expect(groups.size).toBeGreaterThan(10);
      for (const group of groups.values()) {
        const byArrival = group.toSorted((left, right) => left.enqueuedAtMs - right.enqueuedAtMs);
        const offers = byArrival.map(({ firstOffer }) => firstOffer);
        expect(offers).toEqual(offers.toSorted((left = 0, right = 0) => left - right));
      }
    });

    it('wait as long as estimated, within 30 % at the median', () => {
      const errors = calls()
        .flatMap(({ answeredAtMs, enqueuedAtMs, estimateMs }) => {
          if (answeredAtMs === undefined || estimateMs === null) return [];
          const waitedMs = answeredAtMs - enqueuedAtMs;
          return [Math.abs(estimateMs - waitedMs) / waitedMs];
        })
        .sort((left, right) => left - right);
      expect(errors.length).toBeGreaterThan(count / 10);
      expect(errors[Math.floor(errors.length / 2)]).toBeLessThan(0.3);
    });
  });
}
