import { weekdays, type OpeningHours, type Weekday } from '../../src/core/hours.ts';
import { openingHoursSchema } from '../../src/core/hours-schema.ts';

/** Hours as they are given to the command. */
export interface HoursArguments {
  readonly timeZone: string | undefined;
  /** Such as `mon-fri=09:00-12:00,13:00-18:00` or `sat=10:00-14:00`; later ones replace earlier ones of the same day. */
  readonly on: readonly string[];
  /** Days such as `2026-12-25,2027-01-01`. */
  readonly off: string | undefined;
}

/**
 * Hours from the command line.
 *
 * @throws RangeError that names the days which are wrong, ZodError for anything else that is no hours.
 */
export function parseHours({ timeZone, on, off }: HoursArguments): OpeningHours {
  const days: Partial<Record<Weekday, string[]>> = {};
  for (const given of on) {
    const [span = '', periods = ''] = given.split('=');
    for (const day of daysOf(span)) days[day] = partsOf(periods);
  }
  return openingHoursSchema.parse({ timeZone, ...days, closed: partsOf(off ?? '') });
}

/** Hours in one line, days with the same ones joined: `mon-fri 09:00-18:00, Europe/Berlin`. */
export function describeHours(hours: OpeningHours): string {
  const spans: { readonly first: Weekday; last: Weekday; readonly periods: string }[] = [];
  for (const day of weekdays) {
    const periods = hours[day].join('+');
    const before = spans.at(-1);
    if (before?.periods === periods) before.last = day;
    else spans.push({ first: day, last: day, periods });
  }
  const parts = spans
    .filter(({ periods }) => periods !== '')
    .map(({ first, last, periods }) => `${first === last ? first : `${first}-${last}`} ${periods}`);
  return [...parts, hours.timeZone].join(', ');
}

const partsOf = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

function daysOf(span: string): readonly Weekday[] {
  const [first = '', last = first] = span.trim().toLowerCase().split('-');
  const from = weekdays.findIndex((day) => day === first);
  const to = weekdays.findIndex((day) => day === last);
  if (from < 0 || to < from)
    throw new RangeError(`"${span}" are no days: write mon, or mon-fri, of ${weekdays.join(', ')}.`);
  return weekdays.slice(from, to + 1);
}
