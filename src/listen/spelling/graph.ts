import type { SpokenForm, SymbolTable } from './symbols.ts';

/**
 * Every way of saying the strings that a question allows, as a graph: nodes are places between characters, arcs are one symbol
 * each, and an arc that begins a spoken form tells which characters the form stands for.
 */
export interface SpellingGraph {
  readonly nodes: number;
  readonly arcs: readonly Arc[];
  /** Nodes where the string may begin and end. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

export interface Arc {
  readonly from: number;
  readonly to: number;
  readonly symbol: number;
  /** Characters that are said by the form which this arc begins, and their place; empty on arcs that go on with a form. */
  readonly characters: string;
  readonly place: number;
}

/**
 * @param places - the characters allowed at each place of a whole string.
 * @param begins - places where the caller may begin: 0, and where the value given so far ends.
 * @param mayStop - whether the string may end before its last place (a chunk).
 */
export function buildGraph(
  places: readonly ReadonlySet<string>[],
  begins: readonly number[],
  mayStop: boolean,
  forms: readonly SpokenForm[],
  table: SymbolTable,
): SpellingGraph {
  const arcs: Arc[] = [];
  let nodes = places.length + 1;
  for (let place = 0; place < places.length; place += 1) {
    // Forms that begin alike share their first arcs: "W", "W as in whiskey".
    const inner = new Map<string, number>();
    for (const { characters, symbols } of forms) {
      if (place + characters.length > places.length) continue;
      if (!Array.from(characters).every((character, offset) => places[place + offset]?.has(character)))
        continue;
      if (!symbols.every((symbol) => table.has(symbol))) continue;
      let from = place;
      let path = characters;
      for (const [index, symbol] of symbols.entries()) {
        path += ` ${symbol}`;
        const isLast = index === symbols.length - 1;
        const shared = inner.get(path);
        if (!isLast && shared !== undefined) {
          from = shared;
          continue;
        }
        const to = isLast ? place + characters.length : nodes++;
        if (!isLast) inner.set(path, to);
        arcs.push({
          from,
          to,
          symbol: table.number(symbol),
          characters: index === 0 ? characters : '',
          place,
        });
        from = to;
      }
    }
  }
  const ends = mayStop ? Array.from({ length: places.length }, (_, index) => index + 1) : [places.length];
  return { nodes, arcs, starts: [...new Set(begins)], ends };
}
