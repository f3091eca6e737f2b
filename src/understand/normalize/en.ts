import { extractSpelledRuns } from '../../core/spelling.ts';

/** Short forms as whole words; after these the general endings ('ll, 're, ...) apply. */
const shortForms: Readonly<Record<string, string>> = {
  "won't": 'will not',
  "can't": 'cannot',
  "shan't": 'shall not',
  "ain't": 'is not',
  "let's": 'let us',
  "y'all": 'you all',
  dont: 'do not',
  doesnt: 'does not',
  didnt: 'did not',
  cant: 'cannot',
  im: 'i am',
  ive: 'i have',
  thats: 'that is',
  wanna: 'want to',
  gonna: 'going to',
  gotta: 'got to',
  gimme: 'give me',
  lemme: 'let me',
  dunno: 'do not know',
  cuz: 'because',
  cos: 'because',
  nevermind: 'never mind',
  ok: 'okay',
  pls: 'please',
};

const endings: readonly (readonly [RegExp, string])[] = [
  [/n't$/, ' not'],
  [/'ll$/, ' will'],
  [/'re$/, ' are'],
  [/'ve$/, ' have'],
  [/'m$/, ' am'],
  [/'d$/, ' would'],
];
/** Words whose 's is "is"; after other words it may be a genitive and stays. */
const isWords = /^(?:it|that|what|where|who|how|here|there|he|she|when|everything|something|nothing)'s$/;

/** Before these, 's is "has". */
const hasWords = /^(?:been|got|had|gone|taken|come|arrived|shown)$/;

/** Sounds of hesitation, and phrases that say no more than these. */
const fillers = /\b(?:um+|uh+|erm?|ehm|hm+|mm+|ah+|you know|i mean)\b/g;
/** Answers that look like fillers: kept as one word. */
const soundAnswers: readonly (readonly [RegExp, string])[] = [
  [/\b(?:uh|mm|mhm|um)[\s-]*(?:huh|hum|hmm+)\b|\bmhm+\b/g, 'uhhuh'],
  [/\b(?:uh|nuh)[\s-]*uh\b/g, 'uhuh'],
];

/**
 * English text in one form for comparing: lower case, without punctuation and hesitation, short forms written out, spelled
 * letters and digits joined ("W 2 3" is "w23", "twenty three" is "23").
 */
export function normalizeEnglish(text: string): string {
  let words = joinSpelled(text.normalize('NFKC')).toLowerCase().replaceAll('’', "'");
  for (const [sound, word] of soundAnswers) words = words.replace(sound, word);
  // "@" and "." stand inside addresses and numbers; everywhere else they are punctuation.
  words = words.replace(/[^\p{L}\p{N}'\s@.]/gu, ' ').replace(/(?<!\w)[@.]|[@.](?!\w)/g, ' ');
  const expanded = words.split(/\s+/).map(expand).join(' ');
  const withoutFillers = expanded.replace(fillers, ' ').replace(/\s+/g, ' ').trim();
  // A sentence of nothing but hesitation stays what it is.
  return withoutFillers === '' ? expanded.trim() : withoutFillers;
}

function expand(word: string, index: number, words: readonly string[]): string {
  const short = shortForms[word];
  if (short !== undefined) return short;
  if (isWords.test(word))
    return `${word.slice(0, -2)} ${hasWords.test(words[index + 1] ?? '') ? 'has' : 'is'}`;
  for (const [ending, full] of endings) {
    if (ending.test(word)) return word.replace(ending, full);
  }
  return word.replace(/^'+|'+$/g, '');
}

function joinSpelled(text: string): string {
  let joined = '';
  let at = 0;
  for (const run of extractSpelledRuns(text, 'en')) {
    joined += text.slice(at, run.start) + run.value;
    at = run.end;
  }
  return joined + text.slice(at);
}
