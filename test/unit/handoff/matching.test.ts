import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AgentState, QueueEntry } from '../../../src/core/handoff.ts';
import { fitOf, hasRoom, match } from '../../../src/handoff/matching.ts';
import { headStartMs, inOrder } from '../../../src/handoff/priority.ts';
import { toRoutingRules } from '../../../src/handoff/rules.ts';
import { agentOf, entryOf, startEpochMs } from '../../support/handoff-fixtures.ts';

const rules = toRoutingRules({
  headStartSeconds: { law: 120 },
  angerSeconds: 100,
  value: { full: 1000, seconds: 60 },
  queues: {
    general: { overflow: { afterSeconds: 60, queue: 'complaints' } },
    front: { teams: ['desk'], overflow: { afterSeconds: 60, queue: 'complaints' } },
    complaints: { teams: ['senior'] },
    office: { hours: { timeZone: 'UTC', mon: ['09:00-17:00'] } },
  },
});
const ids = (entries: readonly QueueEntry[]): string[] => entries.map(({ id }) => id);
const offersOf = (entries: readonly QueueEntry[], agents: readonly AgentState[], laterMs = 0): string[] =>
  match(entries, agents, rules, startEpochMs + laterMs).map(
    ({ entryId, agentId }) => `${entryId}>${agentId}`,
  );

