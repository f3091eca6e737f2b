import type { Language } from '../../core/language.ts';

/** Words that Mandarin speakers use too, or that recognisers write for a cough: no sign of English. */
const sharedWords = new Set(
  'ok okay hello hi hey bye yes no oh ah um uh hm hmm app vip sorry thank thanks you'.split(' '),
);

/**
 * The language a text is written in, judged by its script; `fallback` (the language of the call) when it gives no sign, such as
 * an order number or a lone "OK".
 */
export function detectLanguage(text: string, fallback: Language): Language {
  const withoutAddresses = text.replace(/\S+@\S+|https?:\S+/g, ' ');
  const hanCount = withoutAddresses.match(/\p{Script=Han}/gu)?.length ?? 0;
  // Single letters and codes with digits are spelled in every language.
  const latinWords =
    withoutAddresses.toLowerCase().match(/(?<![\p{L}\p{N}])\p{Script=Latin}{2,}(?![\p{L}\p{N}])/gu) ?? [];
  if (hanCount > 0) {
    // A Mandarin word has one or two characters; a name or a brand in Latin letters does not change the language.
    return hanCount * 2 >= latinWords.length ? 'zh' : 'en';
  }
  if (latinWords.length >= 2 && latinWords.some((word) => !sharedWords.has(word))) return 'en';
  return fallback;
}
