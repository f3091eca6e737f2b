import type { Language } from './language.ts';
import { readPieces, type Piece } from './spelling-reader.ts';
import { englishLeadWords } from './spelling-words.ts';

/** A word, or several, that stand for letters and digits. */
export interface SpelledToken {
  /** Letters in upper case and digits: `W`, `22` for "double two", `378` for "three hundred and seventy-eight". */
  readonly characters: string;
  /** The words it was read from, and their UTF-16 offsets in the text. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** What a text spells, read as the answer to "please spell it". */
export interface Spelled {
  readonly text: string;
  readonly tokens: readonly SpelledToken[];
}

/** An unbroken row of spelled characters inside a text. */
export interface SpelledRun {
  readonly value: string;
  readonly start: number;
  readonly end: number;
  readonly tokens: readonly SpelledToken[];
}

/**
 * The letters and digits that `text` spells; words that spell nothing are left out.
 *
 * Understands digits and letters as written ("W2378156", "W-2-3"), number words ("twenty three seventy eight"),
 * "double" and "triple", letter names ("double you"), "W as in whiskey", the NATO alphabet, 幺 and 两, "三个零", and
 * homophones ("for" for 4) where the words around them are spelled.
 */
export function spelledToCharacters(text: string, language: Language): Spelled {
  const pieces = readPieces(text, language);
  const tokens = runsOf(pieces, text, language)
    .flat()
    .map((piece) => toToken(piece, text));
  return { text: tokens.map((token) => token.characters).join(''), tokens };
}

/**
 * The rows of spelled characters in a sentence, in order, such as the order number in "where is order W 2 3, 7 8".
 *
 * @param minLength - shorter values are left out; 2 by default, because a lone "one" or "W" is mostly a plain word.
 */
export function extractSpelledRuns(
  text: string,
  language: Language,
  options: { readonly minLength?: number } = {},
): SpelledRun[] {
  const minLength = options.minLength ?? 2;
  return runsOf(readPieces(text, language), text, language)
    .map((run): SpelledRun => {
      const tokens = run.map((piece) => toToken(piece, text));
      return {
        value: tokens.map((token) => token.characters).join(''),
        start: tokens[0]?.start ?? 0,
        end: tokens.at(-1)?.end ?? 0,
        tokens,
      };
    })
    .filter((run) => run.value.length >= minLength);
}

function toToken(piece: Piece, text: string): SpelledToken {
  const { characters, start, end } = piece;
  return { characters, text: text.slice(start, end), start, end };
}

// Runs: which pieces count.

/**
 * Groups pieces into runs and decides about weak ones: inside a run they count; at its start only where a spelled answer
 * may begin, at its end only where the sentence pauses.
 */
function runsOf(pieces: readonly Piece[], text: string, language: Language): Piece[][] {
  const runs: Piece[][] = [];
  let current: Piece[] = [];
  let lastOther: Piece | undefined;
  let leadOfCurrent: Piece | undefined;
  const flush = (next: Piece | undefined) => {
    const accepted = trimWeak(current, text, language, leadOfCurrent, next);
    if (accepted.length > 0) runs.push(accepted);
    current = [];
  };
  for (const piece of pieces) {
    if (piece.kind === 'characters') {
      if (current.length === 0) leadOfCurrent = lastOther;
      current.push(piece);
    } else if (piece.kind === 'other') {
      flush(piece);
      lastOther = piece;
    }
  }
  flush(undefined);
  return runs;
}

function trimWeak(
  run: readonly Piece[],
  text: string,
  language: Language,
  before: Piece | undefined,
  after: Piece | undefined,
): Piece[] {
  const firstStrong = run.findIndex((piece) => !piece.weak);
  if (firstStrong < 0) {
    // The whole answer is homophones: digits are believed ("to", "for oh two"), letters ("I see") are not.
    const isWholeText = before === undefined && after === undefined;
    const areDigits =
      language === 'en' &&
      run.every((piece) => /^\d$/.test(piece.characters) && !isInterjection(piece, text, run));
    return isWholeText && areDigits ? [...run] : [];
  }
  const lastStrong = run.findLastIndex((piece) => !piece.weak);
  const strongNeighbours = language === 'zh';
  const start = mayBeginWeak(run, firstStrong, text, before) ? 0 : firstStrong;
  const end = mayEndWeak(run, lastStrong, text, after) ? run.length : lastStrong + 1;
  const kept = run.slice(strongNeighbours ? firstStrong : start, strongNeighbours ? lastStrong + 1 : end);
  return kept;
}

/** "Oh" alone is surprise, no zero. */
function isInterjection(piece: Piece, text: string, run: readonly Piece[]): boolean {
  return run.length === 1 && /^o/i.test(text.slice(piece.start, piece.end));
}

function mayBeginWeak(
  run: readonly Piece[],
  firstStrong: number,
  text: string,
  before: Piece | undefined,
): boolean {
  if (firstStrong === 0) return true;
  if (firstStrong > 2) return false;
  const weak = run.slice(0, firstStrong);
  const following = run[firstStrong];
  if (!following) return false;
  for (const [position, piece] of weak.entries()) {
    const word = text.slice(piece.start, piece.end);
    const gap = text.slice(piece.end, (run[position + 1] ?? following).start);
    // "Oh, W 2": surprise. "a W": an article. "I, ..." and "you: ..." speak of people.
    if (/^o/i.test(word) && (/[,.!]/.test(gap) || /^[A-Z]/.test(following.characters))) return false;
    if (word === 'a') return false;
    if (/^(?:i|you|why|see|are|be|to|too|for)$/i.test(word) && /^[A-Z]/.test(following.characters)) {
      return /^[A-Z]$/.test(piece.characters) && word === word.toUpperCase();
    }
  }
  if (before === undefined) return true;
  return englishLeadWords.has(text.slice(before.start, before.end).toLowerCase().replace('’', "'"));
}

function mayEndWeak(
  run: readonly Piece[],
  lastStrong: number,
  text: string,
  after: Piece | undefined,
): boolean {
  if (lastStrong === run.length - 1) return true;
  const last = run.at(-1);
  if (!last) return false;
  if (after === undefined) return true;
  return /[.,;!?]/.test(text.slice(last.end, after.start));
}
