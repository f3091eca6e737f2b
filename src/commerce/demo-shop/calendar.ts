import type { Random } from './random.ts';

const dayMs = 86_400_000;

export type Country = 'US' | 'CN';

/** Where the shop is, and the flows that ship with Kefu say "today": its day is not always that of UTC. */
const timeZone = 'America/New_York';

/**
 * Times of the shop, in days before and after the day it was started, by the calendar of `timeZone`. Hours are chosen so that the date
 * is the same in UTC and at the customer's: 14:00 to 22:00 UTC for America, 01:00 to 09:00 UTC for China.
 */
export interface Calendar {
  readonly startEpochMs: number;
  /** RFC 3339 time on the day `day` (0 is the day of the start, -1 the one before). */
  at(day: number, country: Country): string;
  /** RFC 3339 time so many minutes after the start (negative: before). */
  minutesFromStart(minutes: number): string;
}

/** Draws the hour and minute of each time from `random`. */
export function createCalendar(startEpochMs: number, random: Random): Calendar {
  // The Swedish form of a date is that of ISO 8601.
  const today = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(startEpochMs);
  const midnightMs = Date.parse(`${today}T00:00:00Z`);
  return {
    startEpochMs,
    at(day, country) {
      const hour = (country === 'US' ? 14 : 1) + random.int(0, 7);
      return isoTime(midnightMs + day * dayMs + (hour * 60 + random.int(0, 59)) * 60_000);
    },
    minutesFromStart: (minutes) => isoTime(Math.floor(startEpochMs / 60_000) * 60_000 + minutes * 60_000),
  };
}

/** RFC 3339 in UTC, to the second. */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** A time so many days after an RFC 3339 time. */
export function daysAfter(time: string, days: number): string {
  return isoTime(Date.parse(time) + days * dayMs);
}
