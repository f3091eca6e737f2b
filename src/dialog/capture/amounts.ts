import type { Language } from '../../core/language.ts';
import { valueOf, type Captured, type CaptureInput } from './captured.ts';
import { digitOfSound } from './digit-homophones.ts';
import { chineseNumber, numbersAsDigits } from './words.ts';

/** Reads an amount of money, as `12.50`: "twelve fifty", "$12.50", "a hundred and five dollars", 十二块五, 一百零五元. */
export function captureAmount(input: CaptureInput): Captured {
  const readings = [input.text, ...input.alternatives].flatMap((text) => amountsIn(text, input.language));
  return valueOf(
    readings.map(({ value }) => value),
    input.rejected,
    readings[0]?.certain ?? false,
  );
}

/** An amount that words may mean. */
export interface AmountReading {
  /** With two decimals: `12.50`. */
  readonly value: string;
  /** Whether it can hardly be anything else, since a currency or a decimal point was said. */
  readonly certain: boolean;
  /** Whether no smaller units were said: "twenty dollars" may stand for what costs 19.99. */
  readonly round: boolean;
}

/** The amounts that the first number of a text may mean, best first. */
export function amountsIn(text: string, language: Language): readonly AmountReading[] {
  return language === 'zh' ? chineseAmounts(text) : englishAmounts(text);
}

const currency = String.raw`(?:dollars?|bucks?|euros?|pounds?|quid|yuan|r ?m ?b)`;
const cents = String.raw`(?:cents?|pence|p)`;

/** The forms of an amount once number words are digits. `part` stands behind a point, where 5 is fifty; `cents` counts them. */
const englishForms: readonly (readonly [pattern: RegExp, certain: boolean])[] = [
  // "$12.50", "12.50 dollars", "12.5"
  [/[$€£¥]?\s*(?<whole>\d+)\.(?<part>\d{1,2})(?!\d)/i, true],
  // "12 dollars and 50 cents", "12 dollars 50"
  [new RegExp(String.raw`(?<whole>\d+) ${currency},? (?:and )?(?:oh |o |zero )?(?<cents>\d{1,2})(?: ${cents})?\b`, 'i'), true],
  // "12 dollars and a half"
  [new RegExp(String.raw`(?<whole>\d+)(?: ${currency})? and a (?<half>half)(?: ${currency})?`, 'i'), true],
  [new RegExp(String.raw`(?:[$€£¥]\s*(?<whole>\d+)|(?<words>\d+) ?${currency}\b)`, 'i'), true],
  [new RegExp(String.raw`(?<cents>\d{1,2}) ${cents}\b`, 'i'), true],
  // "12 point 5", "12 point 5 0"
  [/(?<whole>\d+) point (?<part>\d ?\d?)(?! ?\d)/i, true],
  // "1 29 99": a hundred left out, as in "one twenty-nine ninety-nine"
  [/\b(?<hundreds>\d) (?<whole>\d{2}) (?<part>\d{2})\b/, false],
  // "12 50", "12 oh 5"
  [/\b(?<whole>\d{1,4}) (?<part>\d{2}|(?:oh|o|zero|0) \d)\b/i, false],
]; // prettier-ignore

function englishAmounts(text: string): readonly AmountReading[] {
  const plain = numbersAsDigits(text.replace(/(\d),(?=\d{3})/g, '$1'), 'en');
  for (const [pattern, certain] of englishForms) {
    const groups = pattern.exec(plain)?.groups;
    if (!groups) continue;
    const whole = `${groups.hundreds ?? ''}${groups.whole ?? groups.words ?? '0'}`;
    const part = groups.half === undefined ? (groups.cents?.padStart(2, '0') ?? partOf(groups.part)) : '50';
    const round = (groups.part ?? groups.cents ?? groups.half) === undefined;
    const reading = { value: `${String(Number(whole))}.${part}`, certain, round };
    // "Five fifty" is 5.50, and 550 now and then.
    const isBare = !certain && groups.hundreds === undefined && whole.length === 1 && part !== '00';
    return isBare ? [reading, { value: `${whole}${part}.00`, certain, round: true }] : [reading];
  }
  const [number] = /\b\d{1,6}\b/.exec(plain) ?? [];
  return number === undefined ? [] : [{ value: `${String(Number(number))}.00`, certain: false, round: true }];
} // prettier-ignore

