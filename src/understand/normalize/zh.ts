import { Converter } from 'opencc-js/t2cn';
import { extractSpelledRuns } from '../../core/spelling.ts';

// The package's own types cannot be resolved under NodeNext.
const toSimplified = Converter({ from: 't', to: 'cn' }) as (text: string) => string;

/** Words of hesitation. Demonstratives and 就是 carry meaning unless a pause, or a new begin of the sentence, follows. */
const sounds = '(?:嗯+|呃+|额+|唔+|哎+)';
const phrases = '(?:那个|这个|就是说|就是|怎么说呢)';
const pause = '[，,、。…\\s]';
const leadingHesitation = new RegExp(
  `^(?:${sounds}${pause}*|${phrases}(?:${pause}+|(?=[我你您请帮]|麻烦)))+(?=.{2,})`,
  'u',
);
const insertedHesitation = new RegExp(`(?<=${pause})(?:${sounds}|${phrases})(?=${pause})`, 'gu');
const certainHesitation = /[呃唔]/gu;

/**
 * Mandarin text in one form for comparing: simplified characters, without punctuation and hesitation, spoken numbers in digits
 * ("W二三七" is "w237"), Latin letters in lower case.
 */
export function normalizeMandarin(text: string): string {
  const simplified = toSimplified(text.normalize('NFKC'));
  const withoutHesitation = simplified
    .trim()
    .replace(leadingHesitation, '')
    .replace(insertedHesitation, '')
    .replace(certainHesitation, '');
  const kept = withoutHesitation.trim() === '' ? simplified : withoutHesitation;
  return joinSpelled(kept)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s@.]|(?<!\w)[@.]|[@.](?!\w)/gu, ' ')
    .replace(/\s+/g, ' ')
    .replace(/(?<=\p{Script=Han}) | (?=\p{Script=Han})/gu, '')
    .trim();
}

/** Spelled runs become their characters from three up: shorter ones are mostly words (一下, 一点). */
function joinSpelled(text: string): string {
  let joined = '';
  let at = 0;
  for (const run of extractSpelledRuns(text, 'zh', { minLength: 3 })) {
    joined += text.slice(at, run.start) + run.value;
    at = run.end;
  }
  return joined + text.slice(at);
}
