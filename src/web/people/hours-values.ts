import {
  isDate,
  isLongEnough,
  maxClosedDays,
  maxPeriods,
  periodPattern,
  weekdays,
  type OpeningHours,
  type Weekday,
} from '../../core/hours.ts';

/** Hours as they are written in the form: the periods of a day, and the days without any, as one text each. */
export type HoursValues = Readonly<Record<Weekday | 'closed' | 'timeZone', string>> & {
  readonly limited: boolean;
};

const partsOf = (text: string): string[] =>
  text
    .split(/[,，、;；\s]+/u)
    .filter((part) => part !== '')
    .map((part) => part.replaceAll('：', ':').replaceAll('–', '-'));

const emptyDays = { mon: '', tue: '', wed: '', thu: '', fri: '', sat: '', sun: '', closed: '' };

/** What the form begins with; somebody without hours is offered the time zone of this browser. */
export function hoursValuesOf(hours: OpeningHours | undefined): HoursValues {
  if (!hours)
    return {
      ...emptyDays,
      timeZone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
      limited: false,
    };
  const days = Object.fromEntries(weekdays.map((day) => [day, hours[day].join(', ')]));
  return {
    ...emptyDays,
    ...days,
    closed: hours.closed.join(', '),
    timeZone: hours.timeZone,
    limited: true,
  };
}

/** Undefined for somebody who is not limited to hours. */
export function hoursOf({ limited, timeZone, closed, ...days }: HoursValues): OpeningHours | undefined {
  if (!limited) return undefined;
  const { mon, tue, wed, thu, fri, sat, sun } = days;
  return {
    ...{ timeZone, closed: partsOf(closed), mon: partsOf(mon), tue: partsOf(tue), wed: partsOf(wed) },
    ...{ thu: partsOf(thu), fri: partsOf(fri), sat: partsOf(sat), sun: partsOf(sun) },
  };
}

/** Whether a text is the hours of a day, such as `09:00-12:00, 13:00-18:00` or nothing. */
export function isDay(text: string): boolean {
  const periods = partsOf(text);
  return (
    periods.length <= maxPeriods &&
    periods.every((period) => periodPattern.test(period) && isLongEnough(period))
  );
}

/** Whether a text is a list of days such as `2026-12-25`. */
export function isClosed(text: string): boolean {
  const days = partsOf(text);
  return days.length <= maxClosedDays && days.every(isDate);
}
