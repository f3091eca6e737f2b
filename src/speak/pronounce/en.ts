import { readEnglishText } from './en-text.ts';
import { emailWords, isPronounceable, phoneWords } from './en-addresses.ts';
import { amountWords, dayWords, numberWords, spellGroups, timeWords } from './en-numbers.ts';
import type { PronounceContext, Pronouncer, SpokenValue } from './pronouncer.ts';
import { valueMark } from './pronouncer.ts';
import {
  dayAt,
  groupSizes,
  cut,
  orderNumberGroups,
  parseAmount,
  parseDay,
  parseTime,
  trackingGroups,
} from './values.ts';

/** How English is read on the telephone. */
export const english: Pronouncer = {
  value(kind, value, written, context): SpokenValue {
    const said = (spoken: string): SpokenValue => ({ spoken, relativeDay: false });
    // A value that is not what its kind says is read as it is written: wrong words are worse than plain ones.
    const asWritten = (): SpokenValue => said(readEnglishText(written, context));
    switch (kind) {
      case 'order_number':
        return said(spellGroups(orderNumberGroups(value)));
      case 'tracking_number':
        return said(spellGroups(trackingGroups(value)));
      case 'digits': {
        const characters = value.replace(/[^\p{L}\p{N}]/gu, '');
        return said(spellGroups(cut(characters, digitGroupSizes(characters.length))));
      }
      case 'money': {
        const amount = parseAmount(value);
        return amount === undefined ? asWritten() : said(amountWords(amount));
      }
      case 'date': {
        const day = parseDay(value, context.timeZone);
        return day === undefined ? asWritten() : dayWords(day, dayAt(context.nowEpochMs, context.timeZone));
      }
      case 'time': {
        const time = parseTime(value, context.timeZone);
        return time === undefined ? asWritten() : said(timeWords(time));
      }
      case 'number':
        return said(numberWords(value));
      case 'phone':
        return said(phoneWords(value) ?? readEnglishText(written, context));
      case 'email':
        return said(emailWords(value, context));
      case 'postal_code':
        return said(postalCodeWords(value));
      case 'name':
        return said(nameWords(value, context));
    }
  },

  text: readEnglishText,

  join(text, values): string {
    let spoken = '';
    for (const [index, piece] of text.split(valueMark).entries()) {
      const value = values[index];
      // "arrives on tomorrow" is wrong: the preposition belongs to a date.
      const before = value?.relativeDay === true ? piece.replace(/\bon\s+$/i, '') : piece;
      spoken += before + (value?.spoken ?? '');
    }
    return spoken;
  },
};

/** Up to four characters are one breath (the last digits of a card); more are twos and threes. */
function digitGroupSizes(length: number): number[] {
  return length <= 4 ? [length] : groupSizes(length);
}

function postalCodeWords(value: string): string {
  const blocks = value.toUpperCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return spellGroups(
    blocks.flatMap((block) =>
      /^\d{6}$/.test(block)
        ? cut(block, [3, 3])
        : block.length > 5
          ? cut(block, groupSizes(block.length))
          : [block],
    ),
  );
}

/** Names are read as words, also when they are stored in capitals; initials are spelled. */
function nameWords(value: string, context: PronounceContext): string {
  const readable = value
    .trim()
    .replace(/\p{Lu}{3,}/gu, (word) =>
      context.replaceWord(word, 0)?.length === word.length || !isPronounceable(word)
        ? word
        : word.charAt(0) + word.slice(1).toLowerCase(),
    )
    .replace(/\b(\p{Lu})\.(?=\s|$)/gu, '$1');
  return readEnglishText(readable, context);
}
