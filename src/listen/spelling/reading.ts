import type { Language } from '../../core/language.ts';
import type { RatedString, SpelledReading, SpellingQuestion } from '../../core/recognition.ts';
import { buildGraph } from './graph.ts';
import { spellingSymbols, spokenForms, symbolsAsText, type SpokenForm, type SymbolTable } from './symbols.ts';
import {
  bestString,
  freeReading,
  freeScore,
  type BestString,
  type FrameScores,
  type HeardSymbol,
} from './viterbi.ts';

/** Values known to the caller are few; more than this many are not worth rating. */
const maxPlausible = 60;

const formsOf = new Map<Language, readonly SpokenForm[]>();

function forms(language: Language): readonly SpokenForm[] {
  let known = formsOf.get(language);
  if (!known) formsOf.set(language, (known = spokenForms(language)));
  return known;
}

/**
 * What a stretch of speech spells: freely, as the best string of the form that is expected, and each plausible value with its score.
 * Scores are natural logarithms against the free reading, so 0 is as good as it gets.
 */
export function readSpelling(
  frames: FrameScores,
  question: SpellingQuestion,
  table: SymbolTable,
): SpelledReading {
  const allowed = spellingSymbols(table, question.language, question.words ?? false);
  const free = freeScore(frames, table, allowed);
  const heard = freeReading(frames, table, allowed);
  const places = question.places.map((allowed) => new Set(allowed));
  const spoken = forms(question.language);
  const rate = (best: BestString | undefined): RatedString | undefined =>
    best && {
      characters: best.characters,
      begin: best.begin,
      score: best.score - free,
      rivals: best.rivals,
    };
  const begins = [0, ...leadless(question.places), question.collected.length].filter(
    (place) => place < places.length,
  );
  const best =
    places.length === 0
      ? undefined
      : rate(bestString(frames, buildGraph(places, begins, true, spoken, table), table));
  const plausible = question.plausible.slice(0, maxPlausible).flatMap((value) => {
    const exact = Array.from(value, (character) => character);
    const graph = buildGraph(
      exact.map((character) => new Set(character)),
      [0, ...leadless(exact)],
      false,
      spoken,
      table,
    );
    const rated = rate(bestString(frames, graph, table));
    return rated ? [{ value, score: rated.score }] : [];
  });
  return {
    text: textOf(heard, table),
    otherTexts: otherTexts(heard, table),
    best,
    plausible: plausible.sort((left, right) => right.score - left.score),
  };
}

/** People leave out letters in front of a number: the place of the first digit, when only letters come before it. */
function leadless(places: readonly string[]): number[] {
  const first = places.findIndex((allowed) => /\d/.test(allowed));
  return first > 0 ? [first] : [];
}

const textOf = (heard: readonly HeardSymbol[], table: SymbolTable): string =>
  symbolsAsText(heard.map(({ symbol }) => table.symbols[symbol] ?? ''));

/** How many other readings are told, and how many of the nearest rivals are combined for them. */
const otherTextsKept = 12;
const rivalsCombined = 6;

/** The reading with each of its nearest rivals, and with two of them, by what they cost together. */
function otherTexts(heard: readonly HeardSymbol[], table: SymbolTable): string[] {
  const swaps = heard
    .flatMap(({ rivals }, at) => rivals.map(({ symbol, loss }) => ({ at, symbol, loss })))
    .sort((left, right) => left.loss - right.loss);
  const near = swaps.slice(0, rivalsCombined);
  const pairs = near.flatMap((one, index) =>
    near.slice(index + 1).flatMap((two) => (two.at === one.at ? [] : [[one, two]])),
  );
  const text = textOf(heard, table);
  const others = [...swaps.slice(0, otherTextsKept).map((swap) => [swap]), ...pairs]
    .sort((left, right) => costOf(left) - costOf(right))
    .map((changed) =>
      textOf(
        heard.map((one, at) => ({
          ...one,
          symbol: changed.find((swap) => swap.at === at)?.symbol ?? one.symbol,
        })),
        table,
      ),
    );
  return [...new Set(others)].filter((other) => other !== text).slice(0, otherTextsKept);
}

const costOf = (swaps: readonly { readonly loss: number }[]): number =>
  swaps.reduce((sum, { loss }) => sum + loss, 0);
