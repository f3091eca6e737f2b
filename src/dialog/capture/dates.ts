import { casual } from 'chrono-node';
import type { Language } from '../../core/language.ts';
import { nothing, valueOf, type Captured, type CaptureInput } from './captured.ts';
import { digitOfSound } from './digit-homophones.ts';
import { chineseNumber } from './words.ts';

/** The day on which a date is said: "tomorrow" and "last Tuesday" depend on it. */
export interface Today {
  /** As `2026-06-10`, in the shop's time zone. */
  readonly day: string;
  /** True: the date lies in the past, so that "Tuesday" is the last one; false: it is the next one. */
  readonly past: boolean;
}

const dayMs = 86_400_000;

/** Reads a day, as `2026-06-12`: "tomorrow", "last Tuesday", "June 12th", "in three days", 后天, 上周二, 六月十二号. */
export function captureDate(input: CaptureInput, today: Today): Captured {
  const readings = [input.text, ...input.alternatives].flatMap((text) => {
    const day = input.language === 'zh' ? chineseDay(text, today) : englishDay(text, today);
    return day === undefined ? [] : [day];
  });
  return readings.length === 0 ? nothing : valueOf(readings, input.rejected, true);
}

/** Noon of a day in UTC: a clock that no time zone or daylight saving moves to another day. */
function noonOf(day: string): number {
  return Date.parse(`${day}T12:00:00Z`);
}

function dayOfEpoch(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 10);
}

function isoDay(year: number, month: number, day: number): string | undefined {
  const epochMs = Date.UTC(year, month - 1, day, 12);
  const date = new Date(epochMs);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? dayOfEpoch(epochMs) : undefined;
}

/** "Last Monday" lies in the past, whatever was asked for. */
const gone = /\b(?:last|ago|past)\b/i;

function englishDay(text: string, { day, past }: Today): string | undefined {
  const today = { day, past: past || gone.test(text) };
  const reference = { instant: new Date(noonOf(today.day)), timezone: 0 };
  // "The twelfth" alone is the day of a month.
  const plain = text.replace(
    /\b(?:the )?(\w+teenth|\w+th|\w*first|\w*second|\w*third)\b(?! (?:one|of|\w+day))/gi,
    (found, word: string) => {
      const number = ordinalDays[word.toLowerCase()];
      return number === undefined ? found : `${String(number)}th`;
    },
  );
  const [result] = casual.parse(plain, reference, { forwardDate: !today.past });
  if (result) {
    const { start } = result;
    const parsed = isoDay(start.get('year') ?? 0, start.get('month') ?? 0, start.get('day') ?? 0);
    const isDay =
      start.isCertain('day') ||
      start.isCertain('weekday') ||
      /today|tomorrow|yesterday|tonight|morning|afternoon/i.test(result.text);
    if (parsed !== undefined && (isDay || start.isCertain('month')))
      return inDirection(parsed, today, start.isCertain('weekday'), start.isCertain('year'));
  }
  const dayOfMonth = /\b(?:the )?(\d{1,2})(?:st|nd|rd|th)\b/i.exec(plain)?.[1];
  return dayOfMonth === undefined ? undefined : nearestDayOfMonth(Number(dayOfMonth), today);
}

const ordinalWords =
  'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth'.split(
    ' ',
  );
const ordinalDays: Readonly<Record<string, number>> = Object.fromEntries(
  ordinalWords.map((word, index) => [word, index + 1]),
);

/** Weekdays and days without a year are the ones nearest in the direction that is meant. */
function inDirection(day: string, today: Today, isWeekday: boolean, hasYear: boolean): string {
  const distance = Math.round((noonOf(day) - noonOf(today.day)) / dayMs);
  if (isWeekday && today.past && distance > 0) return dayOfEpoch(noonOf(day) - 7 * dayMs);
  if (hasYear || isWeekday || (today.past ? distance <= 0 : distance >= 0)) return day;
  const year = Number(day.slice(0, 4)) + (today.past ? -1 : 1);
  return isoDay(year, Number(day.slice(5, 7)), Number(day.slice(8))) ?? day;
}

