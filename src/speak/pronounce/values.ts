/** Reading of raw values: what is the same in every language. */

/** An amount of money taken apart. */
export interface Amount {
  readonly negative: boolean;
  /** Whole units, digits only. */
  readonly units: string;
  /** Decimal digits as written, without trailing cut: `5`, `50`, `` for none. */
  readonly decimals: string;
  /** ISO 4217 code. */
  readonly currency: string;
}

const symbolCurrencies: Readonly<Record<string, string>> = {
  $: 'USD',
  US$: 'USD',
  CA$: 'CAD',
  A$: 'AUD',
  HK$: 'HKD',
  NT$: 'TWD',
  S$: 'SGD',
  '€': 'EUR',
  '£': 'GBP',
  '¥': 'CNY',
  '￥': 'CNY',
  'JP¥': 'JPY',
  '₩': 'KRW',
  '₹': 'INR',
  元: 'CNY',
  块: 'CNY',
  圆: 'CNY',
  人民币: 'CNY',
  美元: 'USD',
  欧元: 'EUR',
  英镑: 'GBP',
  日元: 'JPY',
  港币: 'HKD',
  港元: 'HKD',
};

/** Currencies that are known by name; others are spelled. */
export const currencyCodes = [
  'USD', 'CAD', 'AUD', 'NZD', 'SGD', 'HKD', 'TWD', 'EUR', 'GBP', 'CNY', 'RMB', 'JPY', 'KRW', 'INR', 'CHF', 'MXN',
] as const; // prettier-ignore

/** Symbols that stand before or after an amount, longest first, as an alternation for a regular expression. */
export const currencySymbolPattern = String.raw`(?:US|CA|HK|NT|JP|A|S)?[$¥]|[€£￥₩₹]`;

export function currencyOf(symbolOrCode: string): string {
  const known = symbolCurrencies[symbolOrCode] ?? symbolOrCode.toUpperCase();
  return known === 'RMB' ? 'CNY' : known;
}

/** Parses `12.50 USD`, `USD 12.50`, `$1,234.5`, `12.50 元`, `-3 EUR`; undefined when it is no amount. */
export function parseAmount(value: string): Amount | undefined {
  const match =
    /^\s*([-−–])?\s*([^\d\s.,−–-]*)\s*([-−–])?\s*(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?\s*([^\d\s]*)\s*$/u.exec(
      value,
    );
  if (match === null) return undefined;
  const symbol = match[2] ?? '';
  const suffix = match[6] ?? '';
  if ((symbol === '') === (suffix === '')) return undefined;
  return {
    negative: match[1] !== undefined || match[3] !== undefined,
    units: (match[4] ?? '0').replaceAll(',', '').replace(/^0+(?=\d)/, ''),
    decimals: match[5] ?? '',
    currency: currencyOf(symbol === '' ? suffix : symbol),
  };
}

/** A day of the calendar. */
export interface CalendarDay {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
}

export interface ClockTime {
  /** 0 to 23. */
  readonly hour: number;
  readonly minute: number;
}

/** The calendar day of an RFC 3339 date (`2026-03-05`) or instant, which is seen from `timeZone`; undefined when it is none. */
export function parseDay(value: string, timeZone: string): CalendarDay | undefined {
  const plain = /^\s*(\d{4})-(\d{2})-(\d{2})\s*$/.exec(value);
  if (plain !== null) return validDay(Number(plain[1]), Number(plain[2]), Number(plain[3]));
  const instant = parseInstant(value);
  return instant === undefined ? undefined : dayAt(instant, timeZone);
}

/** The time of `14:30`, `14:30:00` or an RFC 3339 instant seen from `timeZone`; undefined when it is none. */
export function parseTime(value: string, timeZone: string): ClockTime | undefined {
  const plain = /^\s*(\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?\s*$/.exec(value);
  if (plain !== null) {
    const [hour, minute] = [Number(plain[1]), Number(plain[2])];
    return hour < 24 && minute < 60 ? { hour, minute } : undefined;
  }
  const instant = parseInstant(value);
  if (instant === undefined) return undefined;
  const fields = zonedFields(instant, timeZone);
  return { hour: (fields.hour ?? 0) % 24, minute: fields.minute ?? 0 };
}

function parseInstant(value: string): number | undefined {
  if (!/^\s*\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/.test(value)) return undefined;
  const epochMs = Date.parse(value.trim().replace(' ', 'T'));
  return Number.isNaN(epochMs) ? undefined : epochMs;
}

export function dayAt(epochMs: number, timeZone: string): CalendarDay {
  const fields = zonedFields(epochMs, timeZone);
  return { year: fields.year ?? 1970, month: fields.month ?? 1, day: fields.day ?? 1 };
}

function zonedFields(epochMs: number, timeZone: string): Partial<Record<string, number>> {
  const parts = formatFor(timeZone).formatToParts(epochMs);
  return Object.fromEntries(parts.map((part) => [part.type, Number(part.value)]));
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making a format takes longer than using it a hundred times. */
function formatFor(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    });
    formats.set(timeZone, format);
  }
  return format;
}

