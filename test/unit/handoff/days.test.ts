import { describe, expect, it } from 'vitest';
import { daysOf } from '../../../src/handoff/days.ts';

const hourMs = 3_600_000;

describe('days of a time zone', () => {
  it('begin at its own midnight', () => {
    const shanghai = daysOf('Asia/Shanghai');
    expect(shanghai.startEpochMs('2026-11-29')).toBe(Date.UTC(2026, 10, 28, 16));
    expect(shanghai.of(Date.UTC(2026, 10, 28, 16))).toBe('2026-11-29');
    expect(shanghai.of(Date.UTC(2026, 10, 28, 16) - 1)).toBe('2026-11-28');
    expect(daysOf('Pacific/Kiritimati').startEpochMs('2026-11-29')).toBe(Date.UTC(2026, 10, 28, 10));
    expect(daysOf('America/Los_Angeles').startEpochMs('2026-11-29')).toBe(Date.UTC(2026, 10, 29, 8));
  });

  it('are an hour shorter or longer when the clocks change, even at midnight', () => {
    const lengthHours = (zone: string, day: string, next: string): number =>
      (daysOf(zone).startEpochMs(next) - daysOf(zone).startEpochMs(day)) / hourMs;
    expect(lengthHours('Europe/Berlin', '2026-03-29', '2026-03-30')).toBe(23);
    expect(lengthHours('Europe/Berlin', '2026-10-25', '2026-10-26')).toBe(25);
    // Beirut leaves out the hour after midnight.
    expect(lengthHours('Asia/Beirut', '2026-03-29', '2026-03-30')).toBe(23);
  });

  it('share a span out without losing any of it', () => {
    const berlin = daysOf('Europe/Berlin');
    const from = Date.UTC(2026, 2, 28, 20);
    const parts = berlin.split(from, from + 50 * hourMs);
    expect(parts).toEqual([
      { day: '2026-03-28', ms: 3 * hourMs },
      { day: '2026-03-29', ms: 23 * hourMs },
      { day: '2026-03-30', ms: 24 * hourMs },
    ]);
    expect(berlin.split(from, from)).toEqual([]);
  });
});
