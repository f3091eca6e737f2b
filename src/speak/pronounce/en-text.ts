import {
  amountWords,
  dayWords,
  hourMinuteWords,
  monthDayWords,
  months,
  numberWords,
  ordinalWords,
  spellGroups,
  spellOut,
  timeWords,
  weekdays,
  yearWords,
} from './en-numbers.ts';
import { addressWords, emailWords, isPronounceable, phoneWords } from './en-addresses.ts';
import { abbreviations, acronymsReadAsWords, units } from './en-words.ts';
import {
  anyOf,
  readingRule as rule,
  readWithRules,
  valueMark,
  type PronounceContext,
  type ReadingRule,
} from './pronouncer.ts';
import {
  currencyCodes,
  currencySymbolPattern,
  cut,
  dayAt,
  groupSizes,
  orderNumberGroups,
  parseAmount,
  parseDay,
  validDay,
} from './values.ts';

const number = String.raw`\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?`;
const monthNames = months
  .map((month) => (month.length > 4 ? `${month}|${month.slice(0, 3)}\\.?` : month))
  .join('|');
const yearLeads = /\b(?:in|since|of|until|till|from|by|before|after|during|year|copyright|©)\s+$/i;
const digitLeads =
  /\b(?:ending (?:in|with)|ends (?:in|with)|code|extension|ext\.?|pin|account|card|number|no\.)\s*:?\s+#?$/i;

/** Reads plain English text: every digit, symbol and abbreviation in words. */
export function readEnglishText(text: string, context: PronounceContext): string {
  return readWithRules(text, rules, context);
}

const addressRules: readonly ReadingRule[] = [
  rule(String.raw`[\w.+-]+@[\w-]+(?:\.[\w-]+)+`, ([address], _before, context) =>
    emailWords(address, context),
  ),
  rule(
    String.raw`(?:https?:\/\/)?(?:www\.)?((?:[a-z\d-]+\.)+(?:com|org|net|io|cn|shop|store|co|uk|de|eu|info|app|help)(?:\/[\w\-/.]*\w)?)\/?(?![\w])`,
    ([, address = ''], _before, context) => addressWords(address.toLowerCase(), context),
    { flags: 'i' },
  ),
];

const amountRules: readonly ReadingRule[] = [
  rule(
    String.raw`([-−–]?(?:${currencySymbolPattern})\s?(?:${number}))(?:\s?(million|billion|k)\b)?`,
    ([, amount = '', scale]) => {
      const parsed = parseAmount(amount);
      if (parsed === undefined) return undefined;
      if (scale === undefined) return amountWords(parsed);
      const value = numberWords(parsed.decimals === '' ? parsed.units : `${parsed.units}.${parsed.decimals}`);
      const many = amountWords({ ...parsed, units: '2', decimals: '' }).replace(/^(?:minus )?two /, '');
      return `${value} ${scale === 'k' ? 'thousand' : scale} ${many}`;
    },
  ),
  rule(
    String.raw`[-−–]?(?:${number})\s?(?:${currencyCodes.join('|')})\b|(?:${currencyCodes.join('|')})\s?(?:${number})`,
    ([amount]) => {
      const parsed = parseAmount(amount);
      return parsed === undefined ? undefined : amountWords(parsed);
    },
  ),
];

function writtenYear(written: string | undefined): string {
  return written === undefined ? '' : `, ${yearWords(Number(written))}`;
}

const dateRules: readonly ReadingRule[] = [
  rule(String.raw`\d{4}-\d{2}-\d{2}(?![\d-])`, ([date], before, context) => {
    const day = parseDay(date, context.timeZone);
    if (day === undefined) return undefined;
    const said = dayWords(day, dayAt(context.nowEpochMs, context.timeZone));
    // "on tomorrow" would be wrong, and what stands before has been said: such a day is named by its date.
    const needsDate = said.relativeDay && /\bon\s+$/i.test(before);
    return needsDate ? monthDayWords(day.month, day.day) : said.spoken;
  }),
  rule(String.raw`(\d{1,2})\/(\d{1,2})\/(\d{4})(?![\d/])`, ([, month, date, written], _before, context) => {
    const day = validDay(Number(written), Number(month), Number(date));
    if (day === undefined) return undefined;
    const thisYear = day.year === dayAt(context.nowEpochMs, context.timeZone).year;
    return monthDayWords(day.month, day.day) + (thisYear ? '' : writtenYear(written));
  }),
  rule(
    String.raw`(${monthNames})\s(?:the\s)?(\d{1,2})(?:st|nd|rd|th)?(?:,?\s(\d{4}))?(?![\d:])`,
    ([, month = '', date, written]) =>
      Number(date) < 1 || Number(date) > 31
        ? undefined
        : monthDayWords(monthNumber(month), Number(date)) + writtenYear(written),
  ),
  rule(
    String.raw`(\d{1,2})(?:st|nd|rd|th)?\s(?:of\s)?(${monthNames})(?:,?\s(\d{4}))?\b`,
    ([, date, month = '', written]) =>
      Number(date) < 1 || Number(date) > 31
        ? undefined
        : monthDayWords(monthNumber(month), Number(date)) + writtenYear(written),
  ),
  rule(
    String.raw`(${monthNames})\s(\d{4})\b`,
    ([, month = '', written]) => `${months[monthNumber(month) - 1] ?? month} ${yearWords(Number(written))}`,
  ),
];

