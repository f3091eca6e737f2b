import { numberWords, spellOut } from './en-numbers.ts';
import type { PronounceContext } from './pronouncer.ts';
import { parsePhone } from './values.ts';

/** A telephone number in groups, digit by digit; undefined when it holds too few digits. */
export function phoneWords(value: string): string | undefined {
  const phone = parsePhone(value, 'north-america');
  if (phone === undefined) return undefined;
  const plus = value.trim().startsWith('+') ? 'plus ' : '';
  const code = phone.countryCode === '' ? [] : [`${plus}${spellOut(phone.countryCode)}`];
  const [first = '', ...others] = phone.groups;
  // 800 and its like are known as a number.
  const opening = /^[89]00$/.test(first) && others.length === 2 ? numberWords(first) : spellOut(first);
  return [...code, opening, ...others.map(spellOut)].join(', ');
}

const emailSymbols: Readonly<Record<string, string>> = {
  '.': 'dot',
  _: 'underscore',
  '-': 'dash',
  '+': 'plus',
};

/** "j underscore smith at gmail dot com"; what cannot be said as a word is spelled. */
export function emailWords(value: string, context: PronounceContext): string {
  const [local = '', domain = ''] = value.trim().toLowerCase().split('@');
  const sides = [addressWords(local, context), addressWords(domain, context)].filter((side) => side !== '');
  return sides.join(' at ');
}

/** A part of an address of the internet: words, spelled letters, digits one by one, symbols by name. */
export function addressWords(text: string, context: PronounceContext): string {
  const pieces = text.match(/\p{L}+|\d+|[^\p{L}\d\s]/gu) ?? [];
  return pieces
    .map((piece) => {
      const replaced = context.replaceWord(piece, 0);
      if (replaced?.length === piece.length) return replaced.spoken;
      if (/^\d+$/.test(piece)) return spellOut(piece);
      if (/^\p{L}+$/u.test(piece)) return isPronounceable(piece) ? piece : spellOut(piece);
      return emailSymbols[piece] ?? (piece === '/' ? 'slash' : piece);
    })
    .join(' ');
}

/** A single letter keeps its case; "qq", "io" and "uk" are spelled; three letters or more need a vowel. */
export function isPronounceable(word: string): boolean {
  return word.length >= 3 && /[aeiouy]/i.test(word) && !/[^aeiouy]{5}/i.test(word);
}
