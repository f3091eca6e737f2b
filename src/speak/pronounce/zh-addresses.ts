import { spellIdentity, spellIdentityGroups } from './zh-numbers.ts';
import type { PronounceContext } from './pronouncer.ts';
import { parsePhone } from './values.ts';

/** A telephone number in groups, 1 as 幺; undefined when it holds too few digits. China's own country code is left out. */
export function phoneWords(value: string): string | undefined {
  const phone = parsePhone(value, 'china');
  if (phone === undefined) return undefined;
  const abroad = phone.countryCode !== '' && phone.countryCode !== '86';
  return spellIdentityGroups([...(abroad ? [phone.countryCode] : []), ...phone.groups]);
}

const symbols: Readonly<Record<string, string>> = {
  '.': '点',
  _: '下划线',
  '-': '横线',
  '+': '加号',
  '/': '斜杠',
};

/** j 下划线 smith 艾特 gmail 点 com. */
export function emailWords(value: string, context: PronounceContext): string {
  const [local = '', domain = ''] = value.trim().toLowerCase().split('@');
  const sides = [addressWords(local, context), addressWords(domain, context)].filter((side) => side !== '');
  return sides.join(' 艾特 ');
}

/** A part of an address of the internet: Latin words stay words, short ones are spelled, digits are read one by one. */
export function addressWords(text: string, context: PronounceContext): string {
  const pieces = text.match(/\p{L}+|\d+|[^\p{L}\d\s]/gu) ?? [];
  return pieces
    .map((piece) => {
      const replaced = context.replaceWord(piece, 0);
      if (replaced?.length === piece.length) return replaced.spoken;
      if (/^\d+$/.test(piece)) return spellIdentity(piece);
      if (/^[a-z]+$/i.test(piece)) {
        return piece.length >= 3 && /[aeiouy]/i.test(piece) ? piece : piece.toUpperCase().split('').join(' ');
      }
      return symbols[piece] ?? piece;
    })
    .join(' ');
}
