import { toCardinal } from 'n2words/zh-Hans-CN';
import type { Amount, CalendarDay, ClockTime } from './values.ts';
import { daysBetween, weekday, weekdayWithinDays } from './values.ts';

const digits = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];

/** Whole numbers longer than this are read digit by digit. */
const longestNumberDigits = 12;

/** Single characters, as in a year: 二零二六. Letters stand apart, so that they are read by name. */
export function spellPlain(characters: string): string {
  return Array.from(characters)
    .map((character) =>
      /\d/.test(character) ? (digits[Number(character)] ?? character) : ` ${character.toUpperCase()} `,
    )
    .join('')
    .replace(/ {2,}/g, ' ')
    .trim();
}

/** Characters of a number that names something (telephone, order, card): 1 is 幺, which cannot be taken for 七. */
export function spellIdentity(characters: string): string {
  return spellPlain(characters).replaceAll('一', '幺');
}

export function spellIdentityGroups(groups: readonly string[]): string {
  return groups.map(spellIdentity).join('，');
}

/**
 * A number in words: `12` 十二, `2000` 两千, `20000` 两万, `0.5` 零点五, `-3` 负三.
 *
 * 二 becomes 两 before 千, 万 and 亿, and before 百 at the start; 十 and the end of a number keep 二.
 */
export function numberWords(value: string): string {
  const match = /^([-−–]?)(\d+)(?:\.(\d+))?$/.exec(value.replaceAll(',', '').trim());
  if (match === null) return value;
  const [, sign = '', whole = '0', decimals = ''] = match;
  const isLabel = whole.length > longestNumberDigits || /^0\d/.test(whole);
  const words = isLabel ? spellPlain(whole) : wholeNumberWords(whole);
  return `${sign === '' ? '' : '负'}${words}${decimals === '' ? '' : `点${spellPlain(decimals)}`}`;
}

function wholeNumberWords(whole: string): string {
  return toCardinal(BigInt(whole), { formal: false })
    .replace(/^一十/, '十')
    .replace(/(?<!十)二(?=[千万亿])/g, '两')
    .replace(/^二(?=百)/, '两');
}

/** A number before a measure word: two is 两 (两件), never 二. */
export function countWords(value: string): string {
  return /^0*2$/.test(value) ? '两' : numberWords(value);
}

const currencies: Readonly<Record<string, string>> = {
  USD: '美元',
  CAD: '加元',
  AUD: '澳元',
  NZD: '新西兰元',
  SGD: '新加坡元',
  HKD: '港元',
  TWD: '新台币',
  EUR: '欧元',
  GBP: '英镑',
  JPY: '日元',
  KRW: '韩元',
  INR: '卢比',
  CHF: '瑞士法郎',
  MXN: '墨西哥比索',
};

/** 十二元五角, 两元, 五分; other currencies as a decimal number: 十二点五美元. */
export function amountWords({ negative, units, decimals, currency }: Amount): string {
  const sign = negative ? '负' : '';
  const significant = decimals.replace(/0+$/, '');
  if (currency !== 'CNY' || significant.length > 2) {
    const name = currency === 'CNY' ? '元' : (currencies[currency] ?? ` ${currency.split('').join(' ')}`);
    const value = significant === '' ? countWords(units) : numberWords(`${units}.${significant}`);
    return `${sign}${value}${name}`;
  }
  const [jiao = '0', fen = '0'] = decimals.padEnd(2, '0');
  const yuan = units === '0' && significant !== '' ? '' : `${countWords(units)}元`;
  const jiaoWords = jiao !== '0' ? `${countWords(jiao)}角` : fen !== '0' && yuan !== '' ? '零' : '';
  const fenWords = fen === '0' ? '' : `${jiao === '0' && yuan === '' ? countWords(fen) : numberWords(fen)}分`;
  return `${sign}${yuan}${jiaoWords}${fenWords}`;
}

const relativeDays: Readonly<Record<string, string>> = {
  '-2': '前天',
  '-1': '昨天',
  '0': '今天',
  '1': '明天',
  '2': '后天',
};

/** 明天, 三月五号星期四, 二零二四年三月五号. */
export function dayWords(
  day: CalendarDay,
  today: CalendarDay,
): { readonly spoken: string; readonly relativeDay: boolean } {
  const days = daysBetween(today, day);
  const relative = relativeDays[String(days)];
  if (relative !== undefined) return { spoken: relative, relativeDay: true };
  const year = day.year === today.year ? '' : `${spellPlain(String(day.year))}年`;
  const name = Math.abs(days) <= weekdayWithinDays ? `星期${'日一二三四五六'.charAt(weekday(day))}` : '';
  return { spoken: `${year}${monthDayWords(day.month, day.day)}${name}`, relativeDay: false };
}

export function monthDayWords(month: number, day: number): string {
  return `${numberWords(String(month))}月${numberWords(String(day))}号`;
}

/** 下午两点半, 上午九点零五分, 中午十二点. */
export function timeWords({ hour, minute }: ClockTime): string {
  const period =
    hour < 6
      ? '凌晨'
      : hour < 9
        ? '早上'
        : hour < 12
          ? '上午'
          : hour < 13
            ? '中午'
            : hour < 18
              ? '下午'
              : '晚上';
  const hours = hour % 12 === 0 ? (hour === 0 ? 0 : 12) : hour % 12;
  return `${period}${hourMinuteWords(hours, minute)}`;
}

export function hourMinuteWords(hour: number, minute: number): string {
  const hours = `${countWords(String(hour))}点`;
  if (minute === 0) return hours;
  if (minute === 30) return `${hours}半`;
  return `${hours}${minute < 10 ? '零' : ''}${numberWords(String(minute))}分`;
}