function monthNumber(name: string): number {
  return months.findIndex((month) => month.slice(0, 3).toLowerCase() === name.slice(0, 3).toLowerCase()) + 1;
}

const numberRules: readonly ReadingRule[] = [
  rule(String.raw`24\/7\b`, () => 'twenty-four seven'),
  rule(
    String.raw`\s?[-–—]\s?(?=\d)`,
    (_match, before) =>
      /\d:\d{2}(?:\s?[ap]\.?m\.?)?\s?$|\d\s?[ap]\.?m\.?\s?$/i.test(before) ? ' to ' : undefined,
    { atWordStart: false },
  ),
  rule(
    String.raw`(\d{1,2})(?::(\d{2}))?\s?([ap])\.?m(?:\.(?=\s?[^\sA-Z]|$)|\b)`,
    ([, hour, minute, half = '']) =>
      Number(hour) < 1 || Number(hour) > 12
        ? undefined
        : `${hourMinuteWords(Number(hour), Number(minute ?? 0))} ${half.toUpperCase()}M`,
    { flags: 'i' },
  ),
  rule(String.raw`([01]?\d|2[0-3]):([0-5]\d)(?!\d)`, ([, hour, minute]) =>
    timeWords({ hour: Number(hour), minute: Number(minute) }),
  ),
  rule(
    String.raw`\+?\d{0,3}[\s.-]?\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4}(?!\d)|\+\d{8,15}(?!\d)|\(\d{3}\)\s?\d{3}-\d{4}`,
    ([phone]) => phoneWords(phone),
  ),
  rule(String.raw`\+\d[\d\s().-]{7,}\d`, ([phone]) => phoneWords(phone)),
  rule(String.raw`#?([A-Z]{1,4}-?\d{4,})\b|#(\d{4,})\b`, ([, mixed, digits]) =>
    spellGroups(orderNumberGroups(mixed ?? digits ?? '')),
  ),
  rule(String.raw`#\s?(?=[\d${valueMark}])`, (_match, before) =>
    /\b(?:order|number|case|ticket)\s+$/i.test(before) ? '' : 'number ',
  ),
  rule(String.raw`(${number})\s?%`, ([, value = '']) => `${numberWords(value)} percent`),
  rule(String.raw`(\d+)(?:st|nd|rd|th)\b`, ([, value]) => ordinalWords(Number(value))),
  rule(String.raw`(1\/2|1\/4|3\/4)(?![\d/])`, ([fraction]) =>
    fraction === '1/2' ? 'one half' : fraction === '1/4' ? 'one quarter' : 'three quarters',
  ),
  rule(String.raw`(${number})\s?[x×]\s?(?=\d)`, ([, value = '']) => `${numberWords(value)} by `),
  rule(String.raw`(\d{1,4})\s?[-–—]\s?(?=\d{1,4}(?![\d-]))`, ([, from = '']) => `${numberWords(from)} to `),
  rule(
    String.raw`(${number})\s?(${anyOf(Object.keys(units))})(?![\p{L}\p{N}])`,
    ([, value = '', unit = '']) => {
      const names = units[unit];
      if (names === undefined) return undefined;
      return `${numberWords(value)} ${value === '1' ? names[0] : names[1]}`;
    },
  ),
  rule(String.raw`(?:19|20)\d{2}(?![\d.,]\d|\d|\s?%)`, ([year], before) =>
    yearLeads.test(before) ? yearWords(Number(year)) : undefined,
  ),
  rule(String.raw`\d{3,}(?![.,]?\d)`, ([digits], before) =>
    digits.length >= 7 || digits.startsWith('0') || digitLeads.test(before)
      ? spellGroups(digits.length <= 4 ? [digits] : cut(digits, groupSizes(digits.length)))
      : undefined,
  ),
  rule(
    String.raw`(?<=^|[\s(${valueMark}])[-−](${number})(?![\p{L}-])`,
    ([, value = '']) => `minus ${numberWords(value)}`,
  ),
  rule(String.raw`(${number})(?![\p{L}\d])`, ([value]) => numberWords(value)),
];

