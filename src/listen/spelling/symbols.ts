import type { Language } from '../../core/language.ts';

/** What the spelling recogniser tells apart: letters, digits, number words, the words letters are spelled with, signs. */
export interface SymbolTable {
  readonly symbols: readonly string[];
  /** Number of the blank of connectionist temporal classification, one past the last symbol. */
  readonly blank: number;
  /** Number of the symbol for any other words. */
  readonly other: number;
  /** @throws RangeError for a symbol the model does not know. */
  number(symbol: string): number;
  has(symbol: string): boolean;
}

export function symbolTable(symbols: readonly string[]): SymbolTable {
  const numbers = new Map(symbols.map((symbol, index) => [symbol, index]));
  const number = (symbol: string): number => {
    const found = numbers.get(symbol);
    if (found === undefined) throw new RangeError(`The spelling model has no symbol "${symbol}".`);
    return found;
  };
  return {
    symbols,
    blank: symbols.length,
    other: number(otherSymbol),
    number,
    has: (symbol) => numbers.has(symbol),
  };
}

export const otherSymbol = '<other>';

const englishDigits = 'ZERO ONE TWO THREE FOUR FIVE SIX SEVEN EIGHT NINE'.split(' ');
const teens = 'TEN ELEVEN TWELVE THIRTEEN FOURTEEN FIFTEEN SIXTEEN SEVENTEEN EIGHTEEN NINETEEN'.split(' ');
const tens = 'TWENTY THIRTY FORTY FIFTY SIXTY SEVENTY EIGHTY NINETY'.split(' ');
const nato =
  'ALFA BRAVO CHARLIE DELTA ECHO FOXTROT GOLF HOTEL INDIA JULIETT KILO LIMA MIKE NOVEMBER OSCAR PAPA QUEBEC ROMEO SIERRA TANGO UNIFORM VICTOR WHISKEY XRAY YANKEE ZULU'.split(
    ' ',
  );
/** What people say for a letter besides the NATO alphabet: "B as in boy". */
const examples: Readonly<Record<string, string>> = {
  A: 'APPLE ADAM', B: 'BOY BAKER', C: 'CAT CHARLIE', D: 'DOG DAVID', E: 'EDWARD ELEPHANT', F: 'FRANK FOX', G: 'GEORGE', H: 'HENRY HOUSE',
  I: 'INDIA ICE', J: 'JOHN JACK', K: 'KING', L: 'LONDON LARRY', M: 'MARY MOTHER', N: 'NANCY NORA', O: 'OSCAR ORANGE', P: 'PETER PAUL',
  Q: 'QUEEN', R: 'ROBERT', S: 'SAM SUGAR', T: 'TOM TIGER', U: 'UNCLE UMBRELLA', V: 'VICTOR', W: 'WILLIAM WATER', X: 'XRAY', Y: 'YELLOW',
  Z: 'ZEBRA',
}; // prettier-ignore
const chineseDigits: readonly string[] = ['零', '一幺', '二两', '三', '四', '五', '六', '七', '八', '九'];

/** Words that the model knows and that spell nothing. */
const plainWords = new Set(
  (
    'ENTER RUBOUT ERASE YES NO REPEAT STOP HELP START GO HALF CODE AREA APOSTROPHE JANUARY FEBRUARY MARCH APRIL MAY JUNE JULY AUGUST ' +
    'SEPTEMBER OCTOBER DECEMBER FIRST SECOND THIRD FOURTH FIFTH SIXTH SEVENTH EIGHTH NINTH TENTH ELEVENTH TWELFTH FIFTEENTH SIXTEENTH ' +
    'EIGHTEENTH TWENTIETH THIRTIETH'
  ).split(' '),
);

/** Numbers of the symbols that may be said where strings are spelled in a language. */
export function spellingSymbols(table: SymbolTable, language: Language, words: boolean): ReadonlySet<number> {
  const isSaid = (symbol: string) =>
    (words || !plainWords.has(symbol)) && (language === 'zh' || !/\p{Script=Han}/u.test(symbol));
  return new Set(table.symbols.flatMap((symbol, number) => (isSaid(symbol) ? [number] : [])));
}

/** One way of saying characters: these symbols, one after the other, stand for these characters. */
export interface SpokenForm {
  readonly characters: string;
  readonly symbols: readonly string[];
}

/** Every way in which people say one character, or several at once ("double five", "twenty-three"). */
export function spokenForms(language: Language): readonly SpokenForm[] {
  return language === 'zh' ? [...chineseForms(), ...letterForms()] : [...englishForms(), ...letterForms()];
}

function chineseForms(): SpokenForm[] {
  return chineseDigits.flatMap((names, digit) =>
    Array.from(names, (name) => ({ characters: String(digit), symbols: [name] })),
  );
}

function englishForms(): SpokenForm[] {
  const forms: SpokenForm[] = [];
  const namesOf = (digit: number) => (digit === 0 ? ['ZERO', 'OH', 'O'] : [englishDigits[digit] ?? '']);
  for (let digit = 0; digit <= 9; digit += 1) {
    for (const name of namesOf(digit)) {
      forms.push({ characters: String(digit), symbols: [name] });
      forms.push({ characters: String(digit).repeat(2), symbols: ['DOUBLE', name] });
      forms.push({ characters: String(digit).repeat(3), symbols: ['TRIPLE', name] });
    }
    if (digit > 0) forms.push({ characters: `${digit}00`, symbols: [englishDigits[digit] ?? '', 'HUNDRED'] });
  }
  for (const [unit, name] of teens.entries()) forms.push({ characters: `1${unit}`, symbols: [name] });
  for (const [index, name] of tens.entries()) {
    forms.push({ characters: `${index + 2}0`, symbols: [name] });
    for (let unit = 1; unit <= 9; unit += 1) {
      forms.push({ characters: `${index + 2}${unit}`, symbols: [name, englishDigits[unit] ?? ''] });
    }
  }
  return forms;
}

function letterForms(): SpokenForm[] {
  return Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ').flatMap((letter, index) => {
    const words = [...new Set([nato[index] ?? '', ...(examples[letter] ?? '').split(' ')])].filter(
      (word) => word !== '',
    );
    const links = [['AS', 'IN'], ['FOR'], ['LIKE']];
    return [
      { characters: letter, symbols: [letter] },
      { characters: letter.repeat(2), symbols: ['DOUBLE', letter] },
      ...(letter === 'Z' ? [{ characters: letter, symbols: ['ZED'] }] : []),
      ...words.map((word) => ({ characters: letter, symbols: [word] })),
      ...words.flatMap((word) =>
        links.map((link) => ({ characters: letter, symbols: [letter, ...link, word] })),
      ),
    ];
  });
}

const numberWords = new Set([...tens, 'HUNDRED', 'THOUSAND', 'AND']);

/**
 * A row of symbols as a text that the readers of recognised texts understand: "W 2 double 3 at gmail dot com". Digits that belong to a
 * number in words are words, too: "sixty one".
 */
export function symbolsAsText(row: readonly string[]): string {
  return row
    .filter((symbol) => symbol !== otherSymbol)
    .map((symbol, index, said) => {
      const digit = englishDigits.indexOf(symbol);
      const isInNumber =
        numberWords.has(said[index - 1] ?? '') || /^(?:HUNDRED|THOUSAND)$/.test(said[index + 1] ?? '');
      if (digit >= 0 && !isInNumber) return String(digit);
      return symbol.length === 1 ? symbol : symbol === 'XRAY' ? 'x-ray' : symbol.toLowerCase();
    })
    .join(' ');
}
