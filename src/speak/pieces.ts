import type { Language } from '../core/language.ts';

/** What is rendered in one go, and the silence that follows it before the next piece of its sentence. */
export interface Piece {
  readonly text: string;
  readonly pauseMs: number;
}

/** How a sentence is cut. Lengths count words in English, characters in Chinese. */
export interface PieceLimits {
  /** The first piece is cut at the first pause of the sentence after `minFirst`, so that sound comes early. */
  readonly minFirst: number;
  /** A first piece longer than this is cut before a conjunction. */
  readonly maxFirst: number;
  /** Later clauses are joined up to this length: longer pieces sound more of one breath. */
  readonly maxNext: number;
}

/** For speech that somebody waits for. */
export const livePieces: Readonly<Record<Language, PieceLimits>> = {
  en: { minFirst: 3, maxFirst: 10, maxNext: 16 },
  zh: { minFirst: 4, maxFirst: 16, maxNext: 28 },
};

/** For prompts that are rendered ahead: in longer pieces, but none so long that a waiting caller would notice it in between. */
export const aheadPieces: Readonly<Record<Language, PieceLimits>> = {
  en: { minFirst: 12, maxFirst: 24, maxNext: 22 },
  zh: { minFirst: 20, maxFirst: 40, maxNext: 36 },
};

/** Silence after a clause, and between the groups of a number, which people write down. */
const clausePauseMs = 130;
const strongClausePauseMs = 200;
const groupPauseMs = 220;

/**
 * Cuts a spoken sentence into pieces that are rendered one after the other. Groups of a number are always pieces of their
 * own: voice models hurry over a comma between digits, and the pause is what lets a listener keep up.
 */
export function cutIntoPieces(spoken: string, language: Language, limits: PieceLimits): Piece[] {
  const pieces: Piece[] = [];
  let current = '';
  let currentBreak: Break | undefined;
  const flush = (): void => {
    if (current !== '' && currentBreak !== undefined) {
      // With a period the voice speaks a group to its end; with a comma it swallows the t of "eight".
      const text = currentBreak.isGroup ? current.replace(/,$/, '.') : current;
      pieces.push({ text, pauseMs: currentBreak.pauseMs });
    }
    current = '';
    currentBreak = undefined;
  };
  for (const clause of clausesOf(spoken, language)) {
    const limit = pieces.length === 0 ? limits.minFirst : limits.maxNext;
    const joined = current === '' ? clause.text : `${current}${language === 'en' ? ' ' : ''}${clause.text}`;
    // A started piece is complete when it is long enough, or when the next clause would make it too long.
    const complete =
      current !== '' &&
      (currentBreak?.isGroup === true ||
        (pieces.length === 0 ? lengthOf(current, language) >= limit : lengthOf(joined, language) > limit));
    if (complete) {
      flush();
      current = clause.text;
    } else {
      current = joined;
    }
    currentBreak = clause.break;
  }
  flush();
  return softCut(pieces, language, limits);
}

interface Break {
  readonly pauseMs: number;
  /** Between two groups of a number. */
  readonly isGroup: boolean;
}

interface Clause {
  readonly text: string;
  readonly break: Break;
}

const englishCharacter = String.raw`(?:zero|one|two|three|four|five|six|seven|eight|nine|eh|[B-Z])`;
const groupBefore: Readonly<Record<Language, RegExp>> = {
  en: new RegExp(String.raw`(?:^|\s)${englishCharacter}\s${englishCharacter},$`),
  zh: /[零幺二三四五六七八九A-Z] ?[零幺二三四五六七八九A-Z] ?，$/,
};
const groupAfter: Readonly<Record<Language, RegExp>> = {
  en: new RegExp(String.raw`^${englishCharacter}\s${englishCharacter}(?=[\s,.!?]|$)`),
  zh: /^[零幺二三四五六七八九A-Z] ?[零幺二三四五六七八九A-Z]/,
};

function clausesOf(spoken: string, language: Language): Clause[] {
  const pattern =
    language === 'en' ? /[^,;:]*(?:[,;:]+(?=\s|$)|[,;:]+|$)/g : /[^，、；：,;:]*(?:[，、；：,;:]+|$)/g;
  const texts: string[] = [];
  for (const [found] of spoken.matchAll(pattern)) {
    const text = found.trim();
    if (text === '') continue;
    const last = texts.length - 1;
    // A comma inside a word or number ("1,000") is no boundary.
    if (language === 'en' && last >= 0 && !/\s$|^\s/.test(found) && !/[,;:]$/.test(texts[last] ?? '')) {
      texts[last] = `${texts[last] ?? ''}${found}`;
    } else texts.push(text);
  }
  return texts.map((text, index) => {
    const next = texts[index + 1];
    if (next === undefined) return { text, break: { pauseMs: 0, isGroup: false } };
    const isGroup = groupBefore[language].test(text) && groupAfter[language].test(next);
    const strong = /[;:；：]$/.test(text);
    return {
      text,
      break: { pauseMs: isGroup ? groupPauseMs : strong ? strongClausePauseMs : clausePauseMs, isGroup },
    };
  });
}

/** English conjunctions before which a speaker may take a breath. */
const breathBefore = / (?=(?:and|but|so|because|or|which|while|when|until|unless|although|though|if|that) )/g;

const softPauseMs = 60;
/** Words on each side of a soft cut: a voice says fewer without melody. */
const shortestHalf = 4;

/** Cuts a first piece without any pause before a conjunction, where both sides are long enough to be spoken well. */
function softCut(pieces: Piece[], language: Language, limits: PieceLimits): Piece[] {
  const first = pieces[0];
  if (language !== 'en' || first === undefined || lengthOf(first.text, language) <= limits.maxFirst)
    return pieces;
  const places = [...first.text.matchAll(breathBefore)]
    .map((match) => match.index)
    .filter(
      (at) =>
        lengthOf(first.text.slice(0, at), language) >= shortestHalf &&
        lengthOf(first.text.slice(at), language) >= shortestHalf,
    );
  // The last place within the limit, else the earliest beyond it.
  const place =
    places.findLast((at) => lengthOf(first.text.slice(0, at), language) <= limits.maxFirst) ?? places[0];
  if (place === undefined) return pieces;
  // The comma keeps the voice up: the sentence goes on.
  return [
    { text: `${first.text.slice(0, place)},`, pauseMs: softPauseMs },
    { text: first.text.slice(place + 1), pauseMs: first.pauseMs },
    ...pieces.slice(1),
  ];
}

function lengthOf(text: string, language: Language): number {
  if (language === 'en') return text.split(/\s+/).filter((word) => word !== '').length;
  return text.replace(/[^\p{Script=Han}A-Za-z]/gu, '').length;
}
