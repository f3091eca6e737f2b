import { describe, expect, it } from 'vitest';
import { isOpen, nextOpening } from '../../../src/core/hours.ts';
import { openingHoursSchema } from '../../../src/core/hours-schema.ts';

describe('opening hours', () => {
  const berlin = openingHoursSchema.parse({
    timeZone: 'Europe/Berlin',
    mon: ['09:00-12:00', '13:00-18:00'],
    fri: ['08:50-24:00'],
    closed: ['2026-12-25'],
  });
  const at = (text: string): number => Date.parse(text);

  it.each([
    ['2026-06-01T06:59:00Z', false],
    ['2026-06-01T07:00:00Z', true],
    ['2026-06-01T10:30:00Z', false],
    ['2026-06-01T15:59:59Z', true],
    ['2026-06-01T16:00:00Z', false],
    // In winter Berlin is an hour nearer to UTC.
    ['2026-11-30T07:30:00Z', false],
    ['2026-11-30T08:00:00Z', true],
    ['2026-06-05T21:59:00Z', true],
    ['2026-06-05T22:00:00Z', false],
    ['2026-12-25T10:00:00Z', false],
  ])('at %s: open is %s', (text, open) => {
    expect(isOpen(berlin, at(text))).toBe(open);
  });

  it.each([
    ['2026-06-01T10:17:31Z', '2026-06-01T11:00:00Z'],
    ['2026-06-01T17:00:00Z', '2026-06-05T06:50:00Z'],
    // The Friday is a holiday, so the Monday after.
    ['2026-12-24T10:00:00Z', '2026-12-28T08:00:00Z'],
  ])('closed at %s, they begin again at %s', (text, opening) => {
    expect(nextOpening(berlin, at(text))).toBe(at(opening));
  });

  it('are always without any, and never when no day has any', () => {
    expect(isOpen(undefined, 0)).toBe(true);
    const never = openingHoursSchema.parse({ timeZone: 'UTC' });
    expect(isOpen(never, 0)).toBe(false);
    expect(nextOpening(never, 0)).toBeNull();
    expect(nextOpening(berlin, at('2026-06-01T07:00:00Z'))).toBeNull();
  });
});
