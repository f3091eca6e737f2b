import type { SpellingGraph } from './graph.ts';
import type { SymbolTable } from './symbols.ts';

/** What the network says about each step of 24 ms: natural logarithms of probabilities, `steps` rows of `width` symbols, the blank last. */
export interface FrameScores {
  readonly logProbs: Float32Array;
  readonly steps: number;
  readonly width: number;
}

/** The best string of a graph for some frames. */
export interface BestString {
  readonly characters: string;
  /** Places of the first character and behind the last. */
  readonly begin: number;
  readonly end: number;
  /** Logarithm of the probability of the best way to say it, over all frames. */
  readonly score: number;
  /** For each character, the best others in its place, best first, and how much the score falls with them. */
  readonly rivals: readonly (readonly Rival[])[];
}

export interface Rival {
  readonly character: string;
  /** At least 0. */
  readonly loss: number;
}

/** What it costs to take sound for words that are not part of the string, each time it happens. */
const otherPenalty = 1.5;
/** A sound counts as another word when that is at most this much less likely than the likeliest symbol. */
const otherMargin = 4;
const rivalsKept = 3;
/** What a string that reaches its last place is preferred by. */
const wholeBonus = 0.5;
const never = -1e30;

/**
 * Viterbi search with the topology of connectionist temporal classification (Graves et al. 2006): between two symbols a blank may
 * stand, between two equal ones it must. Forward and backward passes give, for every character, the best score of any path with
 * another one in its place.
 *
 * Undefined when no way through the graph has as many steps as the frames.
 */
export function bestString(
  frames: FrameScores,
  graph: SpellingGraph,
  table: SymbolTable,
): BestString | undefined {
  const search = new Search(frames, graph, table);
  return search.run();
}

/** States are numbered: a blank for each node, other words for each node, then one for each arc. */
class Search {
  readonly #frames: FrameScores;
  readonly #graph: SpellingGraph;
  readonly #states: number;
  readonly #arcState: number;
  readonly #from: Int32Array;
  readonly #to: Int32Array;
  readonly #symbol: Int32Array;
  readonly #blank: number;
  /** Score of other words, step by step. */
  readonly #others: Float32Array;

  constructor(frames: FrameScores, graph: SpellingGraph, table: SymbolTable) {
    this.#frames = frames;
    this.#graph = graph;
    this.#blank = table.blank;
    this.#arcState = 2 * graph.nodes;
    this.#states = this.#arcState + graph.arcs.length;
    this.#from = Int32Array.from(graph.arcs, ({ from }) => from);
    this.#to = Int32Array.from(graph.arcs, ({ to }) => to);
    this.#symbol = Int32Array.from(graph.arcs, ({ symbol }) => symbol);
    this.#others = otherScores(frames, table);
  }

  run(): BestString | undefined {
    const { steps } = this.#frames;
    if (steps === 0) return undefined;
    const { scores, origins } = this.#forward();
    const last = (steps - 1) * this.#states;
    let best = -1;
    let bestRank = never;
    for (let state = 0; state < this.#states; state += 1) {
      if (!this.#isFinal(state)) continue;
      // Where a chunk could stand in several places, the one that completes the string is meant.
      const isWhole = this.#nodeAfter(state) === this.#graph.ends.at(-1);
      const rank = (scores[last + state] ?? never) + (isWhole ? wholeBonus : 0);
      if (best < 0 || rank > bestRank) [best, bestRank] = [state, rank];
    }
    const score = scores[last + best] ?? never;
    if (best < 0 || score <= never / 2) return undefined;
    const forms = this.#trace(origins, best);
    const characters = forms.map(({ characters }) => characters).join('');
    const begin = forms[0]?.place ?? 0;
    const through = this.#throughScores(scores);
    const rivals = Array.from(characters, (character, index) =>
      rivalsOf(through.get(begin + index), character, score),
    );
    return { characters, begin, end: begin + characters.length, score, rivals };
  }

  #isFinal(state: number): boolean {
    return this.#graph.ends.includes(this.#nodeAfter(state));
  }

