import { readChineseText } from './zh-text.ts';
import { emailWords, phoneWords } from './zh-addresses.ts';
import { amountWords, dayWords, numberWords, spellIdentityGroups, timeWords } from './zh-numbers.ts';
import { valueMark, type Pronouncer, type SpokenValue } from './pronouncer.ts';
import {
  cut,
  dayAt,
  groupSizes,
  groupsOf,
  orderNumberGroups,
  parseAmount,
  parseDay,
  parseTime,
  trackingGroups,
} from './values.ts';

/** How Mandarin is read on the telephone. */
export const chinese: Pronouncer = {
  value(kind, value, written, context): SpokenValue {
    const said = (spoken: string): SpokenValue => ({ spoken, relativeDay: false });
    // A value that is not what its kind says is read as it is written: wrong words are worse than plain ones.
    const asWritten = (): SpokenValue => said(readChineseText(written, context));
    switch (kind) {
      case 'order_number':
        return said(spellIdentityGroups(orderNumberGroups(value)));
      case 'tracking_number':
        return said(spellIdentityGroups(trackingGroups(value)));
      case 'digits': {
        const characters = value.replace(/[^\p{L}\p{N}]/gu, '');
        const sizes = characters.length <= 4 ? [characters.length] : groupSizes(characters.length);
        return said(spellIdentityGroups(cut(characters, sizes)));
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
        return said(phoneWords(value) ?? readChineseText(written, context));
      case 'email':
        return said(emailWords(value, context));
      case 'postal_code': {
        const blocks = value.toUpperCase().match(/[\p{L}\p{N}]+/gu) ?? [];
        return said(
          spellIdentityGroups(blocks.flatMap((block) => (block.length > 5 ? groupsOf(block, 3) : [block]))),
        );
      }
      case 'name':
        return said(readChineseText(value, context));
    }
  },

  text: readChineseText,

  join(text, values): string {
    let spoken = '';
    for (const [index, piece] of text.split(valueMark).entries())
      spoken += piece + (values[index]?.spoken ?? '');
    return spoken;
  },
};
