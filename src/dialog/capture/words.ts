import type { Language } from '../../core/language.ts';

/** Words made alike, so that what is said can be compared with what a shop has written. */

const ones =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const tens = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const values = new Map<string, number>([
  ...ones.map((word, index): [string, number] => [word, index]),
  ...tens.map((word, index): [string, number] => [word, (index + 2) * 10]),
]);
const multipliers: Readonly<Record<string, number>> = { hundred: 100, thousand: 1000 };

const chineseDigits = '零一二三四五六七八九';
const chineseUnits: Readonly<Record<string, number>> = { 十: 10, 百: 100, 千: 1000, 万: 10_000 };

/** Number words of a text as digits: "five hundred" becomes 500, "twenty-four" 24, 二十四 24; single digits too. */
export function numbersAsDigits(text: string, language: Language): string {
  if (language === 'zh') {
    return text.replace(/[零〇一二两三四五六七八九十百千万]+/gu, (found) =>
      String(chineseNumber(found) ?? found),
    );
  }
  const words = text
    .replace(/\bwon (?=hundred|thousand)/gi, 'one ')
    .replace(/([a-z])-(?=[a-z])/gi, '$1 ')
    .split(/\s+/);
  const out: string[] = [];
  for (let index = 0; index < words.length;) {
    const { value, length } = englishNumber(words, index);
    if (value !== undefined)
      out.push(`${String(value)}${/[,.;:!?]$/.exec(words[index + length - 1] ?? '')?.[0] ?? ''}`);
    else out.push(words[index] ?? '');
    index += Math.max(1, length);
  }
  return out.join(' ');
}

/** The number that begins at a word: how much, and how many words long. */
function englishNumber(
  words: readonly string[],
  from: number,
): { readonly value: number | undefined; readonly length: number } {
  let total: number | undefined;
  let last = 0;
  let at = from;
  for (; at < words.length; at += 1) {
    const word = (words[at] ?? '').toLowerCase().replace(/[,.;:!?]+$/, '');
    const value = values.get(word);
    const multiplier = multipliers[word];
    const isArticle =
      (word === 'a' || word === 'one') && total === undefined && multipliers[plain(words[at + 1])];
    if (isArticle) {
      total = 1;
      last = 1;
    } else if (multiplier !== undefined && total !== undefined) {
      total = last < multiplier && total >= 1000 ? total - last + last * multiplier : total * multiplier;
      last = multiplier;
    } else if (word === 'and' && (last === 100 || last === 1000) && values.has(plain(words[at + 1]))) {
      continue;
    } else if (value !== undefined && (total === undefined || fitsAfter(last, value))) {
      total = (total ?? 0) + value;
      last = value;
    } else {
      break;
    }
    // A comma or full stop ends a number.
    if (/[,.;:!?]$/.test(words[at] ?? '')) {
      at += 1;
      break;
    }
  }
  return { value: total, length: at - from };
}

function plain(word: string | undefined): string {
  return (word ?? '').toLowerCase().replace(/[,.;:!?]+$/, '');
}

/** "Twenty" takes a unit, "hundred" anything below it. */
function fitsAfter(last: number, value: number): boolean {
  if (last === 100 || last === 1000) return value < last;
  return last >= 20 && last < 100 && value >= 1 && value <= 9;
}

/** 二十四 is 24, 一百零五 and 1百零五 are 105, 二零五 is 205; undefined for what is no number. */
export function chineseNumber(text: string): number | undefined {
  const plain = text
    .replaceAll('〇', '零')
    .replaceAll('两', '二')
    .replace(/\d/g, (digit) => chineseDigits[Number(digit)] ?? '');
  const characters = Array.from(plain);
  if (!characters.some((character) => character in chineseUnits)) {
    const digits = characters.map((character) => chineseDigits.indexOf(character));
    return digits.every((digit) => digit >= 0) ? Number(digits.join('')) : undefined;
  }
  let total = 0;
  let section = 0;
  let digit: number | undefined;
  for (const character of characters) {
    const unit = chineseUnits[character];
    if (unit === undefined) {
      digit = chineseDigits.indexOf(character);
    } else if (unit === 10_000) {
      total = (total + section + (digit ?? 0)) * unit;
      section = 0;
      digit = undefined;
    } else {
      section += (digit ?? 1) * unit;
      digit = undefined;
    }
  }
  return total + section + (digit ?? 0);
}

/** Spellings, units and sizes that mean the same. */
const same: readonly (readonly [RegExp, string])[] = [
  [/\bgray\b/g, 'grey'],
  [/\bcolor(s?)\b/g, 'colour$1'],
  [/\b(?:x{2}l|double extra large|extra extra large|double x l|x x l)\b/g, 'xxlarge'],
  [/\b(?:xl|x large|extra large|x l)\b/g, 'xlarge'],
  [/\b(?:xs|x small|extra small|x s)\b/g, 'xsmall'],
  [/\b(?:millilit(?:er|re)s?|mls?)\b/g, 'ml'],
  [/\b(?:lit(?:er|re)s?|l(?<=\d ?l))\b/g, 'litre'],
  [/\b(?:inch(?:es)?|in(?<=\d ?in))\b|(?<=\d)["”]/g, ' inch'],
  [/\b(?:foot|feet|ft)\b/g, 'foot'],
  [/\b(?:pounds?|lbs?)\b/g, 'pound'],
  [/\b(?:gigabytes?|gigs?|gbs?)\b/g, 'gb'],
  [/\b(?:terabytes?|tbs?)\b/g, 'tb'],
  [/\b(?:millimet(?:er|re)s?|mms?)\b/g, 'mm'],
  [/\b(?:centimet(?:er|re)s?|cms?)\b/g, 'cm'],
  [/\b(?:hours?|hrs?)\b/g, 'hour'],
  [/%/g, ' percent'],
];
const letterSizes: Readonly<Record<string, string>> = { s: 'small', m: 'medium', l: 'large' };

/** The words of a text in lower case, with numbers as digits and spellings, units and sizes made alike. */
export function alikeWords(text: string, language: Language): string[] {
  let plainText = numbersAsDigits(
    text
      .toLowerCase()
      .replace(/[’'](?:s|m|d|ll|re|ve|t)\b/g, '')
      .replace(/[-–/]/g, ' '),
    language,
  ).replace(/(\d),(?=\d{3})/g, '$1');
  plainText = plainText.replace(/(\d)(?=[a-z])/g, '$1 ');
  for (const [pattern, replacement] of same) plainText = plainText.replace(pattern, replacement);
  const words = plainText.match(/\p{Script=Han}|[\p{L}]+|\d+(?:\.\d+)?/gu) ?? [];
  return words.map((word) => letterSizes[word] ?? word);
}
