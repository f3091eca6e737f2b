import type { Language } from '../core/language.ts';
import { extractSpelledRuns, spelledToCharacters, type SpelledRun } from '../core/spelling.ts';
import type { Entity } from '../core/understanding.ts';

/**
 * What a sentence names unasked: `email`, `order_number`, `phone_number`, `postal_code`, `digits` (a row of four or more that may
 * be any of them) and `ordinal`, in the order of the text. Spans never overlap.
 *
 * A number becomes an order number, a phone number or a postal code by its shape or by a word near it; amounts of money,
 * times and dates are left out.
 */
export function extractEntities(text: string, language: Language): Entity[] {
  const emails = [...writtenEmails(text), ...spokenEmails(text, language)];
  const numbers = extractSpelledRuns(text, language).flatMap((run) => {
    const kind = kindOfRun(run, text, language);
    return kind === undefined ? [] : [entity(kind, run.value, text, run.start, run.end)];
  });
  const found: Entity[] = [];
  // Earlier kinds win where spans overlap: the digits of an e-mail address are no number of their own.
  for (const candidate of [...emails, ...numbers, ...ordinals(text, language)]) {
    if (found.every((other) => candidate.end <= other.start || candidate.start >= other.end))
      found.push(candidate);
  }
  return found.sort((a, b) => a.start - b.start);
}

function entity(kind: string, value: string, text: string, start: number, end: number): Entity {
  return { kind, value, text: text.slice(start, end), start, end };
}

// Numbers.

/** Words that say what number comes; the one that stands nearest before the number counts. */
const cues: Readonly<Record<Language, readonly (readonly [kind: string, word: RegExp])[]>> = {
  en: [
    ['order_number', /\b(?:order|purchase|confirmation)\b/gi],
    ['phone_number', /\b(?:phone|cell|mobile|call me|reach me|telephone)\b/gi],
    ['postal_code', /\b(?:zip|post ?code|postal|area code)\b/gi],
  ],
  zh: [
    ['order_number', /订单|单号|单子|下单/g],
    ['phone_number', /电话|手机|打给我|联系我/g],
    ['postal_code', /邮编|邮政编码/g],
  ],
};

/** How far before a number its word may stand, in UTF-16 units. */
const cueReach = 40;

function cueBefore(text: string, start: number, language: Language): string | undefined {
  const before = text.slice(Math.max(0, start - cueReach), start);
  let nearest: { readonly kind: string; readonly at: number } | undefined;
  for (const [kind, word] of cues[language]) {
    for (const match of before.matchAll(word)) {
      if (nearest === undefined || match.index > nearest.at) nearest = { kind, at: match.index };
    }
  }
  return nearest?.kind;
}

function kindOfRun(run: SpelledRun, text: string, language: Language): string | undefined {
  const { value, start, end } = run;
  if (isAmountOrTime(text, start, end)) return undefined;
  const letters = value.replace(/\d/g, '').length;
  const digits = value.length - letters;
  const cue = cueBefore(text, start, language);
  if (letters > 0) {
    const isOrderNumber = letters <= 3 && digits >= (cue === 'order_number' ? 3 : 5);
    if (isOrderNumber) return 'order_number';
    return cue === 'postal_code' && digits > 0 ? 'postal_code' : undefined;
  }
  if (cue === 'order_number' && digits >= 4) return 'order_number';
  if (cue === 'phone_number' && digits >= 5) return 'phone_number';
  if (cue === 'postal_code' && digits >= 5 && digits <= 6) return 'postal_code';
  const isPhone = language === 'zh' ? /^1[3-9]\d{9}$/ : /^1?[2-9]\d{9}$/;
  if (isPhone.test(value)) return 'phone_number';
  return digits >= 4 ? 'digits' : undefined;
}

