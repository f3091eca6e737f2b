/** In the order in which people read them. */
export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

/** Hours of a queue or a person: periods by weekday, days without any, and the time zone they are meant in. */
export type OpeningHours = Readonly<Record<Weekday, readonly string[]>> & {
  /** Such as `Europe/Berlin`. */
  readonly timeZone: string;
  /** Dates such as `2026-12-25`. */
  readonly closed: readonly string[];
};

/** The most periods of a day, and the most days without any. */
export const maxPeriods = 12;
export const maxClosedDays = 400;
/** Shorter openings would be overlooked by the search for the next one. */
export const shortestPeriodMinutes = 15;
const minuteMs = 60_000;

/**
 * Local times such as `09:00-18:00`, which compare as texts; the end is not part of it. `24:00` meets the next day's `00:00`. That a
 * period is long enough is another question.
 */
export const periodPattern = /^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$/;

/** True for periods as long as is wanted, and ending on the same day. */
export function isLongEnough(period: string): boolean {
  return lengthMinutes(period) >= shortestPeriodMinutes;
}

/** True for days of the calendar such as `2026-12-25`. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

/** Whether a queue is open, or a person at work, at a moment. No hours at all mean always. */
export function isOpen(hours: OpeningHours | undefined, epochMs: number): boolean {
  if (!hours) return true;
  const { date, weekday, time } = localTime(hours.timeZone, epochMs);
  if (hours.closed.includes(date)) return false;
  return hours[weekday].some((period) => {
    const [start = '', end = ''] = period.split('-');
    return time >= start && time < end;
  });
}

/** The next opening after a moment at which it is closed; null when it is open, or stays closed for two weeks. */
export function nextOpening(hours: OpeningHours | undefined, epochMs: number): number | null {
  if (!hours || isOpen(hours, epochMs)) return null;
  const thisMinute = Math.floor(epochMs / minuteMs) * minuteMs;
  const stepMs = shortestPeriodMinutes * minuteMs;
  const endMs = epochMs + 14 * 24 * 60 * minuteMs;
  for (let atMs = thisMinute + stepMs; atMs <= endMs; atMs += stepMs) {
    if (!isOpen(hours, atMs)) continue;
    while (isOpen(hours, atMs - minuteMs)) atMs -= minuteMs;
    return atMs;
  }
  return null;
}

/** Making a format takes far longer than using it. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** Throws a RangeError for what is no time zone. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      weekday: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    });
    formats.set(timeZone, format);
  }
  return format;
}

function localTime(timeZone: string, epochMs: number): { date: string; weekday: Weekday; time: string } {
  const parts: Record<string, string> = {};
  for (const { type, value } of formatOf(timeZone).formatToParts(epochMs)) parts[type] = value;
  const word = parts.weekday?.toLowerCase();
  return {
    date: `${parts.year ?? ''}-${parts.month ?? ''}-${parts.day ?? ''}`,
    weekday: weekdays.find((day) => day === word) ?? 'mon',
    time: `${parts.hour ?? ''}:${parts.minute ?? ''}`,
  };
}

function lengthMinutes(period: string): number {
  const [start = 0, end = 0] = period.split('-').map((time) => {
    const [hours = 0, minutes = 0] = time.split(':').map(Number);
    return hours * 60 + minutes;
  });
  return end - start;
}

/** True for names such as `Europe/Berlin`. */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}
