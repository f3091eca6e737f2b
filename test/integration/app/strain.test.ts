import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { watchEventLoop } from '../../../src/app/strain.ts';
import { systemClock } from '../../../src/core/clock.ts';

describe('the watch over the main thread', () => {
  it('sees that timers are kept waiting, and stops when told', async () => {
    const seen: number[] = [];
    const stop = watchEventLoop({ noteLateness: (latenessMs) => void seen.push(latenessMs) }, systemClock);
    while (seen.length === 0) {
      const untilMs = performance.now() + 150;
      let spins = 0;
      while (performance.now() < untilMs) spins += 1;
      expect(spins).toBeGreaterThan(0);
      await delay(1);
    }
    stop();
    expect(seen[0]).toBeGreaterThan(40);
    await delay(1_500);
    expect(seen).toHaveLength(1);
  });
});
