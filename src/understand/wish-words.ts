import type { Language } from '../core/language.ts';
import type { Entity } from '../core/understanding.ts';
import { wordCount } from '../core/turn-words.ts';

/** Words that only announce a number behind them, after a pause in the sentence: ", order number is W2378156". */
const announcements: Readonly<Record<Language, RegExp>> = {
  en: /(?:^|[,.;:!?-])\s*(?:and )?(?:it's |it is |that's |this is )?(?:for |on |with |about )?(?:my |the )?order(?: number)?(?: is)?\s*$/i,
  zh: /(?:^|[，。；：！？,.\s])\s*(?:我的)?(?:订单号?|单号)(?:码)?(?:是|为)?\s*$/u,
};

/**
 * What of a sentence says what is wanted: an order number says nothing of it, and takes a short sentence's meaning towards
 * sentences that name numbers ("my package is lost, order W2378156"). The whole text where too little would be left.
 */
export function wishWords(text: string, entities: readonly Entity[], language: Language): string {
  let rest = '';
  let at = 0;
  for (const { kind, start, end } of entities) {
    if (kind !== 'order_number') continue;
    rest += text.slice(at, start).replace(/#\s*$/, '').replace(announcements[language], '');
    at = end;
  }
  if (at === 0) return text;
  rest = `${rest} ${text.slice(at)}`
    .replace(/\s+([,.;!?，。；！？])/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();
  return wordCount(rest) >= 2 ? rest : text;
}
