import { toCardinal, toOrdinal } from 'n2words/en-US';
import type { Amount, CalendarDay, ClockTime } from './values.ts';
import { daysBetween, weekday, weekdayWithinDays } from './values.ts';

const digitWords = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

/** Whole numbers longer than this are read digit by digit: nobody follows "eleven quadrillion". */
const longestNumberDigits = 12;

export const months = [
  'January', 'February', 'March', 'April', 'May', 'June',
  'July', 'August', 'September', 'October', 'November', 'December',
] as const; // prettier-ignore
export const weekdays = [
  'Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday',
] as const; // prettier-ignore

/** Single characters: digits as words, letters by name. "A" alone would be read as the article, "eh" is its name. */
export function spellOut(characters: string): string {
  return Array.from(characters)
    .map((character) => {
      const digit = digitWords[Number(character)];
      if (/\d/.test(character) && digit !== undefined) return digit;
      const letter = character.toUpperCase();
      return letter === 'A' ? 'eh' : letter;
    })
    .join(' ');
}

/** Groups of characters with a pause between them. */
export function spellGroups(groups: readonly string[]): string {
  return groups.map(spellOut).join(', ');
}

/** `1,234`, `12.50`, `-3` in words: "one thousand two hundred thirty-four", "twelve point five zero", "minus three". */
export function numberWords(value: string): string {
  const plain = value.replaceAll(',', '').trim();
  const match = /^([-−–]?)(\d+)(?:\.(\d+))?$/.exec(plain);
  if (match === null) return value;
  const [, sign = '', whole = '0', decimals = ''] = match;
  const leadingZero = /^0\d/.test(whole);
  const words =
    whole.length > longestNumberDigits || leadingZero ? spellOut(whole) : toCardinal(BigInt(whole));
  const fraction = decimals === '' ? '' : ` point ${spellOut(decimals)}`;
  return `${sign === '' ? '' : 'minus '}${words}${fraction}`;
}

export function ordinalWords(value: number): string {
  return toOrdinal(value);
}

/** Years are read in pairs: "nineteen oh five", "twenty twenty-six"; the years 2000 to 2009 as numbers. */
export function yearWords(year: number): string {
  const [century, rest] = [Math.floor(year / 100), year % 100];
  if (year < 1100 || year > 2999 || (year >= 2000 && year < 2010)) return toCardinal(year);
  if (rest === 0) return `${toCardinal(century)} hundred`;
  return `${toCardinal(century)} ${rest < 10 ? `oh ${toCardinal(rest)}` : toCardinal(rest)}`;
}

interface CurrencyNames {
  readonly one: string;
  readonly many: string;
  /** Absent for currencies without a hundredth. */
  readonly minorOne?: string;
  readonly minorMany?: string;
  /** Stands before the minor unit alone, where its name would be taken for another currency's. */
  readonly minorPrefix?: string;
}

const dollar = (before: string): CurrencyNames => ({
  one: `${before}dollar`,
  many: `${before}dollars`,
  minorOne: 'cent',
  minorMany: 'cents',
});

const currencies: Readonly<Record<string, CurrencyNames>> = {
  USD: dollar(''),
  CAD: dollar('Canadian '),
  AUD: dollar('Australian '),
  NZD: dollar('New Zealand '),
  SGD: dollar('Singapore '),
  HKD: dollar('Hong Kong '),
  TWD: dollar('Taiwan '),
  EUR: { one: 'euro', many: 'euros', minorOne: 'cent', minorMany: 'cents', minorPrefix: 'euro ' },
  GBP: { one: 'pound', many: 'pounds', minorOne: 'penny', minorMany: 'pence' },
  CNY: { one: 'yuan', many: 'yuan' },
  JPY: { one: 'yen', many: 'yen' },
  KRW: { one: 'won', many: 'won' },
  INR: { one: 'rupee', many: 'rupees', minorOne: 'paisa', minorMany: 'paise' },
  CHF: { one: 'Swiss franc', many: 'Swiss francs', minorOne: 'rappen', minorMany: 'rappen' },
  MXN: { one: 'Mexican peso', many: 'Mexican pesos', minorOne: 'centavo', minorMany: 'centavos' },
};

/** "twelve dollars and fifty cents"; more than two decimals, or a currency without cents, are read as a decimal number. */
export function amountWords({ negative, units, decimals, currency }: Amount): string {
  const names = currencies[currency] ?? { one: spellOut(currency), many: spellOut(currency) };
  const sign = negative ? 'minus ' : '';
  const significant = decimals.replace(/0+$/, '');
  if (significant === '') return `${sign}${numberWords(units)} ${units === '1' ? names.one : names.many}`;
  if (names.minorOne === undefined || names.minorMany === undefined || decimals.length > 2) {
    return `${sign}${numberWords(`${units}.${significant}`)} ${names.many}`;
  }
  const minor = Number(decimals.padEnd(2, '0'));
  const minorName = minor === 1 ? names.minorOne : names.minorMany;
  if (units === '0') return `${sign}${toCardinal(minor)} ${names.minorPrefix ?? ''}${minorName}`;
  const minorWords = `${toCardinal(minor)} ${minorName}`;
  return `${sign}${numberWords(units)} ${units === '1' ? names.one : names.many} and ${minorWords}`;
}

/** "today", "Thursday, March the fifth", "March the fifth, twenty twenty-four". */
export function dayWords(
  day: CalendarDay,
  today: CalendarDay,
): { readonly spoken: string; readonly relativeDay: boolean } {
  const days = daysBetween(today, day);
  const relative = { '-1': 'yesterday', '0': 'today', '1': 'tomorrow' }[String(days)];
  if (relative !== undefined) return { spoken: relative, relativeDay: true };
  const name = Math.abs(days) <= weekdayWithinDays ? `${weekdays[weekday(day)] ?? ''}, ` : '';
  const year = day.year === today.year ? '' : `, ${yearWords(day.year)}`;
  return { spoken: `${name}${monthDayWords(day.month, day.day)}${year}`, relativeDay: false };
}

export function monthDayWords(month: number, day: number): string {
  return `${months[month - 1] ?? ''} the ${toOrdinal(day)}`;
}

/** "two thirty PM", "nine oh five AM", "noon". */
export function timeWords({ hour, minute }: ClockTime): string {
  if (minute === 0 && hour === 0) return 'midnight';
  if (minute === 0 && hour === 12) return 'noon';
  return `${hourMinuteWords(hour % 12 === 0 ? 12 : hour % 12, minute)} ${hour < 12 ? 'AM' : 'PM'}`;
}

export function hourMinuteWords(hour: number, minute: number): string {
  const minutes = minute === 0 ? '' : minute < 10 ? ` oh ${toCardinal(minute)}` : ` ${toCardinal(minute)}`;
  return `${toCardinal(hour)}${minutes}`;
}