export function validDay(year: number, month: number, day: number): CalendarDay | undefined {
  const date = new Date(Date.UTC(year, month - 1, day));
  const same = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return same ? { year, month, day } : undefined;
}

function dayNumber({ year, month, day }: CalendarDay): number {
  return Date.UTC(year, month - 1, day) / 86_400_000;
}

/** Days from `from` to `to`: 1 when `to` is the day after. */
export function daysBetween(from: CalendarDay, to: CalendarDay): number {
  return dayNumber(to) - dayNumber(from);
}

/** 0 for Sunday to 6 for Saturday. */
export function weekday(day: CalendarDay): number {
  return (((dayNumber(day) + 4) % 7) + 7) % 7;
}

/** Beyond this many days a weekday says little and costs the listener time. */
export const weekdayWithinDays = 60;

/**
 * Sizes of the groups in which `length` digits are read: twos and threes, the longer ones last, because listeners keep the
 * end best. 7 gives 2, 2, 3.
 */
export function groupSizes(length: number): number[] {
  if (length <= 3) return length > 0 ? [length] : [];
  const twos = [0, 2, 1][length % 3] ?? 0;
  return [...Array<number>(twos).fill(2), ...Array<number>((length - 2 * twos) / 3).fill(3)];
}

/** Cuts a text into pieces of the given sizes. */
export function cut(text: string, sizes: readonly number[]): string[] {
  let at = 0;
  return sizes.map((size) => text.slice(at, (at += size)));
}

/** Cuts a text into groups of `size`; a single left-over character joins the group before. */
export function groupsOf(text: string, size: number): string[] {
  const groups = text.match(new RegExp(`.{1,${String(size)}}`, 'gsu')) ?? [];
  const last = groups.at(-1);
  return groups.length > 1 && last?.length === 1
    ? [...groups.slice(0, -2), `${groups.at(-2) ?? ''}${last}`]
    : groups;
}

/**
 * The groups in which an order number is read. A short row of letters is read in one breath with the digits after it
 * (`W2378156`: W23, 78, 156); punctuation ends a group.
 */
export function orderNumberGroups(value: string): string[] {
  const blocks = value.toUpperCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return blocks.flatMap((block) => {
    if (block.length > longestOrderBlock) return trackingGroups(block);
    const groups: string[] = [];
    let letters = '';
    for (const run of block.match(/\p{N}+|\p{L}+/gu) ?? []) {
      if (/\p{L}/u.test(run)) {
        if (letters !== '') groups.push(letters);
        const sizes = run.length > 4 ? groupSizes(run.length) : [run.length];
        const pieces = cut(run, sizes);
        letters = pieces.pop() ?? '';
        groups.push(...pieces);
      } else {
        const pieces = cut(run, groupSizes(run.length));
        const joins = letters.length > 0 && letters.length <= 2;
        if (joins) pieces[0] = letters + (pieces[0] ?? '');
        else if (letters !== '') groups.push(letters);
        letters = '';
        groups.push(...pieces);
      }
    }
    if (letters !== '') groups.push(letters);
    return groups;
  });
}