describe('the order of the queue', () => {
  it('is that of arrival among equals', () => {
    expect(ids(inOrder([entryOf('b', {}, 10), entryOf('c', {}, 5), entryOf('a', {}, 20)], rules))).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  it('gives head starts for reason, anger and value, added up', () => {
    expect(headStartMs(entryOf('a', { reason: 'law', anger: 0.5, value: 500 }), rules)).toBe(200_000);
    expect(headStartMs(entryOf('a', { reason: 'other', value: 99_000 }), rules)).toBe(60_000);
  });

  it('lets nobody starve: who came more than the longest head start before is never overtaken', () => {
    const lawyer = { reason: 'law', anger: 1, value: 5000 };
    expect(ids(inOrder([entryOf('late', lawyer), entryOf('early', {}, 279_999)], rules))).toEqual([
      'late',
      'early',
    ]);
    expect(ids(inOrder([entryOf('late', lawyer), entryOf('early', {}, 280_001)], rules))).toEqual([
      'early',
      'late',
    ]);
  });

  it('puts broken conversations first, then offers in vain, whatever the rest', () => {
    const entries = [
      entryOf('angry', { reason: 'law', anger: 1 }, 500_000),
      entryOf('unanswered', { boost: 'front' }, 10),
      entryOf('broken', { boost: 'very-front' }),
      entryOf('unanswered-before', { boost: 'front' }, 20),
    ];
    expect(ids(inOrder(entries, rules))).toEqual(['broken', 'unanswered-before', 'unanswered', 'angry']);
  });
});

describe('who suits', () => {
  const needs = { skills: [{ skill: 'orders', level: 4 }] };

  it('speaks the language, always', () => {
    expect(
      fitOf(entryOf('a', { language: 'zh' }, 86_400_000), agentOf('x'), rules, startEpochMs),
    ).toBeUndefined();
  });

  it('is as good as asked for, then ever less while the caller waits, and at last anybody', () => {
    const suits = (level: number | undefined, waitedMs: number): boolean =>
      fitOf(
        entryOf('a', needs, waitedMs),
        agentOf('x', { skills: level === undefined ? {} : { orders: level } }),
        rules,
        startEpochMs,
      ) !== undefined;
    expect([suits(4, 0), suits(3, 29_999), suits(3, 30_000)]).toEqual([true, false, true]);
    expect([suits(2, 89_999), suits(2, 90_000)]).toEqual([false, true]);
    expect([suits(1, 179_999), suits(undefined, 179_999), suits(undefined, 180_000)]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('is of a team of the queue, or of the one it overflows into', () => {
    const suits = (teams: string[], waitedMs: number) =>
      fitOf(entryOf('a', { queue: 'front' }, waitedMs), agentOf('x', { teams }), rules, startEpochMs);
    expect(suits(['desk'], 0)).toEqual({ overflow: false, missingLevels: 0 });
    expect(suits(['senior'], 59_999)).toBeUndefined();
    expect(suits(['senior'], 60_000)).toEqual({ overflow: true, missingLevels: 0 });
    expect(suits(['other'], 86_400_000)).toBeUndefined();
  });
});

describe('matching', () => {
  it('asks the one who has been free the longest', () => {
    expect(
      offersOf([entryOf('a')], [agentOf('x', {}, 5), agentOf('y', {}, 50), agentOf('z', {}, 20)]),
    ).toEqual(['a>y']);
  });

  it('asks who is good enough before who has been free longer but is not', () => {
    const entry = entryOf('a', { skills: [{ skill: 'orders', level: 4 }] }, 40_000);
    const agents = [
      agentOf('weak', { skills: { orders: 3 } }, 90_000),
      agentOf('good', { skills: { orders: 4 } }),
    ];
    expect(offersOf([entry], agents)).toEqual(['a>good']);
  });

  it('goes on to the next when the first suits nobody', () => {
    expect(offersOf([entryOf('a', { language: 'zh' }, 50), entryOf('b')], [agentOf('x')])).toEqual(['b>x']);
  });

  it('leaves alone who is offered, served or away, and agents who are not free', () => {
    const taken = { agentId: 'x', sinceEpochMs: 0 };
    const entries = [
      entryOf('offered', { progress: { state: 'offered', ...taken } }),
      entryOf('served', { progress: { state: 'serving', ...taken } }),
      entryOf('away', { nodeId: null, awaySinceEpochMs: 0 }),
    ];
    expect(offersOf(entries, [agentOf('x')])).toEqual([]);
    const states = ['offline', 'ringing', 'talking', 'after-call', 'break'] as const;
    expect(
      offersOf(
        [entryOf('a')],
        states.map((state) => agentOf(state, { state })),
      ),
    ).toEqual([]);
  });

  it('does not offer what somebody has just declined to them again', () => {
    const entry = entryOf('a', { declines: [{ agentId: 'x', atEpochMs: startEpochMs }] });
    expect(offersOf([entry], [agentOf('x', {}, 99), agentOf('y')])).toEqual(['a>y']);
    expect(offersOf([entry], [agentOf('x')], 59_999)).toEqual([]);
    expect(offersOf([entry], [agentOf('x')], 60_000)).toEqual(['a>x']);
  });

  it('calls nobody back while the queue is closed, but serves who still waits', () => {
    // 2026-01-05 is a Monday; the clock begins on the Thursday before.
    const openingMs = Date.UTC(2026, 0, 5, 9) - startEpochMs;
    const callback = entryOf('a', { queue: 'office', channel: 'callback', nodeId: null });
    expect(offersOf([callback], [agentOf('x')], openingMs - 1)).toEqual([]);
    expect(offersOf([callback], [agentOf('x')], openingMs)).toEqual(['a>x']);
    expect(offersOf([entryOf('b', { queue: 'office' })], [agentOf('x')])).toEqual(['b>x']);
  });

  it('gives texts beside texts up to the capacity, and a call to free hands only', () => {
    const texting = (held: number, textCapacity = 3): AgentState =>
      agentOf('x', {
        state: held ? 'talking' : 'available',
        textCapacity,
        holding: Array.from({ length: held }, (_, index) => ({ entryId: `t${index}`, channel: 'text' })),
      });
    expect([0, 1, 2, 3].map((held) => hasRoom(texting(held), 'text'))).toEqual([true, true, true, false]);
    expect([0, 1].map((held) => hasRoom(texting(held), 'voice'))).toEqual([true, false]);
    expect(offersOf([entryOf('t', { channel: 'text' })], [texting(0, 0)])).toEqual([]);
    const calling = agentOf('x', {
      state: 'talking',
      textCapacity: 3,
      holding: [{ entryId: 'c', channel: 'voice' }],
    });
    expect(hasRoom(calling, 'text')).toBe(false);
  });

  it('never gives one entry or one agent twice, and passes nobody over for one behind them', () => {
    const languages = fc.constantFrom<QueueEntry['language']>('en', 'zh');
    const entries = fc
      .array(
        fc.record({
          language: languages,
          anger: fc.double({ min: 0, max: 1, noNaN: true }),
          waitedMs: fc.nat(200_000),
        }),
      )
      .map((list) => list.map(({ waitedMs, ...rest }, index) => entryOf(`e${index}`, rest, waitedMs)));
    const agents = fc
      .array(fc.subarray<QueueEntry['language']>(['en', 'zh'], { minLength: 1 }))
      .map((list) => list.map((spoken, index) => agentOf(`a${index}`, { languages: spoken })));
    fc.assert(
      fc.property(entries, agents, (waiting, free) => {
        const offers = match(waiting, free, rules, startEpochMs);
        expect(new Set(offers.map(({ entryId }) => entryId)).size).toBe(offers.length);
        expect(new Set(offers.map(({ agentId }) => agentId)).size).toBe(offers.length);
        const offered = new Map(offers.map(({ entryId, agentId }) => [entryId, agentId]));
        const order = inOrder(waiting, rules);
        for (const [place, entry] of order.entries()) {
          if (offered.has(entry.id)) continue;
          for (const behind of order.slice(place + 1)) {
            const agent = free.find(({ id }) => id === offered.get(behind.id));
            expect(agent?.languages ?? []).not.toContain(entry.language);
          }
        }
      }),
    );
  });
});
