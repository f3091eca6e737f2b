import { describe, expect, it } from 'vitest';
import type { AgentState, QueueEntry, QueueEstimate } from '../../../src/core/handoff.ts';
import { estimate } from '../../../src/handoff/estimate.ts';
import { createPaceMeter, type Pace } from '../../../src/handoff/pace.ts';
import { toRoutingRules } from '../../../src/handoff/rules.ts';
import { agentOf, entryOf, startEpochMs } from '../../support/handoff-fixtures.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const rules = toRoutingRules({ headStartSeconds: { law: 120 }, usualHandleSeconds: 100 });
const still: Pace = { givingUpPerMs: () => 0, overtaking: () => 0 };
const talking = (id: string, overrides: Partial<AgentState> = {}): AgentState =>
  agentOf(id, { state: 'talking', holding: [{ entryId: `of ${id}`, channel: 'voice' }], ...overrides });

function estimateOf(
  entry: QueueEntry,
  others: readonly QueueEntry[],
  agents: readonly AgentState[],
  pace: Pace = still,
): QueueEstimate {
  return estimate({ entry, entries: [...others, entry], agents, rules, nowEpochMs: startEpochMs, pace });
}

describe('the estimated wait', () => {
  it('is what those ahead take, shared by the people who suit', () => {
    const ahead = [entryOf('a', {}, 30), entryOf('b', {}, 20), entryOf('c', {}, 10)];
    expect(estimateOf(entryOf('me'), ahead, [talking('x'), talking('y')])).toEqual({
      position: 4,
      waitMs: 200_000,
    });
  });

  it('builds on what handling took of late', () => {
    const agents = [talking('x', { recentHandleMs: [20_000, 40_000] }), talking('y')];
    expect(estimateOf(entryOf('me'), [], agents).waitMs).toBe(15_000);
  });

  it('is nothing while somebody is free, and unknown while nobody on duty suits', () => {
    expect(estimateOf(entryOf('me'), [], [agentOf('x')])).toEqual({ position: 1, waitMs: 0 });
    const absent = [agentOf('x', { state: 'break' }), agentOf('y', { languages: ['zh'] })];
    expect(estimateOf(entryOf('me'), [], absent)).toEqual({ position: 1, waitMs: null });
  });

  it('counts those ahead by how many of their people they share', () => {
    const agents = [
      talking('en'),
      talking('zh', { languages: ['zh'] }),
      talking('both', { languages: ['en', 'zh'] }),
    ];
    const ahead = [entryOf('a', { language: 'zh' }, 20), entryOf('b', { language: 'zh' }, 10)];
    // Two callers of whom each takes half a person of mine, and I: two turns of 100 s, two people.
    expect(estimateOf(entryOf('me'), ahead, agents)).toEqual({ position: 3, waitMs: 100_000 });
    expect(estimateOf(entryOf('me'), ahead, [talking('en'), talking('zh', { languages: ['zh'] })])).toEqual({
      position: 1,
      waitMs: 100_000,
    });
  });

  it('counts on skills that widen before the turn comes', () => {
    const entry = entryOf('me', { skills: [{ skill: 'orders', level: 3 }] });
    const agents = [talking('good', { skills: { orders: 3 } }), talking('fair', { skills: { orders: 2 } })];
    expect(estimateOf(entry, [], agents).waitMs).toBe(50_000);
  });

  it('is shorter when callers give up, though callbacks do not', () => {
    const pace = { ...still, givingUpPerMs: () => 1 / 100_000 };
    const ahead = Array.from({ length: 9 }, (_, index) => entryOf(`a${index}`, {}, 10 + index));
    expect(estimateOf(entryOf('me'), ahead, [talking('x')], pace).waitMs).toBe(
      Math.round(100_000 * Math.log(11)),
    );
    const callbacks = ahead.map((entry): QueueEntry => ({ ...entry, channel: 'callback' }));
    expect(estimateOf(entryOf('me'), callbacks, [talking('x')], pace).waitMs).toBe(1_000_000);
  });
});

describe('the pace of the queue', () => {
  it('knows how often waiting callers give up', () => {
    const clock = new ManualClock();
    const pace = createPaceMeter(
      () => rules,
      () => clock.epochMs(),
    );
    pace.look(Array.from({ length: 10 }, (_, index) => entryOf(`a${index}`)));
    clock.advance(60_000);
    expect(pace.givingUpPerMs()).toBe(0);
    pace.gaveUp();
    expect(pace.givingUpPerMs()).toBeCloseTo(1 / 600_000, 8);
  });

  it('expects those who overtake to come as often as they did', () => {
    const clock = new ManualClock();
    const pace = createPaceMeter(
      () => rules,
      () => clock.epochMs(),
    );
    for (let index = 0; index < 5; index += 1) {
      pace.arrived(entryOf(`law${index}`, { reason: 'law' }));
      pace.arrived(entryOf(`other${index}`));
      clock.advance(60_000);
    }
    // One a minute with a head start of two minutes, within the two minutes in which it gets them past.
    expect(pace.overtaking(0, 600_000, () => 1)).toBeCloseTo(2, 5);
    expect(pace.overtaking(60_000, 600_000, () => 1)).toBeCloseTo(1, 5);
    expect(pace.overtaking(0, 30_000, () => 0.5)).toBeCloseTo(0.25, 5);
    expect(pace.overtaking(120_000, 600_000, () => 1)).toBe(0);
  });
});