function nearestDayOfMonth(dayOfMonth: number, today: Today): string | undefined {
  const [year = 0, month = 0] = today.day.split('-').map(Number);
  for (const step of today.past ? [0, -1, -2] : [0, 1, 2]) {
    const at = new Date(Date.UTC(year, month - 1 + step, 1));
    const day = isoDay(at.getUTCFullYear(), at.getUTCMonth() + 1, dayOfMonth);
    if (day !== undefined && (today.past ? day <= today.day : day >= today.day)) return day;
  }
  return undefined;
}

const near: Readonly<Record<string, number>> = {
  大前天: -3,
  前天: -2,
  昨天: -1,
  昨日: -1,
  今天: 0,
  今日: 0,
  今晚: 0,
  明天: 1,
  明日: 1,
  明早: 1,
  后天: 2,
  大后天: 3,
};
const weekdays = '一二三四五六日';
const number = '[\\d零〇一二两三四五六七八九十]+';

/** Characters where a digit belongs, which may be one by their sound: 周武, 久月五号. */
const misheardDigit =
  /(?<=周|星期|礼拜)[^一二三四五六日天末]|(?<=^|[月，,。\s十]|是)[^\d零〇一二两三四五六七八九十月号日](?=[月号日])/gu;

function chineseDay(said: string, today: Today): string | undefined {
  const text = said.replace(misheardDigit, (found) => digitOfSound(found)?.replace('两', '二') ?? found);
  const at = noonOf(today.day);
  const word = Object.keys(near)
    .sort((left, right) => right.length - left.length)
    .find((each) => text.includes(each));
  if (word !== undefined) return dayOfEpoch(at + (near[word] ?? 0) * dayMs);
  const apart = new RegExp(`(${number})天(以?前|以?后|之前|之后)`, 'u').exec(text);
  if (apart) {
    const days = numberOf(apart[1]);
    if (days !== undefined) return dayOfEpoch(at + (apart[2]?.includes('前') ? -days : days) * dayMs);
  }
  const week = /(上上|上|下下|下|这|本)?(?:个)?(?:周|星期|礼拜)([一二三四五六日天])/u.exec(text);
  if (week) return chineseWeekday(week[1] ?? '', week[2] === '天' ? '日' : (week[2] ?? ''), today);
  const date = new RegExp(`(?:(\\d{4})年)?(?:(${number})月)?(${number})[号日]`, 'u').exec(text);
  const dayOfMonth = numberOf(date?.[3]);
  if (!date || dayOfMonth === undefined) return undefined;
  const month = numberOf(date[2]);
  if (month === undefined) return nearestDayOfMonth(dayOfMonth, today);
  const year = date[1] === undefined ? Number(today.day.slice(0, 4)) : Number(date[1]);
  const day = isoDay(year, month, dayOfMonth);
  return day === undefined ? undefined : inDirection(day, today, false, date[1] !== undefined);
}

/** 周二 of last, this or next week; weeks begin on Monday. Without a word for the week the nearest one that is meant. */
function chineseWeekday(which: string, weekday: string, today: Today): string {
  const at = noonOf(today.day);
  const todayIndex = (new Date(at).getUTCDay() + 6) % 7;
  const steps: Readonly<Record<string, number>> = { 上上: -14, 上: -7, 这: 0, 本: 0, 下: 7, 下下: 14 };
  let distance = weekdays.indexOf(weekday) - todayIndex;
  const step = steps[which];
  if (step !== undefined) distance += step;
  else if (today.past && distance > 0) distance -= 7;
  else if (!today.past && distance < 0) distance += 7;
  return dayOfEpoch(at + distance * dayMs);
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^\d+$/.test(text) ? Number(text) : chineseNumber(text);
}

const parts: Readonly<Record<Language, readonly (readonly [RegExp, DayPart])[]>> = {
  en: [
    [/\b(?:morning|before noon|a\.?m\.?|forenoon)\b/i, 'morning'],
    [/\b(?:afternoon|after lunch|p\.?m\.?|evening|after work|tonight)\b/i, 'afternoon'],
  ],
  zh: [
    [/上午|早上|早晨|中午前|明早/u, 'morning'],
    [/下午|晚上|傍晚|午后|今晚/u, 'afternoon'],
  ],
};
export type DayPart = 'morning' | 'afternoon';

/** The part of the day that a sentence names. */
export function dayPartIn(text: string, language: Language): DayPart | undefined {
  return parts[language].find(([pattern]) => pattern.test(text))?.[1];
}
