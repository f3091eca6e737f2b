import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs, retryAfterMs } from '../../../src/commerce/retry.ts';

describe('the wait before the next attempt', () => {
  it('lies between half and the whole of a bound that doubles up to its limit', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempt, draw) => {
          const wait = backoffMs(attempt, { baseMs: 200, maxMs: 2_000, random: () => draw });
          const bound = Math.min(2_000, 200 * 2 ** (attempt - 1));
          expect(wait).toBeGreaterThanOrEqual(bound / 2);
          expect(wait).toBeLessThan(bound);
        },
      ),
    );
  });
});

describe('Retry-After', () => {
  const nowMs = Date.UTC(2026, 0, 1);

  it.each([
    ['0', 0],
    ['3', 3_000],
    [' 120 ', 120_000],
    ['Thu, 01 Jan 2026 00:00:05 GMT', 5_000],
    ['Wed, 31 Dec 2025 23:59:00 GMT', 0],
  ])('"%s" asks for %i ms', (header, expectedMs) => {
    expect(retryAfterMs(header, nowMs)).toBe(expectedMs);
  });

  it.each([null, '', 'soon', '-1', '1.5', '2026-01-01'])('"%s" asks for nothing', (header) => {
    expect(retryAfterMs(header, nowMs)).toBeUndefined();
  });
});
