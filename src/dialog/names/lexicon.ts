import { readFileSync } from 'node:fs';
import { coded, costBetween, firstRow, letterCosts, nextRow, soundCosts, type Costs } from './likeness.ts';
import { soundsOf } from './sounds.ts';

/** A name with how common it is: a penalty of 0 for the commonest and about 0.5 for the rarest. */
export interface KnownName {
  readonly name: string;
  readonly rarity: number;
}

/** Up to this place in its list a name counts as common. */
const commonPlaces = 200;
const rarityPerTenfold = 0.25;

/** The reading of a name in other languages counts where it costs more than this to take it for the English one. */
const otherReading = 0.4;

/** The penalty of the name at a place of its list. */
export const rarityAt = (place: number): number =>
  rarityPerTenfold * Math.max(0, Math.log10((place + 1) / commonPlaces));

/**
 * Codes of names in order, so that each is compared only from where it differs from the one before, and whole branches are
 * passed over once their beginning is too unlike what was heard.
 */
export class NameIndex {
  readonly #costs: Costs;
  readonly #names: readonly KnownName[];
  /** The codes one after the other, and where each begins. */
  readonly #signs: Uint8Array;
  readonly #starts: Uint32Array;
  /** How many signs each code shares with the one before it. */
  readonly #shared: Uint8Array;
  readonly #longest: number;

  /** @param entries - names with their codes (texts of the signs of `costs`); a name may have several. */
  constructor(entries: readonly (readonly [KnownName, string])[], costs: Costs) {
    const sorted = [...entries].sort(([, left], [, right]) => (left < right ? -1 : left > right ? 1 : 0));
    this.#costs = costs;
    this.#names = sorted.map(([name]) => name);
    this.#starts = new Uint32Array(sorted.length + 1);
    this.#shared = new Uint8Array(sorted.length);
    const signs: number[] = [];
    let longest = 0;
    let before: Uint8Array = new Uint8Array();
    for (const [index, [, text]] of sorted.entries()) {
      const code = coded(text, costs);
      signs.push(...code);
      this.#starts[index + 1] = signs.length;
      this.#shared[index] = sharedSigns(before, code);
      longest = Math.max(longest, code.length);
      before = code;
    }
    this.#signs = Uint8Array.from(signs);
    this.#longest = longest;
  }

  /**
   * Calls `visit` with every name whose code comes near a beginning of what was heard. `ends[from + j]` is the cost of the name for the
   * first j signs heard. A beginning of so many signs is given up when it costs more than `mostCost`.
   */
  search(
    heard: Uint8Array,
    mostCost: (signs: number) => number,
    visit: (name: KnownName, ends: Float32Array, from: number) => void,
  ): void {
    const width = heard.length + 1;
    const rows = new Float32Array((this.#longest + 1) * width);
    firstRow(rows, heard, this.#costs);
    let known = 0;
    // The depth at which the code before was given up; what shares that much with it is given up too.
    let givenUp = Infinity;
    for (let index = 0; index < this.#names.length; index += 1) {
      const shared = this.#shared[index] ?? 0;
      if (shared >= givenUp) continue;
      givenUp = Infinity;
      known = Math.min(known, shared);
      const start = this.#starts[index] ?? 0;
      const length = (this.#starts[index + 1] ?? 0) - start;
      while (known < length) {
        const sign = this.#signs[start + known] ?? 0;
        const least = nextRow(rows, known * width, (known + 1) * width, sign, heard, this.#costs);
        known += 1;
        if (least > mostCost(known)) {
          givenUp = known;
          break;
        }
      }
      const name = this.#names[index];
      if (givenUp === Infinity && name) visit(name, rows, known * width);
    }
  }
}

function sharedSigns(before: Uint8Array, code: Uint8Array): number {
  let count = 0;
  while (count < code.length && before[count] === code[count]) count += 1;
  return count;
}

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

let loaded: Lexicon | undefined;

/** The names of `models/names`. Reading them takes some hundred milliseconds the first time: have it done before calls are taken. */
export function lexicon(): Lexicon {
  loaded ??= readLexicon();
  return loaded;
}

function readLexicon(): Lexicon {
  const [firsts, lasts] = [listed('first'), listed('last')];
  return {
    firstBySound: new NameIndex(bySound(firsts, false), soundCosts),
    lastBySound: new NameIndex(bySound(lasts, true), soundCosts),
    firstByLetter: new NameIndex(byLetter(firsts), letterCosts),
    lastByLetter: new NameIndex(byLetter(lasts), letterCosts),
    firstPlaces: new Map(firsts.map(({ name }, place) => [name, place])),
    lastPlaces: new Map(lasts.map(({ name }, place) => [name, place])),
  };
}

function listed(which: 'first' | 'last'): KnownName[] {
  const file = new URL(`../../../models/names/${which}.txt`, import.meta.url);
  const names = readFileSync(file, 'utf8').split('\n');
  return names.filter((name) => name !== '').map((name, place) => ({ name, rarity: rarityAt(place) }));
}

function bySound(names: readonly KnownName[], isReversed: boolean): [KnownName, string][] {
  return names.flatMap((known) => {
    const [english, foreign] = [soundsOf(known.name), soundsOf(known.name, 'foreign')];
    // Readings that differ in vowels alone cost each other little, and comparing one is quicker than comparing two.
    const isOther = costBetween(english, foreign, soundCosts) > otherReading;
    return (isOther ? [english, foreign] : [english]).map((sounds): [KnownName, string] => [
      known,
      isReversed ? Array.from(sounds).reverse().join('') : sounds,
    ]);
  });
}

const byLetter = (names: readonly KnownName[]): [KnownName, string][] =>
  names.map((known) => [known, known.name]);
