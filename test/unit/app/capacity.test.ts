import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coresUnder, reckonCapacity, usualCosts, type Machine } from '../../../src/app/capacity.ts';

const machine: Machine = { cores: 2, recognizerThreads: 2, voiceThreads: 1 };

describe('the number of calls that a machine takes', () => {
  it('is what half of two cores can do at the measured 2.9 s a call minute', () => {
    const capacity = reckonCapacity(usualCosts, machine);
    expect(capacity.cpuSPerCallMinute).toBeCloseTo(2.9, 1);
    expect(capacity).toMatchObject({ calls: 20, limitedBy: 'cores' });
  });

  it('is not that of all cores when one thread is too busy before', () => {
    const big = { ...machine, cores: 64 };
    expect(reckonCapacity(usualCosts, big)).toMatchObject({ limitedBy: 'voice' });
    expect(reckonCapacity(usualCosts, { ...big, voiceThreads: 8 })).toMatchObject({
      limitedBy: 'main-thread',
    });
    expect(reckonCapacity(usualCosts, { ...big, voiceThreads: 8, recognizerThreads: 1 })).toMatchObject({
      limitedBy: 'recognizer',
    });
  });

  it('halves when everything takes twice as long, and is one on the slowest machine', () => {
    const twice = {
      recognition: 2 * usualCosts.recognition,
      speech: 2 * usualCosts.speech,
      voiceActivity: 2 * usualCosts.voiceActivity,
    };
    expect(reckonCapacity(twice, machine).calls).toBe(10);
    expect(reckonCapacity({ recognition: 9, speech: 9, voiceActivity: 9 }, machine).calls).toBe(1);
  });

  it('never grows when something gets dearer, nor shrinks when a machine gets more', () => {
    const cost = fc.double({ min: 0.001, max: 1, noNaN: true });
    const costs = fc.record({ recognition: cost, speech: cost, voiceActivity: cost });
    const count = fc.integer({ min: 1, max: 128 });
    const machines = fc.record({ cores: count, recognizerThreads: count, voiceThreads: count });
    fc.assert(
      fc.property(costs, machines, cost, count, (given, on, more, further) => {
        const { calls } = reckonCapacity(given, on);
        for (const part of ['recognition', 'speech', 'voiceActivity'] as const)
          expect(reckonCapacity({ ...given, [part]: given[part] + more }, on).calls).toBeLessThanOrEqual(
            calls,
          );
        for (const part of ['cores', 'recognizerThreads', 'voiceThreads'] as const)
          expect(reckonCapacity(given, { ...on, [part]: on[part] + further }).calls).toBeGreaterThanOrEqual(
            calls,
          );
      }),
    );
  });
});

describe('the cores of a process', () => {
  it.each([
    ['150000 100000\n', 1.5],
    ['50000 100000\n', 0.5],
    ['1600000 100000\n', 8],
    ['max 100000\n', 8],
    ['', 8],
    ['nonsense', 8],
  ])('under a control group with %j are %d of 8', (cpuMax, cores) => {
    expect(coresUnder(8, cpuMax)).toBe(cores);
  });
});
