import { edgesOf } from '../../../src/app/flows/flow-graph.ts';
import type { FlowPack } from '../../../src/dialog/flow-pack.ts';
import type { Frame } from '../../../src/dialog/state.ts';

type Place = Pick<Frame, 'flow' | 'step'>;

/** A flow under way: where it stands, and the steps until it goes on there. */
export interface Leg {
  readonly place: string;
  readonly passed: number;
}

/** The fewest steps along any of the flows under way; `Infinity` when none leads there. */
export function leastAlong(legs: readonly Leg[], stepsFrom: ReadonlyMap<string, number>): number {
  let least = Infinity;
  for (const { place, passed } of legs) least = Math.min(least, passed + (stepsFrom.get(place) ?? Infinity));
  return least;
}

/** The place of a step among those of all flows. */
const placeOf = (flow: string, step: string): string => `${flow}.${step}`;
/** What a step through a flow that is called counts, whose own length depends on what happens in it. */
const throughCall = 4;

/** How many steps it is from a moment of a call to what was not reached, through the flows under way and those they lead to. */
export class Distances {
  /** Steps by those they lead to, in the same flow or in one that is called or started. */
  readonly #leading = new Map<string, string[]>();
  /** Steps from each step to the end of its flow. */
  readonly #toEnd = new Map<string, number>();
  #toMissing: ReadonlyMap<string, number> = new Map();
  /** The same to each place alone, as far as it was asked for. */
  readonly #toPlace = new Map<string, ReadonlyMap<string, number>>();

  constructor(pack: FlowPack) {
    const add = (from: string, to: string) => this.#leading.set(to, [...(this.#leading.get(to) ?? []), from]);
    const first = (name: string) => placeOf(name, pack.flows.get(name)?.stepNames[0] ?? 'done');
    const wishes = Object.values(pack.routing.intents).flatMap((route) => ('flow' in route ? [first(route.flow)] : []));
    for (const flow of pack.flows.values()) {
      for (const { from, to } of edgesOf(flow)) add(placeOf(flow.name, from), placeOf(flow.name, to));
      for (const [name, step] of flow.steps) {
        if ('call' in step) add(placeOf(flow.name, name), first(step.call));
        if ('route' in step) for (const wish of wishes) add(placeOf(flow.name, name), wish);
        for (const use of Object.values(flow.patterns)) {
          if ('step' in use) add(placeOf(flow.name, name), placeOf(flow.name, use.step));
        }
      }
    }
    const calls = new Set(
      [...pack.flows.values()].flatMap(({ name, steps }) =>
        [...steps].flatMap(([step, source]) => ('call' in source ? [placeOf(name, step)] : [])),
      ),
    );
    for (const flow of pack.flows.keys()) {
      const isOwn = (place: string) => place.startsWith(`${flow}.`);
      const ends = this.#backFrom([placeOf(flow, 'done')], isOwn, (place) => (calls.has(place) ? throughCall : 1));
      for (const [place, steps] of ends) this.#toEnd.set(place, steps);
    }
  }

  /** Takes in what is missing now: steps of flows that were not reached, or have something that was not. */
  aimAt(missing: Iterable<{ readonly flow: string; readonly step: string }>): void {
    const places = new Set(Array.from(missing, ({ flow, step }) => placeOf(flow, step)));
    this.#toMissing = this.#backFrom(places, () => true, () => 1);
  }

  /** Steps from a moment with these flows under way, the newest last, to the nearest that is missing; `Infinity` when none can be reached. */
  from(stack: readonly Place[]): number {
    return leastAlong(this.legsOf(stack), this.#toMissing);
  }

  /** Steps from every place to one step, as far as it can be reached. */
  to({ flow, step }: Place): ReadonlyMap<string, number> {
    const place = placeOf(flow, step);
    const steps = this.#toPlace.get(place) ?? this.#backFrom([place], () => true, () => 1);
    this.#toPlace.set(place, steps);
    return steps;
  }

  /** Where the flows under way go on, the newest first, each after the newer ones have ended. */
  legsOf(stack: readonly Place[]): readonly Leg[] {
    let passed = 0;
    return stack.toReversed().map(({ flow, step }) => {
      const place = placeOf(flow, step);
      const leg = { place, passed };
      passed += this.#toEnd.get(place) ?? Infinity;
      return leg;
    });
  }

  #backFrom(
    places: Iterable<string>,
    isOf: (place: string) => boolean,
    cost: (place: string) => number,
  ): ReadonlyMap<string, number> {
    const found = new Map<string, number>(Array.from(places, (place) => [place, 0]));
    let edge = [...found.keys()];
    while (edge.length > 0) {
      const next = new Set<string>();
      for (const to of edge) {
        for (const from of this.#leading.get(to) ?? []) {
          const steps = (found.get(to) ?? 0) + cost(from);
          if (!isOf(from) || steps >= (found.get(from) ?? Infinity)) continue;
          found.set(from, steps);
          next.add(from);
        }
      }
      edge = [...next];
    }
    return found;
  }
}