  /** The node a state stands at: where its arc leads, or its own. */
  #nodeAfter(state: number): number {
    if (state >= this.#arcState) return this.#to[state - this.#arcState] ?? 0;
    return state % this.#graph.nodes;
  }

  #isPlace(node: number): boolean {
    // Inner nodes come after the places, and other words do not stand inside a form.
    return node <= (this.#graph.ends.at(-1) ?? 0);
  }

  #forward(): { scores: Float32Array; origins: Int32Array } {
    const { logProbs, steps, width } = this.#frames;
    const { nodes, arcs, starts } = this.#graph;
    const states = this.#states;
    const scores = new Float32Array(steps * states).fill(never);
    const origins = new Int32Array(steps * states).fill(-1);
    for (const node of starts) {
      scores[node] = logProbs[this.#blank] ?? never;
      scores[nodes + node] = (this.#others[0] ?? never) - otherPenalty;
    }
    for (let arc = 0; arc < arcs.length; arc += 1) {
      if (starts.includes(this.#from[arc] ?? -1)) {
        scores[this.#arcState + arc] = logProbs[this.#symbol[arc] ?? 0] ?? never;
      }
    }
    const arrivals = new Arrivals(nodes);
    for (let step = 1; step < steps; step += 1) {
      const before = (step - 1) * states;
      const now = step * states;
      const row = step * width;
      arrivals.clear();
      for (let arc = 0; arc < arcs.length; arc += 1) {
        const state = this.#arcState + arc;
        arrivals.offer(this.#to[arc] ?? 0, scores[before + state] ?? never, state, this.#symbol[arc] ?? 0);
      }
      for (let node = 0; node < nodes; node += 1) {
        if (this.#isPlace(node)) {
          arrivals.offer(node, scores[before + nodes + node] ?? never, nodes + node, -1);
        }
        const stay = scores[before + node] ?? never;
        const arrive = arrivals.best(node, -2);
        const isStay = stay >= arrive.score;
        scores[now + node] = (isStay ? stay : arrive.score) + (logProbs[row + this.#blank] ?? never);
        origins[now + node] = isStay ? node : arrive.state;
        if (!this.#isPlace(node)) continue;
        const other = nodes + node;
        const here = scores[before + other] ?? never;
        const enter = Math.max(stay, arrivals.best(node, -1).score) - otherPenalty;
        const isHere = here >= enter;
        scores[now + other] = (isHere ? here : enter) + (this.#others[step] ?? never);
        origins[now + other] = isHere
          ? other
          : stay >= arrivals.best(node, -1).score
            ? node
            : arrivals.best(node, -1).state;
      }
      for (let arc = 0; arc < arcs.length; arc += 1) {
        const state = this.#arcState + arc;
        const from = this.#from[arc] ?? 0;
        const symbol = this.#symbol[arc] ?? 0;
        let top = scores[before + state] ?? never;
        let origin = state;
        const blank = scores[before + from] ?? never;
        if (blank > top) [top, origin] = [blank, from];
        const arrive = arrivals.best(from, symbol);
        if (arrive.score > top) [top, origin] = [arrive.score, arrive.state];
        scores[now + state] = top + (logProbs[row + symbol] ?? never);
        origins[now + state] = origin;
      }
    }
    return { scores, origins };
  }

  /** The forms said on the best path, in order. */
  #trace(origins: Int32Array, end: number): { characters: string; place: number }[] {
    const forms: { characters: string; place: number }[] = [];
    let state = end;
    for (let step = this.#frames.steps - 1; step >= 0 && state >= 0; step -= 1) {
      const origin = step === 0 ? -1 : (origins[step * this.#states + state] ?? -1);
      if (origin !== state && state >= this.#arcState) {
        const arc = this.#graph.arcs[state - this.#arcState];
        if (arc && arc.characters !== '') forms.unshift({ characters: arc.characters, place: arc.place });
      }
      state = origin;
    }
    return forms;
  }

  /** For each place and character, the best score of all paths with that character there. */
  #throughScores(forward: Float32Array): Map<number, Map<string, number>> {
    const { logProbs, steps, width } = this.#frames;
    const { nodes, arcs } = this.#graph;
    const states = this.#states;
    let after = new Float32Array(states).fill(never);
    let next = new Float32Array(states).fill(never);
    for (let state = 0; state < states; state += 1) if (this.#isFinal(state)) after[state] = 0;
    const best = new Float32Array(arcs.length).fill(never);
    const note = (step: number, suffix: Float32Array) => {
      for (let arc = 0; arc < arcs.length; arc += 1) {
        const state = this.#arcState + arc;
        const whole = (forward[step * states + state] ?? never) + (suffix[state] ?? never);
        if (whole > (best[arc] ?? never)) best[arc] = whole;
      }
    };
    note(steps - 1, after);
    const departures = new Arrivals(nodes);
    for (let step = steps - 1; step >= 1; step -= 1) {
      const row = step * width;
      departures.clear();
      for (let arc = 0; arc < arcs.length; arc += 1) {
        const symbol = this.#symbol[arc] ?? 0;
        const value = (logProbs[row + symbol] ?? never) + (after[this.#arcState + arc] ?? never);
        departures.offer(this.#from[arc] ?? 0, value, arc, symbol);
      }
      const blank = logProbs[row + this.#blank] ?? never;
      const other = this.#others[step] ?? never;
      for (let node = 0; node < nodes; node += 1) {
        const toBlank = blank + (after[node] ?? never);
        const toOther = this.#isPlace(node) ? other + (after[nodes + node] ?? never) : never;
        const leave = departures.best(node, -1).score;
        next[node] = Math.max(toBlank, leave, toOther - otherPenalty);
        next[nodes + node] = Math.max(toOther, toBlank, leave);
      }
      for (let arc = 0; arc < arcs.length; arc += 1) {
        const symbol = this.#symbol[arc] ?? 0;
        const to = this.#to[arc] ?? 0;
        const state = this.#arcState + arc;
        const stay = (logProbs[row + symbol] ?? never) + (after[state] ?? never);
        const toBlank = blank + (after[to] ?? never);
        const toOther = this.#isPlace(to) ? other + (after[nodes + to] ?? never) - otherPenalty : never;
        next[state] = Math.max(stay, toBlank, toOther, departures.best(to, symbol).score);
      }
      [after, next] = [next, after];
      note(step - 1, after);
    }
    const through = new Map<number, Map<string, number>>();
    for (const [index, { characters, place }] of arcs.entries()) {
      const score = best[index] ?? never;
      for (const [offset, character] of Array.from(characters).entries()) {
        const here = through.get(place + offset) ?? new Map<string, number>();
        through.set(place + offset, here);
        if (score > (here.get(character) ?? never)) here.set(character, score);
      }
    }
    return through;
  }
}

function rivalsOf(
  scores: ReadonlyMap<string, number> | undefined,
  character: string,
  best: number,
): readonly Rival[] {
  return [...(scores ?? [])]
    .filter(([other, score]) => other !== character && score > never / 2)
    .map(([other, score]) => ({ character: other, loss: Math.max(0, best - score) }))
    .sort((left, right) => left.loss - right.loss)
    .slice(0, rivalsKept);
}

/** For each node the best that arrives, and the best of those with another symbol: equal symbols need a blank between them. */
class Arrivals {
  readonly #first: Float32Array;
  readonly #firstState: Int32Array;
  readonly #firstSymbol: Int32Array;
  readonly #second: Float32Array;
  readonly #secondState: Int32Array;

  constructor(nodes: number) {
    this.#first = new Float32Array(nodes);
    this.#firstState = new Int32Array(nodes);
    this.#firstSymbol = new Int32Array(nodes);
    this.#second = new Float32Array(nodes);
    this.#secondState = new Int32Array(nodes);
  }

  clear(): void {
    this.#first.fill(never);
    this.#second.fill(never);
    this.#firstSymbol.fill(-9);
  }

  offer(node: number, score: number, state: number, symbol: number): void {
    if (score > (this.#first[node] ?? never)) {
      if (symbol !== this.#firstSymbol[node]) {
        this.#second[node] = this.#first[node] ?? never;
        this.#secondState[node] = this.#firstState[node] ?? -1;
      }
      this.#first[node] = score;
      this.#firstState[node] = state;
      this.#firstSymbol[node] = symbol;
    } else if (symbol !== this.#firstSymbol[node] && score > (this.#second[node] ?? never)) {
      this.#second[node] = score;
      this.#secondState[node] = state;
    }
  }

  /** The best that arrived with any symbol but `but`. */
  best(node: number, but: number): { readonly score: number; readonly state: number } {
    const isFirst = this.#firstSymbol[node] !== but;
    return {
      score: (isFirst ? this.#first : this.#second)[node] ?? never,
      state: (isFirst ? this.#firstState : this.#secondState)[node] ?? -1,
    };
  }
}

function otherScores({ logProbs, steps, width }: FrameScores, { other, blank }: SymbolTable): Float32Array {
  const scores = new Float32Array(steps);
  for (let step = 0; step < steps; step += 1) {
    const row = logProbs.subarray(step * width, (step + 1) * width);
    let likeliest = never;
    for (let symbol = 0; symbol < blank; symbol += 1) likeliest = Math.max(likeliest, row[symbol] ?? never);
    scores[step] = Math.max(row[other] ?? never, likeliest - otherMargin);
  }
  return scores;
}

/** One symbol of a free reading, and what else it may be. */
export interface HeardSymbol {
  readonly symbol: number;
  readonly rivals: readonly { readonly symbol: number; readonly loss: number }[];
}

/**
 * The likeliest symbol of each step, without blanks and repetitions. A rival's loss is how much less likely it is than the symbol, in
 * natural logarithms, at the step where it comes nearest.
 * @param allowed - numbers of the symbols that may be read, besides the blank.
 */
export function freeReading(
  { logProbs, steps, width }: FrameScores,
  table: SymbolTable,
  allowed: ReadonlySet<number>,
): HeardSymbol[] {
  const read: { symbol: number; losses: Map<number, number> }[] = [];
  let before = table.blank;
  for (let step = 0; step < steps; step += 1) {
    const row = logProbs.subarray(step * width, (step + 1) * width);
    let best = table.blank;
    for (const symbol of allowed) if ((row[symbol] ?? never) > (row[best] ?? never)) best = symbol;
    if (best !== before && best !== table.blank) read.push({ symbol: best, losses: new Map() });
    const current = best === table.blank ? undefined : read.at(-1);
    if (current) {
      for (const symbol of allowed) {
        const loss = (row[best] ?? never) - (row[symbol] ?? never);
        if (symbol !== best && loss < Math.min(farthestRival, current.losses.get(symbol) ?? Infinity)) {
          current.losses.set(symbol, loss);
        }
      }
    }
    before = best;
  }
  return read.map(({ symbol, losses }) => ({
    symbol,
    rivals: [...losses]
      .map(([rival, loss]) => ({ symbol: rival, loss }))
      .sort((left, right) => left.loss - right.loss)
      .slice(0, rivalsKept),
  }));
}

/** Symbols that are less likely than the best by more than this are no rivals. */
const farthestRival = 6;

/**
 * Logarithm of the probability of the likeliest symbols: what the score of a string is held against.
 * @param allowed - as for `freeReading`.
 */
export function freeScore(
  { logProbs, steps, width }: FrameScores,
  table: SymbolTable,
  allowed: ReadonlySet<number>,
): number {
  let score = 0;
  for (let step = 0; step < steps; step += 1) {
    let best = logProbs[step * width + table.blank] ?? never;
    for (const symbol of allowed) best = Math.max(best, logProbs[step * width + symbol] ?? never);
    score += best;
  }
  return score;
}
