import { readFileSync } from 'node:fs';
import { decodeIndices, type Indices } from './index-file.ts';
import { costBetween, letterCosts, soundCosts } from './likeness.ts';
import { indexParts, NameIndex, type KnownName } from './name-index.ts';
import { soundsOf } from './sounds.ts';

/** Up to this place in its list a name counts as common. */
const commonPlaces = 200;
const rarityPerTenfold = 0.25;

/** The reading of a name in other languages counts where it costs more than this to take it for the English one. */
const otherReading = 0.4;

/** The penalty of the name at a place of its list. */
export const rarityAt = (place: number): number =>
  rarityPerTenfold * Math.max(0, Math.log10((place + 1) / commonPlaces));

/** All names that callers may have: by sound from the front (first names) or from the back (last names), and by letter. */
export interface Lexicon {
  readonly firstBySound: NameIndex;
  readonly lastBySound: NameIndex;
  readonly firstByLetter: NameIndex;
  readonly lastByLetter: NameIndex;
  /** Places of the names in their lists. */
  readonly firstPlaces: ReadonlyMap<string, number>;
  readonly lastPlaces: ReadonlyMap<string, number>;
}

/** Made by `npm run names:index`. */
export const indexFile = new URL('../../../models/names/index.bin', import.meta.url);

let loaded: Lexicon | undefined;

/** The names of `models/names`. Reading them takes some ten milliseconds the first time: have it done before calls are taken. */
export function lexicon(): Lexicon {
  loaded ??= readLexicon();
  return loaded;
}

function readLexicon(): Lexicon {
  const [firsts, lasts] = [listed('first'), listed('last')];
  const known = (names: readonly string[]): KnownName[] =>
    names.map((name, place) => ({ name, rarity: rarityAt(place) }));
  const [first, last] = [known(firsts), known(lasts)];
  const indices = decodeIndices(readFileSync(indexFile), firsts, lasts);
  return {
    firstBySound: new NameIndex(indices.firstBySound, first, soundCosts),
    lastBySound: new NameIndex(indices.lastBySound, last, soundCosts),
    firstByLetter: new NameIndex(indices.firstByLetter, first, letterCosts),
    lastByLetter: new NameIndex(indices.lastByLetter, last, letterCosts),
    firstPlaces: new Map(firsts.map((name, place) => [name, place])),
    lastPlaces: new Map(lasts.map((name, place) => [name, place])),
  };
}

/** The names of a list, the commonest first. */
export function listed(which: 'first' | 'last'): string[] {
  const file = new URL(`../../../models/names/${which}.txt`, import.meta.url);
  const names = readFileSync(file, 'utf8').split('\n');
  return names.filter((name) => name !== '');
}

/** What `index.bin` holds, computed anew. Takes a second or two. */
export function computeIndices(firsts: readonly string[], lasts: readonly string[]): Indices {
  return {
    firstBySound: indexParts(bySound(firsts, false), soundCosts),
    lastBySound: indexParts(bySound(lasts, true), soundCosts),
    firstByLetter: indexParts(byLetter(firsts), letterCosts),
    lastByLetter: indexParts(byLetter(lasts), letterCosts),
  };
}

function bySound(names: readonly string[], isReversed: boolean): [number, string][] {
  return names.flatMap((name, place) => {
    const [english, foreign] = [soundsOf(name), soundsOf(name, 'foreign')];
    // Readings that differ in vowels alone cost each other little, and comparing one is quicker than comparing two.
    const isOther = costBetween(english, foreign, soundCosts) > otherReading;
    return (isOther ? [english, foreign] : [english]).map((sounds): [number, string] => [
      place,
      isReversed ? Array.from(sounds).reverse().join('') : sounds,
    ]);
  });
}

const byLetter = (names: readonly string[]): [number, string][] => names.map((name, place) => [place, name]);
