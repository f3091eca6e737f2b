import type { Language } from '../core/language.ts';
import type { SpeechPart } from '../core/speech.ts';
import { compileLexicon, type Lexicon } from './pronounce/lexicon.ts';
import { english } from './pronounce/en.ts';
import { valueMark, type Pronouncer } from './pronounce/pronouncer.ts';
import { isSpeakable, splitSentences } from './pronounce/sentences.ts';
import { chinese } from './pronounce/zh.ts';

/** A sentence as transcripts show it and as the voice reads it. */
export interface SpokenSentence {
  /** The written sentences of an utterance, joined, are its written text. */
  readonly written: string;
  readonly spoken: string;
  /** Holds no value: the same words come again in other calls, and none of them belongs to a person. */
  readonly fixed: boolean;
}

export interface PronounceOptions {
  /** What counts as now, for "today" and "tomorrow": milliseconds since 1970-01-01 UTC. */
  readonly nowEpochMs: number;
  /** IANA name of the shop's time zone. Default: the machine's. */
  readonly timeZone?: string;
  readonly lexicon?: Lexicon;
}

const pronouncers: Readonly<Record<Language, Pronouncer>> = { en: english, zh: chinese };

/** Compiled lexicons; a lexicon is read once and lives as long as the program. */
const compiled = new WeakMap<Lexicon, ReturnType<typeof compileLexicon>>();
const noLexicon = compileLexicon(undefined);

/**
 * The words that a voice should read for what is written, sentence by sentence: numbers, dates, money, addresses and
 * abbreviations in words, order numbers in groups with a comma between them. Text that cannot be said gives no sentence.
 */
export function pronounce(
  parts: readonly SpeechPart[],
  language: Language,
  options: PronounceOptions,
): SpokenSentence[] {
  const pronouncer = pronouncers[language];
  const context = {
    nowEpochMs: options.nowEpochMs,
    timeZone: options.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    replaceWord: replacer(options.lexicon),
  };
  const values = parts.filter((part) => part.type === 'value');
  const masked = parts
    .map((part) => (part.type === 'value' ? valueMark : part.text.replaceAll(valueMark, ' ')))
    .join('');
  if (!isSpeakable(masked)) return [];
  let used = 0;
  let at = 0;
  return splitSentences(masked, language).map((sentence): SpokenSentence => {
    const inSentence = values.slice(used, (used += sentence.split(valueMark).length - 1));
    const spokenValues = inSentence.map((part) =>
      pronouncer.value(part.kind, part.value, part.text, context),
    );
    return {
      written: writtenBetween(parts, at, (at += sentence.length)),
      spoken: withEnd(tidy(pronouncer.join(pronouncer.text(sentence, context), spokenValues)), sentence),
      fixed: inSentence.length === 0,
    };
  });
}

function replacer(lexicon: Lexicon | undefined): ReturnType<typeof compileLexicon> {
  if (lexicon === undefined) return noLexicon;
  let replace = compiled.get(lexicon);
  if (replace === undefined) {
    replace = compileLexicon(lexicon);
    compiled.set(lexicon, replace);
  }
  return replace;
}

/** The written form of a stretch of the masked text, in which a value is one character. */
function writtenBetween(parts: readonly SpeechPart[], from: number, to: number): string {
  let written = '';
  let at = 0;
  for (const part of parts) {
    const length = part.type === 'value' ? 1 : part.text.length;
    if (part.type === 'text') written += part.text.slice(Math.max(0, from - at), Math.max(0, to - at));
    else if (at >= from && at < to) written += part.text;
    at += length;
  }
  return written;
}

/** The period of an abbreviation at the end of a sentence also ends the sentence, and the voice must fall there. */
function withEnd(spoken: string, sentence: string): string {
  return /\.\s*$/.test(sentence) && !/[.!?。！？]$/.test(spoken) ? `${spoken}.` : spoken;
}

/** One space between words, none before punctuation, no doubled commas. */
function tidy(spoken: string): string {
  return spoken
    .replace(/\s+/g, ' ')
    .replace(/ (?=[,.!?;:，。！？；：])/g, '')
    .replace(/([,;:，；：])(?:\s*[,;:，；：])+/g, '$1')
    .replace(/[,;:，；：]+\s*([.!?。！？])/g, '$1')
    .replace(/^[\s,;:.，；：。]+/, '')
    .trim();
}
