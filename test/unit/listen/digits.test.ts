import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Expecting } from '../../../src/core/dialog.ts';
import type { DigitCollector } from '../../../src/core/turn.ts';
import { createDigitCollector } from '../../../src/listen/digits.ts';

const number: Expecting = { slot: 'order_number', kind: 'order_number', keys: { min: 7, max: 7 } };
const code: Expecting = { slot: 'postal_code', kind: 'postal_code', keys: { min: 5, max: 6 } };
const yesNo: Expecting = { slot: 'confirm', kind: 'yes_no' };

/** Keys `keys` a quarter of a second apart; returns the first answer. */
function key(collector: DigitCollector, keys: string): string | undefined {
  let atMs = 0;
  for (const digit of keys) {
    const answer = collector.push(digit, atMs);
    if (answer !== undefined) return answer;
    atMs += 250;
  }
  return undefined;
}

describe('keys', () => {
  it('are complete when as many as asked for have come', () => {
    const collector = createDigitCollector();
    collector.expect(number);
    expect(key(collector, '237815')).toBeUndefined();
    expect(collector.push('6', 2000)).toBe('2378156');
    expect(collector.tick(60_000)).toBeUndefined();
  });

  it('are ended by #, and a # too many answers nothing', () => {
    const collector = createDigitCollector();
    collector.expect(code);
    expect(key(collector, '12345#')).toBe('12345');
    expect(collector.push('#', 5000)).toBeUndefined();
  });

  it('are deleted by *', () => {
    const collector = createDigitCollector();
    collector.expect(code);
    expect(key(collector, '99*12345#')).toBe('12345');
  });

  it('are complete after a wait, longer for long numbers, and nothing comes of no keys', () => {
    const short = createDigitCollector();
    short.expect(code);
    expect(short.tick(60_000)).toBeUndefined();
    short.push('1', 60_000);
    short.push('2', 62_000);
    expect(short.tick(64_990)).toBeUndefined();
    expect(short.tick(65_000)).toBe('12');
    const long = createDigitCollector();
    long.expect(number);
    long.push('1', 0);
    expect(long.tick(3900)).toBeUndefined();
    expect(long.tick(4000)).toBe('1');
  });

  it('answer a yes-or-no question with the first key', () => {
    const collector = createDigitCollector();
    collector.expect(yesNo);
    expect(collector.push('1', 0)).toBe('1');
  });

  it('keyed ahead of the question are kept', () => {
    const collector = createDigitCollector();
    collector.push('1', 0);
    collector.expect(yesNo);
    expect(collector.tick(20)).toBe('1');
  });

  it('delivered twice within 40 ms count once; a caller may key the same key again', () => {
    const collector = createDigitCollector();
    collector.expect(code);
    collector.push('5', 0);
    collector.push('5', 20);
    collector.push('5', 200);
    expect(collector.push('#', 400)).toBe('55');
  });

  it('that no telephone has are ignored', () => {
    const collector = createDigitCollector();
    expect(['A', '', '12', 'x'].map((digit) => collector.push(digit, 0))).toEqual(Array(4).fill(undefined));
    expect(collector.push('#', 10)).toBeUndefined();
  });

  it('come out as they were keyed', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9]{1,32}$/), (digits) => {
        const collector = createDigitCollector();
        const answer = key(collector, digits) ?? collector.push('#', 1_000_000);
        expect(answer).toBe(digits);
      }),
    );
  });
});