/** "5" after a point is fifty hundredths, "05" and "oh 5" are five. */
function partOf(said: string | undefined): string {
  const digits = (said ?? '').replace(/oh|o|zero/i, '0').replace(/\s/g, '');
  return digits.padEnd(2, '0');
}

const chineseNumeral = '[\\d零〇一二两三四五六七八九十百千万]';
const chineseForms: readonly RegExp[] = [
  // 三十九块九毛五分, 三十九块九, 三十九块零五分, 十二元五角
  new RegExp(String.raw`(?<whole>${chineseNumeral}+)\s*[块元](?:钱)?(?<zero>零)?(?<tenths>[\d一二两三四五六七八九半])(?:[毛角](?:(?<hundredths>[\d一二两三四五六七八九])分?)?|(?<fen>分))?`, 'u'),
  // 十二点五, 12.50元
  new RegExp(String.raw`(?<whole>${chineseNumeral}+)(?:点|\.)(?<decimals>[\d零〇一二两三四五六七八九]{1,2})(?![\d零〇一二两三四五六七八九])`, 'u'),
  new RegExp(String.raw`(?<whole>${chineseNumeral}+)\s*(?:块|元|人民币|美元|美金|刀)|[¥￥$]\s*(?<sign>\d+)`, 'u'),
  new RegExp(String.raw`(?<tenths>[\d一二两三四五六七八九])[毛角](?:(?<hundredths>[\d一二两三四五六七八九])分?)?`, 'u'),
]; // prettier-ignore

/** A character between numerals or units, which may be a digit by its sound: 两百武十块. */
const misheardDigit =
  /(?<=[零一二两三四五六七八九十百千万块元点])[^零一二两三四五六七八九十百千万块元点毛角分钱](?=[十百千万块元点毛角分])|(?<=[块元])[^零一二两三四五六七八九十百千万毛角分钱，。\s](?=$|[，。\s毛角分])/gu;

function chineseAmounts(text: string): readonly AmountReading[] {
  const plain = text
    .replace(/(\d),(?=\d{3})/g, '$1')
    .replace(misheardDigit, (found) => digitOfSound(found) ?? found);
  for (const pattern of chineseForms) {
    const groups = pattern.exec(plain)?.groups;
    if (!groups) continue;
    const whole = groups.whole ?? groups.sign;
    const value = whole === undefined ? 0 : wholeOf(whole);
    const digit = (character: string | undefined) =>
      character === undefined ? '' : character === '半' ? '5' : String(chineseNumber(character) ?? character);
    const isFen = groups.zero !== undefined || groups.fen !== undefined;
    const part =
      groups.decimals === undefined
        ? isFen
          ? `0${digit(groups.tenths)}`
          : digit(groups.tenths) + digit(groups.hundredths)
        : Array.from(groups.decimals, digit).join('');
    return [{ value: `${String(value)}.${part.padEnd(2, '0')}`, certain: true, round: part === '' }];
  }
  const [number] = new RegExp(`${chineseNumeral}+`, 'u').exec(plain) ?? [];
  return number === undefined
    ? []
    : [{ value: `${String(wholeOf(number))}.00`, certain: false, round: true }];
}

/** 一百二 is 120 and 三千五 is 3,500, unlike 一百零二. */
function wholeOf(numeral: string): number {
  if (/^\d+$/.test(numeral)) return Number(numeral);
  const short = /^(.*[百千万])([一二两三四五六七八九])$/u.exec(numeral);
  const [, lead = '', last = ''] = short ?? [];
  const unit = { 百: '十', 千: '百', 万: '千' }[lead.at(-1) ?? ''];
  return chineseNumber(unit === undefined || lead.length < 2 ? numeral : lead + last + unit) ?? 0;
}