/** Longer rows are read like tracking numbers: in twos and threes they would never end. */
const longestOrderBlock = 10;

/** Groups of four, as they stand on parcels; the letters of a carrier in front are a group of their own. */
export function trackingGroups(value: string): string[] {
  const characters = value.toUpperCase().replace(/[^\p{L}\p{N}]/gu, '');
  const carrier = /^\p{L}{2,4}(?=\p{N})/u.exec(characters)?.[0] ?? '';
  return [...(carrier === '' ? [] : [carrier]), ...groupsOf(characters.slice(carrier.length), 4)];
}

/** A telephone number taken apart: the country code (empty for none) and the groups it is read in. */
export interface PhoneNumber {
  readonly countryCode: string;
  readonly groups: readonly string[];
}

/**
 * Reads telephone numbers in the groups people of the numbering plan use; unknown plans keep their own punctuation.
 *
 * @param home - plan of numbers without a country code where plans look alike: 18005551234 is a toll-free number in North
 *   America and a mobile number in China.
 */
export function parsePhone(value: string, home: 'north-america' | 'china'): PhoneNumber | undefined {
  const extensionless = value.trim();
  const digits = extensionless.replace(/\D/g, '');
  if (digits.length < 3) return undefined;
  const international = extensionless.startsWith('+') || extensionless.startsWith('00');
  const all = extensionless.startsWith('00') ? digits.slice(2) : digits;
  if (international && all.startsWith('86'))
    return { countryCode: '86', groups: chineseGroups(all.slice(2)) };
  if (international && all.startsWith('1') && all.length === 11) {
    return { countryCode: '1', groups: cut(all.slice(1), [3, 3, 4]) };
  }
  if (!international) {
    if (home === 'china' && /^1[3-9]\d{9}$/.test(all)) return { countryCode: '', groups: chineseGroups(all) };
    if (/^1\d{10}$/.test(all)) return { countryCode: '1', groups: cut(all.slice(1), [3, 3, 4]) };
    if (home === 'china' && /^400\d{7}$/.test(all)) return { countryCode: '', groups: chineseGroups(all) };
    if (/^0\d{9,11}$/.test(all) && !extensionless.includes(' ')) {
      return { countryCode: '', groups: chineseGroups(all) };
    }
    if (/^[2-9]\d{9}$/.test(all)) return { countryCode: '', groups: cut(all, [3, 3, 4]) };
    if (/^\d{7}$/.test(all)) return { countryCode: '', groups: cut(all, [3, 4]) };
  }
  const written = extensionless.replace(/^\+|^00/, '').match(/\d+/g) ?? [];
  const countryCode = international && written.length > 1 ? (written.shift() ?? '') : '';
  const groups = written.flatMap((group) =>
    group.length > 4 ? cut(group, groupSizes(group.length)) : [group],
  );
  return { countryCode, groups };
}

function chineseGroups(digits: string): string[] {
  if (/^1\d{10}$/.test(digits)) return cut(digits, [3, 4, 4]);
  if (/^[48]00\d{7}$/.test(digits)) return cut(digits, [3, 3, 4]);
  if (/^0(?:10|2\d)\d{7,8}$/.test(digits)) return [digits.slice(0, 3), ...localGroups(digits.slice(3))];
  if (/^0\d{10,11}$/.test(digits)) return [digits.slice(0, 4), ...localGroups(digits.slice(4))];
  return groupsOf(digits, 4);
}

function localGroups(digits: string): string[] {
  return digits.length === 7 ? cut(digits, [3, 4]) : groupsOf(digits, 4);
}
