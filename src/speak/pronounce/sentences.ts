import type { Language } from '../../core/language.ts';
import { valueMark } from './pronouncer.ts';

/** Abbreviations that a name, number or further word follows: their period ends no sentence. */
const neverLast = new Set([
  'mr',
  'mrs',
  'ms',
  'dr',
  'prof',
  'vs',
  'e.g',
  'i.e',
  'approx',
  'incl',
  'fig',
  'no',
  'ext',
  'tel',
  'qty',
]);

/** Abbreviations that may stand last: their period ends the sentence only where the next word begins one. */
const maybeLast = new Set([
  'st', 'ave', 'rd', 'blvd', 'apt', 'ste', 'jr', 'sr', 'inc', 'ltd', 'corp', 'co', 'dept', 'etc', 'est', 'a.m', 'p.m',
  'u.s', 'u.k', 'max', 'min', 'hrs', 'mins', 'mon', 'tue', 'tues', 'wed', 'thu', 'thur', 'thurs', 'fri', 'sat', 'sun',
  'jan', 'feb', 'mar', 'apr', 'jun', 'jul', 'aug', 'sep', 'sept', 'oct', 'nov', 'dec', 'lb', 'lbs', 'oz', 'ft', 'in',
]); // prettier-ignore

/** Words that begin a new sentence after an abbreviation, where a name could follow it as well. */
const sentenceStarters =
  /^(?:The|A|An|It|Its|I|We|You|Your|Our|He|She|They|This|That|There|Please|If|When|Is|Are|Do|Does|Would|Can|Could|What|Which|How|To|For|Thank|Thanks|Just|One|No|Yes|And|But|So)\b/;

const closers = `"'”’)\\]」』】》）`;

/**
 * Splits a text, in which `valueMark` stands for values, into sentences. Nothing is lost: the sentences joined are the text.
 * A period inside a number, address or abbreviation ends nothing.
 */
export function splitSentences(text: string, language: Language): string[] {
  const sentences: string[] = [];
  let start = 0;
  const boundary = new RegExp(`(?:[.!?…]+|[。！？；]+|\\n+)[${closers}]*(\\s*)`, 'gu');
  for (const match of text.matchAll(boundary)) {
    const end = match.index + match[0].length;
    const mark = match[0].charAt(0);
    const gap = match[1] ?? '';
    const next = text.slice(end);
    if (next === '') break;
    const ends =
      /[。！？；\n]/.test(mark) || (language === 'zh' && /[!?…]/.test(mark))
        ? true
        : gap !== '' || /^\p{Script=Han}/u.test(next)
          ? endsSentence(text.slice(start, match.index), match[0].trim(), next)
          : false;
    if (ends) {
      sentences.push(text.slice(start, end));
      start = end;
    }
  }
  if (start < text.length) sentences.push(text.slice(start));
  return mergeUnspeakable(sentences);
}

function endsSentence(before: string, mark: string, next: string): boolean {
  if (mark.startsWith('…') || mark.startsWith('..')) return /^[\p{Lu}\p{Script=Han}"“‘(]/u.test(next);
  if (!mark.startsWith('.')) return true;
  const word = /(?:^|[\s(])([\p{L}.]+)$/u.exec(before)?.[1] ?? '';
  const key = word.toLowerCase();
  if (key === 'no') return !/^[\d#]/.test(next) && !next.startsWith(valueMark);
  if (key === 'st' || key === 'dr') return sentenceStarters.test(next) && before.trim().includes(' ');
  if (neverLast.has(key)) return false;
  if (maybeLast.has(key)) {
    return key.includes('.') || isMonthOrDay(key) ? sentenceStarters.test(next) : /^\p{Lu}/u.test(next);
  }
  // An initial: "J. Smith". "I" is a word, and so is a letter that was spelled out after another.
  if (/^\p{Lu}$/u.test(word) && word !== 'I' && /^\p{Lu}/u.test(next) && !/\b\p{Lu}\s\p{Lu}$/u.test(before)) {
    return sentenceStarters.test(next);
  }
  return !/^\p{Ll}/u.test(next);
}

function isMonthOrDay(key: string): boolean {
  return /^(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)$/.test(
    key,
  );
}

/** A piece without a letter, digit or value cannot be said: it stays with the sentence before it. */
function mergeUnspeakable(sentences: readonly string[]): string[] {
  const merged: string[] = [];
  for (const sentence of sentences) {
    const last = merged.length - 1;
    if (last >= 0 && (!isSpeakable(sentence) || !isSpeakable(merged[last] ?? '')))
      merged[last] = (merged[last] ?? '') + sentence;
    else merged.push(sentence);
  }
  return merged;
}

/** True when a text holds something that can be said. */
export function isSpeakable(text: string): boolean {
  return text.includes(valueMark) || /[\p{L}\p{N}]/u.test(text);
}
