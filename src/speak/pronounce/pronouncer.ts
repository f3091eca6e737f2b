import type { SpokenKind } from '../../core/speech.ts';

/** Stands in a sentence for a value that is pronounced by its kind. U+FFFC is the object replacement character. */
export const valueMark = '\uFFFC';

export interface PronounceContext {
  /** What counts as now, for "today" and "tomorrow": milliseconds since 1970-01-01 UTC. */
  readonly nowEpochMs: number;
  /** IANA name of the shop's time zone: decides which day an instant falls on. */
  readonly timeZone: string;
  /** Words of the language's lexicon, replaced before anything else is read. */
  readonly replaceWord: (
    text: string,
    at: number,
  ) => { readonly length: number; readonly spoken: string } | undefined;
}

/** A value in words. */
export interface SpokenValue {
  readonly spoken: string;
  /** A word such as "tomorrow" stands without the preposition that a date needs. */
  readonly relativeDay: boolean;
}

/** One language's way of reading. */
export interface Pronouncer {
  value(kind: SpokenKind, value: string, written: string, context: PronounceContext): SpokenValue;
  /** Reads plain text; every `valueMark` in it stays where it is. */
  text(text: string, context: PronounceContext): string;
  /** Puts spoken values into the read text. */
  join(text: string, values: readonly SpokenValue[]): string;
}

/** A rule of a reader: what it matches at a position, and how that is said; undefined leaves the match to later rules. */
export interface ReadingRule {
  /** Sticky (`y`) and Unicode (`u`). */
  readonly pattern: RegExp;
  /** True: matches only where no letter or digit stands directly before. */
  readonly atWordStart: boolean;
  say(match: RegExpExecArray, before: string, context: PronounceContext): string | undefined;
}

/** Makes a rule from a pattern's source. */
export function readingRule(
  pattern: string,
  say: ReadingRule['say'],
  options: { readonly flags?: 'i'; readonly atWordStart?: boolean } = {},
): ReadingRule {
  return {
    pattern: new RegExp(pattern, `yu${options.flags ?? ''}`),
    atWordStart: options.atWordStart ?? true,
    say,
  };
}

/** Words as an alternation for a regular expression, the longest first. */
export function anyOf(words: Iterable<string>): string {
  return [...words]
    .sort((left, right) => right.length - left.length)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`))
    .join('|');
}

/** Chinese is written without spaces: a Han character before a word or number does not belong to it. */
const wordCharacter = /(?!\p{Script=Han})[\p{N}\p{L}]/u;

/**
 * Reads a text from left to right with the first rule that matches at each position. What a rule has said is not read
 * again, so that rules cannot disturb each other.
 */
export function readWithRules(
  text: string,
  rules: readonly ReadingRule[],
  context: PronounceContext,
): string {
  let spoken = '';
  let at = 0;
  while (at < text.length) {
    const step = readAt(text, at, rules, context);
    spoken += step.spoken;
    at += step.length;
  }
  return spoken;
}

function readAt(
  text: string,
  at: number,
  rules: readonly ReadingRule[],
  context: PronounceContext,
): { length: number; spoken: string } {
  const replaced = context.replaceWord(text, at);
  if (replaced !== undefined) return replaced;
  const before = text.slice(0, at);
  const insideWord = at > 0 && wordCharacter.test(text.charAt(at - 1));
  for (const rule of rules) {
    if (rule.atWordStart && insideWord) continue;
    rule.pattern.lastIndex = at;
    const match = rule.pattern.exec(text);
    if (match === null || match[0] === '') continue;
    const said = rule.say(match, before, context);
    if (said !== undefined) return { length: match[0].length, spoken: said };
  }
  const character = String.fromCodePoint(text.codePointAt(at) ?? 32);
  return { length: character.length, spoken: character };
}