const acronymPattern = String.raw`[A-Z]{2,5}(?:s\b|(?![\p{L}]))`;

const wordRules: readonly ReadingRule[] = [
  rule(
    String.raw`(?:${anyOf(Object.keys(abbreviations))})(?![\p{L}\p{N}])`,
    ([found]) => abbreviations[found],
  ),
  // "Main St.", "1200 Oak Dr.": after a name or number it is a street; before a name a saint or a doctor.
  rule(String.raw`(St|Dr)\.(?=(\s+[A-Z${valueMark}])?)`, ([, short, next], before) => {
    const inAddress = /(?:\d\S*|\b[NSEW]\.?)\s+(?:\p{Lu}[\p{L}'’]*\s+)+$|\d(?:st|nd|rd|th)\s+$/u.test(before);
    if (inAddress || next === undefined) return short === 'St' ? 'street' : 'drive';
    return short === 'St' ? 'Saint' : 'Doctor';
  }),
  rule(String.raw`No\.\s?(?=[\d#${valueMark}])`, () => 'number ', { flags: 'i' }),
  rule(
    String.raw`(?:${weekdays.map((day) => day.slice(0, 3)).join('|')}|Tues|Thur|Thurs)\.(?=\s?[,\d\p{L}])`,
    ([short]) => weekdays.find((day) => day.startsWith(short.slice(0, 3))),
  ),
  // Letters and digits in one word, such as a model name: capitals by name, short numbers as numbers.
  rule(String.raw`(?=\p{L}*\d)(?=\d*\p{L})[\p{L}\d]+`, ([mixed]) =>
    (mixed.match(/\p{L}+|\d+/gu) ?? [])
      .map((run) => {
        if (/\d/.test(run)) return run.length <= 2 ? numberWords(run) : spellOut(run);
        return run.length <= 2 || (run === run.toUpperCase() && run.length <= 4) ? spellOut(run) : run;
      })
      .join(' '),
  ),
  rule(acronymPattern, ([acronym]) => {
    const plural = acronym.endsWith('s') ? "'s" : '';
    const letters = plural === '' ? acronym : acronym.slice(0, -1);
    // Longer words in capitals are mostly emphasis, unless nobody could say them.
    const word = acronymsReadAsWords.has(letters) || (letters.length > 3 && isPronounceable(letters));
    return word ? undefined : `${spellOut(letters)}${plural}`;
  }),
  // Before another letter "A" would be read as the article.
  rule(String.raw`A(?=\s[B-Z](?!\p{L}))`, () => 'eh'),
  rule('&', () => ' and ', { atWordStart: false }),
  rule('@', () => ' at ', { atWordStart: false }),
  rule(String.raw`\+\s*(?=[\p{L}\d])`, () => ' plus ', { atWordStart: false }),
  rule('=', () => ' equals ', { atWordStart: false }),
  rule(
    String.raw`°\s?([CF])\b`,
    ([, scale]) => (scale === 'C' ? ' degrees Celsius' : ' degrees Fahrenheit'),
    { atWordStart: false },
  ),
  rule('°', () => ' degrees', { atWordStart: false }),
  rule('%', () => ' percent', { atWordStart: false }),
  rule(String.raw`[*]`, () => 'star', { atWordStart: false }),
  rule('#', () => 'pound', { atWordStart: false }),
  rule(String.raw`\/`, (match, before) => (/\p{L}$/u.test(before) ? ' or ' : ' '), { atWordStart: false }),
  rule('[™®©]', () => '', { atWordStart: false }),
  rule(String.raw`[\p{Extended_Pictographic}\u200d\ufe0f_|~<>^\\{}\[\]•“”"«»]`, () => ' ', {
    atWordStart: false,
  }),
  rule('…', () => '.', { atWordStart: false }),
  rule(String.raw`\s[–—-]{1,2}\s`, () => ', ', { atWordStart: false }),
  rule('[–—]', () => ', ', { atWordStart: false }),
];

const rules: readonly ReadingRule[] = [
  ...addressRules,
  ...amountRules,
  ...dateRules,
  ...numberRules,
  ...wordRules,
];
