import { describe, expect, it } from 'vitest';
import { createMemoryQueueStore } from '../../../src/store/memory-handoff.ts';
import { outcomeOf } from '../../../tools/bench/lib/handoff-measures.ts';
import { simulateDay } from '../../../tools/bench/lib/handoff-runs.ts';
import { contactOf } from '../../support/handoff-fixtures.ts';
import type { SimulatedCall, SimulationResult } from '../../support/handoff-simulation.ts';

const callOf = (id: string, overrides: Partial<SimulatedCall>): SimulatedCall => ({
  contact: contactOf(id),
  enqueuedAtMs: 0,
  estimateMs: null,
  answeredAtMs: undefined,
  firstOffer: undefined,
  outcomes: ['abandoned'],
  ...overrides,
});

const resultOf = (calls: readonly SimulatedCall[]): SimulationResult => ({
  calls: new Map(calls.map((call) => [call.contact.id, call])),
  violations: [],
  simulatedMs: 3_600_000,
  counts: { declines: 0, noAnswers: 0, deskCrashes: 0, broken: 0 },
});

describe('what a simulated day comes to', () => {
  it('tells who was served out of turn among those who are alike', () => {
    const served = (id: string, enqueuedAtMs: number, firstOffer: number, anger = 0) =>
      callOf(id, { contact: contactOf(id, { anger }), enqueuedAtMs, firstOffer, outcomes: ['served'] });
    const day = outcomeOf(
      resultOf([served('a', 1, 1), served('b', 2, 0), served('c', 3, 2), served('d', 4, 0, 1)]),
    );
    expect(day).toMatchObject({ alikePairs: 2, alikeSwapped: 1, served: 4, abandoned: 0 });
  });

  it('tells calls that ended never or twice', () => {
    const day = outcomeOf(
      resultOf([callOf('a', { outcomes: [] }), callOf('b', { outcomes: ['served', 'served'] })]),
    );
    expect(day.violations).toEqual(['a ended 0 times', 'b ended 2 times']);
  });

  it('tells how far off estimates were, and how long the angriest waited', () => {
    const answered = (id: string, estimateMs: number | null, answeredAtMs: number, anger: number) =>
      callOf(id, { contact: contactOf(id, { anger }), estimateMs, answeredAtMs, outcomes: ['served'] });
    const day = outcomeOf(
      resultOf([
        answered('a', 80_000, 100_000, 0.9),
        answered('b', 240_000, 200_000, 0),
        answered('c', null, 300_000, 0),
        callOf('d', {}),
      ]),
    );
    expect(day.estimateError).toBeCloseTo(0.2, 10);
    expect(day.angriest).toMatchObject({ callers: 1, medianS: 100, gaveUp: 0 });
    expect(day.calm).toMatchObject({ callers: 3, longestS: 300, gaveUp: 1 / 3 });
  });
});

describe('a simulated day', () => {
  it('is the same for the same seed', async () => {
    const simulated = async () => {
      const notes: string[] = [];
      const result = await simulateDay({
        calls: 60,
        callersAtOnce: 20,
        agents: 4,
        seed: 3,
        rules: {},
        openStore: (clock, log) => createMemoryQueueStore({ clock, log }),
        isRemote: false,
        signal: new AbortController().signal,
        note: (text) => notes.push(text),
      });
      return { day: outcomeOf(result), notes };
    };
    const [one, two] = [await simulated(), await simulated()];
    expect(one).toEqual(two);
    expect(one.day).toMatchObject({ calls: 60, violations: [] });
    expect(one.notes.length).toBeGreaterThan(2);
  });

  it('ends when it is stopped', async () => {
    const stopped = simulateDay({
      calls: 60,
      callersAtOnce: 20,
      agents: 4,
      seed: 3,
      rules: {},
      openStore: (clock, log) => createMemoryQueueStore({ clock, log }),
      isRemote: false,
      signal: AbortSignal.abort(),
      note: () => undefined,
    });
    await expect(stopped).rejects.toThrow('aborted');
  });
});