const currencyBefore = /[$€£¥]\s*$/;
const unitAfter =
  /^\s*(?:%|\$|€|dollars?\b|bucks\b|euros?\b|cents?\b|percent\b|[ap]\.?m\b|o'?clock\b|days?\b|weeks?\b|元|块|美元|点|天|件|个)/i;
const timeOrDate = /^(?:\d{1,2}:\d{2}|\d+\.\d{2}|\d{1,4}[/]\d{1,2}(?:[/]\d{1,4})?|\d{4}-\d{1,2}-\d{1,2})$/;

function isAmountOrTime(text: string, start: number, end: number): boolean {
  return (
    currencyBefore.test(text.slice(0, start)) ||
    unitAfter.test(text.slice(end)) ||
    timeOrDate.test(text.slice(start, end))
  );
}

// E-mail addresses.

const emailPattern = /[A-Za-z0-9][A-Za-z0-9._%+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}/g;

function writtenEmails(text: string): Entity[] {
  return [...text.matchAll(emailPattern)].map((match) =>
    entity('email', match[0].toLowerCase(), text, match.index, match.index + match[0].length),
  );
}

interface Word {
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

const markWords: ReadonlyMap<string, string> = new Map([
  ['dot', '.'],
  ['point', '.'],
  ['点', '.'],
  ['underscore', '_'],
  ['下划线', '_'],
  ['dash', '-'],
  ['hyphen', '-'],
  ['横杠', '-'],
  ['plus', '+'],
]);
const atWords: ReadonlySet<string> = new Set(['at', '@', '艾特', '小老鼠']);
const emailWord = /下划线|横杠|艾特|小老鼠|点|[@]|[A-Za-z0-9]+(?:[._'’-][A-Za-z0-9]+)*/g;
/** A spoken address ends with one of these, or with a country's two letters after another label. */
const topLevel = /^(?:com|net|org|edu|gov|info|io|co|cn|uk|de|fr|me|us|ca|au|biz|shop)$/;
/** Words that stand before an address, never in it. */
const beforeAddress =
  /^(?:is|its|my|the|email|mail|e|address|to|with|under|it|use|send|and|yes|yeah|okay|ok|um|uh|for|from|account|its|says|said|try|by|on)$/;

/** "j underscore smith at gmail dot com": an "at" with a local part before it and, after it, labels up to a known ending. */
function spokenEmails(text: string, language: Language): Entity[] {
  const words = [...text.matchAll(emailWord)].map((match): Word => ({
    key: match[0].toLowerCase(),
    start: match.index,
    end: match.index + match[0].length,
  }));
  return words.flatMap((word, index) => {
    if (!atWords.has(word.key)) return [];
    const domain = readDomain(words, index + 1);
    const local = readLocal(words, index - 1, text, language);
    return domain && local
      ? [entity('email', `${local.value}@${domain.value}`, text, local.start, domain.end)]
      : [];
  });
}

function readDomain(
  words: readonly Word[],
  from: number,
): { readonly value: string; readonly end: number } | undefined {
  let value = '';
  for (let index = from; index < words.length && index < from + 9; index += 1) {
    const word = words[index];
    if (!word) return undefined;
    value += markWords.get(word.key) ?? word.key;
    const labels = value.split('.');
    const isCountryNext =
      markWords.get(words[index + 1]?.key ?? '') === '.' && topLevel.test(words[index + 2]?.key ?? '');
    if (labels.length >= 2 && labels[0] !== '' && topLevel.test(labels.at(-1) ?? '') && !isCountryNext) {
      return { value, end: word.end };
    }
  }
  return undefined;
}

function readLocal(
  words: readonly Word[],
  from: number,
  text: string,
  language: Language,
): { readonly value: string; readonly start: number } | undefined {
  const last = words[from];
  if (!last) return undefined;
  let first: Word | undefined;
  for (let index = from; index >= 0; index -= 1) {
    const word = words[index];
    if (!word || beforeAddress.test(word.key) || /['’]/.test(word.key)) break;
    // A word of the other script, or the end of a sentence, stands between: the address begins after it.
    const gap = text.slice(word.end, (first ?? last).start);
    if (first && (/[^\s,.、，]/u.test(gap) || (gap.includes('.') && word.key.length > 1))) break;
    first = word;
  }
  if (!first) return undefined;
  const said = withDigits(text.slice(first.start, last.end), language);
  const value = [...said.matchAll(emailWord)]
    .map(([found]) => found.toLowerCase())
    .map((word) => markWords.get(word) ?? word)
    .join('');
  return /^[a-z0-9][a-z0-9._+-]*$/.test(value) ? { value, start: first.start } : undefined;
}

/** A text with its number words in digits: "jones forty two" is "jones 42". */
function withDigits(text: string, language: Language): string {
  let written = '';
  let at = 0;
  for (const token of spelledToCharacters(text, language).tokens) {
    if (!/^\d+$/.test(token.characters)) continue;
    written += text.slice(at, token.start) + token.characters;
    at = token.end;
  }
  return written + text.slice(at);
}

// Ordinals.

const ordinalWords: Readonly<Record<string, string>> = {
  first: '1',
  second: '2',
  third: '3',
  fourth: '4',
  fifth: '5',
  sixth: '6',
  seventh: '7',
  eighth: '8',
  ninth: '9',
  tenth: '10',
  last: 'last',
};
const englishOrdinal =
  /\b(?:(first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth)|(last)(?= (?:one|order|item|two)\b)|(\d{1,2})(?:st|nd|rd|th))\b/gi;
const chineseOrdinal = /第([一二三四五六七八九十两\d]{1,3})|最后一?(?=[个件单条笔])/gu;

function ordinals(text: string, language: Language): Entity[] {
  const pattern = language === 'zh' ? chineseOrdinal : englishOrdinal;
  return [...text.matchAll(pattern)].map((match) => {
    const value =
      language === 'zh'
        ? match[1] === undefined
          ? 'last'
          : spelledToCharacters(match[1], 'zh').text
        : (match[3] ?? ordinalWords[match[0].toLowerCase()] ?? match[0]);
    return entity('ordinal', value, text, match.index, match.index + match[0].length);
  });
}
