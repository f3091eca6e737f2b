import { pinyin } from 'pinyin-pro';
import type { Language } from '../../core/language.ts';

/** Digits by how they sound without tone, as recognisers confuse them. */
const digitsBySound: Readonly<Record<string, string>> = {
  ling: '零',
  yi: '一',
  yao: '一',
  er: '二',
  liang: '两',
  san: '三',
  si: '四',
  wu: '五',
  liu: '六',
  qi: '七',
  ba: '八',
  jiu: '九',
};
const chineseDigit = /[\d零〇一幺二两三四五六七八九]/u;
/** Words of everyday sentences that sound like a digit and stand beside numbers as themselves. */
const ownWords = /[要就把吧起已以而意亿]/u;
const chineseRow = { digits: 3, share: 0.6 };

const englishDigit = /^(?:zero|oh|o|one|two|three|four|five|six|seven|eight|nine|\d)$/i;
const englishHomophones: Readonly<Record<string, string>> = {
  won: 'one',
  to: 'two',
  too: 'two',
  for: 'four',
  ate: 'eight',
};
const englishRow = { digits: 2, share: 0.4 };

/**
 * Digits that were written as other words of the same sound are digits again: 七五久零 is 七五九零, "one to six five" is "one two six five".
 * Only within a row of digits said one by one, so that 我姓刘 keeps its name. For texts in which digits are expected.
 */
export function homophonesAsDigits(text: string, language: Language): string {
  if (language === 'zh') {
    return text.replace(/[\d\p{Script=Han}，,、]+/gu, (run) => {
      const characters = Array.from(run);
      return repaired(characters, (each) => chineseDigit.test(each), digitOfSound, chineseRow).join('');
    });
  }
  const words = text.split(/(?<=\s)/);
  const bare = (word: string) => /[\p{L}\d]+/u.exec(word)?.[0] ?? '';
  return repaired(
    words,
    (word) => englishDigit.test(bare(word)),
    (word) => {
      const digit = englishHomophones[bare(word).toLowerCase()];
      return digit === undefined ? undefined : word.replace(bare(word), digit);
    },
    englishRow,
  ).join('');
}

/**
 * The parts with homophones put right in rows of digits and homophones that have enough digits. Marks between groups of digits belong to
 * a row; a homophone alone before such a mark may be a name, and stays.
 */
function repaired(
  parts: readonly string[],
  isDigit: (part: string) => boolean,
  digitFor: (part: string) => string | undefined,
  row: { readonly digits: number; readonly share: number },
): readonly string[] {
  const read = parts.map((part) => (isDigit(part) || isMark(part) ? part : digitFor(part)));
  const out = [...parts];
  for (let from = 0; from < parts.length;) {
    let to = from;
    while (to < parts.length && read[to] !== undefined) to += 1;
    const digits = parts.slice(from, to).filter(isDigit).length;
    const length = parts.slice(from, to).filter((part) => !isMark(part)).length;
    const firstMark = parts.slice(from, to).findIndex(isMark);
    const hasOwnDigit = firstMark < 0 || parts.slice(from, from + firstMark).some(isDigit);
    if (digits >= row.digits && digits / length >= row.share) {
      for (let at = hasOwnDigit ? from : from + firstMark; at < to; at += 1) out[at] = read[at] ?? '';
    }
    from = to + 1;
  }
  return out;
}

const isMark = (part: string): boolean => /^[，,、]$/u.test(part);

/** The Chinese digit that a character sounds like. */
export function digitOfSound(character: string): string | undefined {
  if (ownWords.test(character) || !/\p{Script=Han}/u.test(character)) return undefined;
  return digitsBySound[pinyin(character, { toneType: 'none' })];
}
