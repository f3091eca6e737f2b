import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupBy, mean, quantile, summarize } from '../../../tools/bench/lib/statistics.ts';

describe('a quantile', () => {
  it('lies between the two nearest values, in proportion', () => {
    expect(quantile([10, 20, 30, 40], 0.5)).toBe(25);
    expect(quantile([40, 10, 30, 20, 50], 0.95)).toBeCloseTo(48);
    expect(quantile([7], 0.95)).toBe(7);
    expect(quantile([3, 1, 2], 0)).toBe(1);
    expect(quantile([3, 1, 2], 1)).toBe(3);
  });

  it('is undefined without values, and refused outside of 0 to 1', () => {
    expect(quantile([], 0.5)).toBeUndefined();
    expect(() => quantile([1], 95)).toThrow(RangeError);
    expect(() => quantile([1], Number.NaN)).toThrow(RangeError);
  });

  it('never leaves the range of the values, grows with the share, and leaves its input alone', () => {
    const values = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 });
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (list, share) => {
        const copy = [...list];
        const low = quantile(list, share / 2) ?? Number.NaN;
        const high = quantile(list, share) ?? Number.NaN;
        expect(low).toBeLessThanOrEqual(high + 1e-6);
        expect(high).toBeGreaterThanOrEqual(Math.min(...list) - 1e-6);
        expect(high).toBeLessThanOrEqual(Math.max(...list) + 1e-6);
        expect(list).toEqual(copy);
      }),
    );
  });
});

describe('a summary', () => {
  it('has no figures when nothing was measured', () => {
    expect(summarize([])).toEqual({
      count: 0,
      mean: undefined,
      p50: undefined,
      p95: undefined,
      max: undefined,
    });
    expect(mean([])).toBeUndefined();
  });

  it('counts, averages and finds the highest', () => {
    expect(summarize([1, 2, 6])).toMatchObject({ count: 3, mean: 3, p50: 2, max: 6 });
  });
});

it('groups keep the order in which their names came first', () => {
  const groups = groupBy([5, 1, 6, 2], (value) => (value > 4 ? 'large' : 'small'));
  expect([...groups]).toEqual([
    ['large', [5, 6]],
    ['small', [1, 2]],
  ]);
});
