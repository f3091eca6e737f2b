import { coded, firstRow, nextRow, type Costs } from './likeness.ts';

/** A name with how common it is: a penalty of 0 for the commonest and about 0.5 for the rarest. */
export interface KnownName {
  readonly name: string;
  readonly rarity: number;
}

/** What an index keeps of its names, which takes long to compute and is the same at every start. */
export interface IndexParts {
  /** Places of the names in their list, in the order of their codes. A name with several codes stands there several times. */
  readonly places: Uint16Array;
  /** The codes one after the other, and how many signs each has. */
  readonly signs: Uint8Array;
  readonly lengths: Uint8Array;
  /** How many signs each code shares with the one before it. */
  readonly shared: Uint8Array;
}

/** @param entries - places of names with their codes: texts of the signs of `costs`. */
export function indexParts(entries: readonly (readonly [number, string])[], costs: Costs): IndexParts {
  const sorted = [...entries].sort(([, left], [, right]) => (left < right ? -1 : left > right ? 1 : 0));
  const codes = sorted.map(([, text]) => coded(text, costs));
  return {
    places: Uint16Array.from(sorted, ([place]) => place),
    signs: Uint8Array.from(codes.flatMap((code) => Array.from(code))),
    lengths: Uint8Array.from(codes, (code) => code.length),
    shared: Uint8Array.from(codes, (code, index) => sharedSigns(codes[index - 1] ?? new Uint8Array(), code)),
  };
}

function sharedSigns(before: Uint8Array, code: Uint8Array): number {
  let count = 0;
  while (count < code.length && before[count] === code[count]) count += 1;
  return count;
}

/**
 * Codes of names in order, so that each is compared only from where it differs from the one before, and whole branches are
 * passed over once their beginning is too unlike what was heard.
 */
export class NameIndex {
  readonly #costs: Costs;
  readonly #names: readonly KnownName[];
  readonly #parts: IndexParts;
  readonly #longest: number;

  /** @param names - the list that the places in `parts` mean. */
  constructor(parts: IndexParts, names: readonly KnownName[], costs: Costs) {
    this.#parts = parts;
    this.#names = names;
    this.#costs = costs;
    this.#longest = parts.lengths.reduce((longest, length) => Math.max(longest, length), 0);
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
    const { places, signs, lengths, shared: sharedWithLast } = this.#parts;
    let start = 0;
    let length = 0;
    for (let index = 0; index < places.length; index += 1) {
      start += length;
      length = lengths[index] ?? 0;
      const shared = sharedWithLast[index] ?? 0;
      if (shared >= givenUp) continue;
      givenUp = Infinity;
      known = Math.min(known, shared);
      while (known < length) {
        const sign = signs[start + known] ?? 0;
        const least = nextRow(rows, known * width, (known + 1) * width, sign, heard, this.#costs);
        known += 1;
        if (least > mostCost(known)) {
          givenUp = known;
          break;
        }
      }
      const name = this.#names[places[index] ?? 0];
      if (givenUp === Infinity && name) visit(name, rows, known * width);
    }
  }
}
