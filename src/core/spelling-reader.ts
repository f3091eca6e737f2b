import type { Language } from './language.ts';
import {
  chineseDigitHomophones,
  chineseDigits,
  chineseLetterNames,
  chineseMeasures,
  chineseNumeralPrefixes,
  chineseRunFillers,
  chineseUnits,
  commonAcronyms,
  englishRunFillers,
  englishSpelledWords,
  englishTeens,
  englishTens,
} from './spelling-words.ts';

interface Lexeme {
  readonly kind: 'word' | 'code' | 'han' | 'mark';
  /** As written; for comparisons use `key`. */
  readonly text: string;
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

/** One step of reading: characters, something that may stand inside a run, or an ordinary word. */
export interface Piece {
  readonly kind: 'characters' | 'filler' | 'other';
  readonly characters: string;
  readonly weak: boolean;
  readonly start: number;
  readonly end: number;
}

const lexemePattern = /[A-Za-z]+(?:['’][A-Za-z]+)*(?![A-Za-z0-9])|[A-Za-z0-9]+|\p{Script=Han}|〇|[^\s]/gu;

/** Full-width forms as their ASCII twins: one UTF-16 unit each, so offsets stay true. */
function toHalfWidth(text: string): string {
  return text.replace(/[！-～]/g, (char) => String.fromCharCode(char.charCodeAt(0) - 0xfee0));
}

function toLexemes(text: string): Lexeme[] {
  return [...toHalfWidth(text).matchAll(lexemePattern)].map((match) => {
    const found = match[0];
    const kind = /^[A-Za-z]/.test(found) && !/\d/.test(found) ? 'word' : kindOfOther(found);
    return {
      kind,
      text: found,
      key: found.toLowerCase().replace('’', "'"),
      start: match.index,
      end: match.index + found.length,
    };
  });
}

function kindOfOther(text: string): Lexeme['kind'] {
  if (/^[A-Za-z0-9]+$/.test(text)) return 'code';
  return /^(?:\p{Script=Han}|〇)$/u.test(text) ? 'han' : 'mark';
}

/** Reads a text from left to right: text -> lexemes (words, marks, Han characters) -> pieces. */
export function readPieces(text: string, language: Language): Piece[] {
  const lexemes = toLexemes(text);
  const pieces: Piece[] = [];
  let index = 0;
  while (index < lexemes.length) {
    const before = pieces.at(-1);
    const found = readPiece(
      lexemes,
      index,
      language,
      before?.kind === 'characters' || before?.kind === 'filler',
    );
    const first = lexemes[index];
    const last = lexemes[index + found.length - 1];
    if (first && last) {
      const { kind, characters, weak } = found;
      pieces.push({ kind, characters, weak, start: first.start, end: last.end });
    }
    index += found.length;
  }
  return pieces;
}

interface Found {
  readonly kind: Piece['kind'];
  readonly characters: string;
  readonly weak: boolean;
  /** How many lexemes it takes. */
  readonly length: number;
}

const other = (length = 1): Found => ({ kind: 'other', characters: '', weak: false, length });
const filler = (length = 1): Found => ({ kind: 'filler', characters: '', weak: false, length });
const characters = (value: string, length = 1, weak = false): Found => ({
  kind: 'characters',
  characters: value.toUpperCase(),
  weak,
  length,
});

function readPiece(lexemes: readonly Lexeme[], index: number, language: Language, inRun: boolean): Found {
  const lexeme = lexemes[index];
  if (!lexeme) return other();
  switch (lexeme.kind) {
    case 'mark':
      return /^[-–—.,;:#/_!?、，。；：！？…·"“”()+*']$/u.test(lexeme.text) ? filler() : other();
    case 'code':
      return readCode(lexemes, index);
    case 'han':
      return readHan(lexemes, index, language, inRun);
    case 'word':
      return readWord(lexemes, index, language);
  }
}

function readCode(lexemes: readonly Lexeme[], index: number): Found {
  const key = lexemes[index]?.key ?? '';
  if (/^\d+(?:st|nd|rd|th|pm|am|s)$/.test(key)) return other();
  return readCardinal(lexemes, index) ?? characters(key);
}

function readWord(lexemes: readonly Lexeme[], index: number, language: Language): Found {
  const lexeme = lexemes[index];
  if (!lexeme) return other();
  const next = lexemes[index + 1];
  if (lexeme.key === 'double' || lexeme.key === 'triple') return readMultiplied(lexemes, index, language);
  if (lexeme.key === 'x' && nextWordKey(lexemes, index + 1) === 'ray') {
    return characters('X', next?.kind === 'mark' ? 3 : 2);
  }
  const explained = readExplainedLetter(lexemes, index);
  if (explained) return explained;
  if (isPronounOne(lexemes, index)) return other();
  const cardinal = readCardinal(lexemes, index);
  if (cardinal) return cardinal;
  const isFollowedByHan = next?.kind === 'han';
  if (/^[a-z]$/.test(lexeme.key)) {
    // "a" and "I" are letters only among letters; "o" is mostly the digit.
    if (lexeme.key === 'o') return characters('0', 1, true);
    return characters(lexeme.key, 1, (lexeme.key === 'a' || lexeme.key === 'i') && !isFollowedByHan);
  }
  if (/^[A-Z]{2,4}$/.test(lexeme.text) && !commonAcronyms.has(lexeme.text))
    return characters(lexeme.text, 1, true);
  const known = englishSpelledWords.get(lexeme.key);
  if (known) return characters(known.characters, 1, known.weak);
  return englishRunFillers.has(lexeme.key) ? filler() : other();
}

/** "double two" is 22, "triple five" 555, "double you" and "double u" are W. */
function readMultiplied(lexemes: readonly Lexeme[], index: number, language: Language): Found {
  // Recognisers write "double-5" and "double, one" for what was said in one breath.
  const skip = /^[-,]$/.test(lexemes[index + 1]?.text ?? '') ? 2 : 1;
  const nextKey = lexemes[index + skip]?.key;
  const isDouble = lexemes[index]?.key === 'double';
  if (isDouble && (nextKey === 'you' || nextKey === 'u' || nextKey === 'ewe'))
    return characters('W', skip + 1);
  const next = lexemes[index + skip];
  if (!next || next.kind === 'mark') return other();
  const repeated =
    next.kind === 'code' && /^\d$/.test(next.text)
      ? characters(next.text)
      : singleOf(lexemes, index + skip, language);
  if (repeated?.characters.length !== 1) return other();
  return characters(repeated.characters.repeat(isDouble ? 2 : 3), skip + repeated.length);
}

function singleOf(lexemes: readonly Lexeme[], index: number, language: Language): Found | undefined {
  const key = lexemes[index]?.key ?? '';
  if (/^[a-z]$/.test(key)) return characters(key === 'o' ? '0' : key);
  const known = englishSpelledWords.get(key);
  if (known) return characters(known.characters);
  if (language === 'zh') {
    const digit = chineseDigits.get(key);
    if (digit !== undefined) return characters(digit);
  }
  return undefined;
}

/** "W as in whiskey", "B for boy": the letter, which the longer word decides when the two disagree. */
function readExplainedLetter(lexemes: readonly Lexeme[], index: number): Found | undefined {
  let at = index;
  let letter: string;
  const key = lexemes[at]?.key ?? '';
  const known = englishSpelledWords.get(key);
  if (/^[a-z]$/.test(key)) letter = key.toUpperCase();
  else if (known && /^[A-Z]$/.test(known.characters)) letter = known.characters;
  else return undefined;
  at += 1;
  while (lexemes[at]?.kind === 'mark' && /^[,.]$/.test(lexemes[at]?.text ?? '')) at += 1;
  const [first, second] = [lexemes[at]?.key, lexemes[at + 1]?.key];
  const linkLength =
    first === 'as' && (second === 'in' || second === 'for') ? 2 : first === 'like' || first === 'for' ? 1 : 0;
  const word = lexemes[at + linkLength];
  if (linkLength === 0 || word?.kind !== 'word' || word.text.length < 2) return undefined;
  const initial = (word.key[0] ?? '').toUpperCase();
  if (linkLength === 1 && initial !== letter) return undefined;
  return characters(initial, at + linkLength + 1 - index);
}

/** "this one", "one of them", "one moment": no digit. */
function isPronounOne(lexemes: readonly Lexeme[], index: number): boolean {
  if (lexemes[index]?.key !== 'one') return false;
  const before = lexemes[index - 1]?.key ?? '';
  const after = lexemes[index + 1]?.key ?? '';
  return (
    /^(?:the|this|that|which|another|any|no|last|other|each|every|new|wrong|right|only)$/.test(before) ||
    /^(?:of|i|that|which|more|second|moment|minute|sec|thing|question|day|week|to)$/.test(after)
  );
}

function nextWordKey(lexemes: readonly Lexeme[], index: number): string | undefined {
  const skip = lexemes[index]?.kind === 'mark' ? 1 : 0;
  return lexemes[index + skip]?.key;
}

/** English number words from ten up, as the digits one writes: "twenty three" 23, "three hundred and five" 305. */
function readCardinal(lexemes: readonly Lexeme[], index: number): Found | undefined {
  const head = readBelowHundred(lexemes, index);
  if (!head) return undefined;
  let { value, length } = head;
  let isLarge = value >= 10 && lexemes[index]?.kind === 'word';
  let limit = 0;
  const unit = lexemes[index + length]?.key;
  if (unit === 'thousand' && value > 0) {
    value *= 1000;
    length += 1;
    limit = 1000;
    isLarge = true;
    const hundreds = readBelowHundred(lexemes, index + length);
    if (
      hundreds &&
      hundreds.value > 0 &&
      hundreds.value < 10 &&
      lexemes[index + length + hundreds.length]?.key === 'hundred'
    ) {
      value += hundreds.value * 100;
      length += hundreds.length + 1;
      limit = 100;
    }
  } else if (unit === 'hundred' && value > 0) {
    value *= 100;
    length += 1;
    limit = 100;
    isLarge = true;
  }
  if (!isLarge) return undefined;
  if (limit > 0) {
    const skip = lexemes[index + length]?.key === 'and' ? 1 : 0;
    const rest = readBelowHundred(lexemes, index + length + skip);
    // A written number after "hundred" stands for itself.
    if (rest && rest.value > 0 && rest.value < limit && lexemes[index + length + skip]?.kind === 'word') {
      value += rest.value;
      length += skip + rest.length;
    }
  }
  return characters(String(value), length);
}

function readBelowHundred(
  lexemes: readonly Lexeme[],
  index: number,
): { value: number; length: number } | undefined {
  const lexeme = lexemes[index];
  if (!lexeme) return undefined;
  if (lexeme.kind === 'code') {
    return /^\d{1,2}$/.test(lexeme.key) ? { value: Number(lexeme.key), length: 1 } : undefined;
  }
  const teen = englishTeens.get(lexeme.key);
  if (teen !== undefined) return { value: teen, length: 1 };
  const tens = englishTens.get(lexeme.key);
  if (tens === undefined) {
    const unit = strongDigit(lexeme);
    return unit === undefined ? undefined : { value: unit, length: 1 };
  }
  const skip = lexemes[index + 1]?.text === '-' ? 1 : 0;
  const unit = strongDigit(lexemes[index + 1 + skip]);
  return unit !== undefined && unit > 0
    ? { value: tens + unit, length: 2 + skip }
    : { value: tens, length: 1 };
}

function strongDigit(lexeme: Lexeme | undefined): number | undefined {
  if (lexeme?.kind !== 'word') return undefined;
  const known = englishSpelledWords.get(lexeme.key);
  return known && !known.weak && /^\d$/.test(known.characters) ? Number(known.characters) : undefined;
}

// Mandarin.

function readHan(lexemes: readonly Lexeme[], index: number, language: Language, inRun: boolean): Found {
  const rest = (length: number) =>
    lexemes
      .slice(index, index + length)
      .filter((lexeme) => lexeme.kind === 'han')
      .map((lexeme) => lexeme.text)
      .join('');
  for (const [name, letter] of chineseLetterNames) {
    if (rest(name.length) === name) return characters(letter, name.length);
  }
  const repeated = readRepeated(lexemes, index);
  if (repeated) return repeated;
  for (const name of chineseRunFillers) {
    if (rest(name.length) === name) return filler(name.length);
  }
  const before = lexemes[index - 1]?.text ?? '';
  const cardinal = readChineseCardinal(lexemes, index);
  const number = cardinal ?? readChineseDigit(lexemes, index);
  if (number) {
    const after = lexemes[index + number.length]?.text ?? '';
    if (!inRun && (chineseMeasures.has(after) || chineseNumeralPrefixes.has(before)))
      return other(number.length);
    return number;
  }
  const homophone = language === 'zh' ? chineseDigitHomophones.get(lexemes[index]?.text ?? '') : undefined;
  return homophone === undefined ? other() : characters(homophone, 1, true);
}

/** "三个零" is 000, "两个五" 55. */
function readRepeated(lexemes: readonly Lexeme[], index: number): Found | undefined {
  const first = lexemes[index]?.text ?? '';
  const count = Number(chineseDigits.get(first) ?? 0);
  if (count < 2 || count > 6 || lexemes[index + 1]?.text !== '个') return undefined;
  const repeated = lexemes[index + 2]?.text ?? '';
  const digit = chineseDigits.get(repeated) ?? (/^\d$/.test(repeated) ? repeated : undefined);
  return digit === undefined ? undefined : characters(digit.repeat(count), 3);
}

function readChineseDigit(lexemes: readonly Lexeme[], index: number): Found | undefined {
  const digit = chineseDigits.get(lexemes[index]?.text ?? '');
  return digit === undefined ? undefined : characters(digit);
}

/** Numbers with 十, 百, 千 or 万 as the digits one writes: 二十三 is 23, 一百零五 105, 两百五 250. */
function readChineseCardinal(lexemes: readonly Lexeme[], index: number): Found | undefined {
  let at = index;
  let total = 0;
  let lastUnit = Infinity;
  let sawZero = false;
  for (;;) {
    const text = lexemes[at]?.text ?? '';
    if (text === '零' && lastUnit < Infinity && lastUnit > 10) {
      sawZero = true;
      at += 1;
      continue;
    }
    const digit = chineseDigits.get(text);
    const unitAfter = chineseUnits.get(lexemes[at + 1]?.text ?? '');
    if (digit !== undefined && Number(digit) > 0 && unitAfter !== undefined && unitAfter < lastUnit) {
      total += Number(digit) * unitAfter;
      lastUnit = unitAfter;
      at += 2;
    } else if (text === '十' && lastUnit > 10) {
      total += 10;
      lastUnit = 10;
      at += 1;
    } else if (digit !== undefined && Number(digit) > 0 && lastUnit < Infinity) {
      // After 百, 千 or 万 without 零 a last digit counts tenths of that unit: 两百五 is 250.
      const isTenths = lastUnit > 10 && !sawZero;
      total += Number(digit) * (isTenths ? lastUnit / 10 : 1);
      at += 1;
      break;
    } else {
      if (sawZero && lexemes[at - 1]?.text === '零') at -= 1;
      break;
    }
  }
  return lastUnit === Infinity ? undefined : characters(String(total), at - index);
}
