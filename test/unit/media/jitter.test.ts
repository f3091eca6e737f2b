import { describe, expect, it } from 'vitest';
import { createJitterEstimator } from '../../../src/media/jitter.ts';
import { seededRandom } from '../../support/random.ts';

describe('the jitter of a line', () => {
  it('is unknown at first, and none when every packet comes in its time', () => {
    const jitter = createJitterEstimator();
    expect(jitter.spreadMs()).toBeUndefined();
    for (let index = 0; index < 50; index += 1) jitter.note(1234 + index * 20, index * 20);
    expect(jitter.spreadMs()).toBe(0);
    jitter.restart();
    expect(jitter.spreadMs()).toBeUndefined();
  });

  it('is what nearly all packets stay within, and one straggler does not count', () => {
    const jitter = createJitterEstimator();
    const random = seededRandom(5);
    for (let index = 0; index < 250; index += 1)
      jitter.note(index * 20 + (index === 100 ? 900 : random.next() * 40), index * 20);
    expect(jitter.spreadMs()).toBeGreaterThan(35);
    expect(jitter.spreadMs()).toBeLessThanOrEqual(40);
  });

  it('is forgotten within seconds, and a slow clock of the far side is no jitter', () => {
    const jitter = createJitterEstimator();
    for (let index = 0; index < 250; index += 1) jitter.note(index * 20 + (index % 2) * 80, index * 20);
    expect(jitter.spreadMs()).toBe(80);
    for (let index = 250; index < 500; index += 1) jitter.note(index * 20.002, index * 20);
    expect(jitter.spreadMs()).toBeLessThan(1);
  });
});
