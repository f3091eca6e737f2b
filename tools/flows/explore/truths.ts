import type { Scope } from '../../../src/dialog/expressions.ts';
import type { FlowPack } from '../../../src/dialog/flow-pack.ts';
import type { CallState } from '../../../src/dialog/state.ts';
import { Turn } from '../../../src/dialog/turn.ts';

interface Condition {
  readonly source: string;
  /** Flows that it stands in. */
  readonly flows: ReadonlySet<string>;
  /** What it reads: `call.mood`, `order.items`, or a name alone. */
  readonly reads: readonly string[];
  readonly evaluate: (scope: Scope) => unknown;
  /** Results by the values of what it reads. */
  readonly known: Map<string, string>;
}

/** Which conditions of the flows hold in a state. Most values stay the same from state to state, so results are remembered. */
export class Truths {
  readonly #pack: FlowPack;
  readonly #conditions: readonly Condition[];
  /** The conditions of some flows, by their names. */
  readonly #ofFlows = new Map<string, readonly Condition[]>();
  /** A number for each value that was seen, by its JSON. */
  readonly #numbers = new Map<string, number>();

  constructor(pack: FlowPack) {
    this.#pack = pack;
    const sources = new Map<string, Set<string>>();
    for (const [flow, { steps }] of pack.flows) {
      for (const step of steps.values()) {
        for (const arm of 'branch' in step ? step.branch : []) {
          if ('if' in arm) sources.set(arm.if, (sources.get(arm.if) ?? new Set()).add(flow));
        }
      }
    }
    this.#conditions = [...sources].flatMap(([source, flows]) => {
      const expression = pack.expressions.get(source);
      return expression
        ? [{ source, flows, reads: expression.reads, evaluate: (scope: Scope) => expression.evaluate(scope), known: new Map() }]
        : [];
    });
  }

  /** A character for each condition: `t`, `f`, or `?` where it cannot be worked out. */
  of(state: CallState): string {
    return this.read(state).key;
  }

  /** The same for these flows or for all, with the conditions that hold. */
  read(state: CallState, only?: ReadonlySet<string>): { readonly key: string; readonly holding: readonly string[] } {
    const scope = new Turn(this.#pack, { voiceLanguages: ['en', 'zh'] }, state).scope();
    const numbers = new Map<string, number>();
    const numberOf = (path: string): number => {
      const known = numbers.get(path);
      if (known !== undefined) return known;
      const value = valueAt(scope, path);
      const json = value === undefined ? '' : JSON.stringify(value);
      const number = this.#numbers.get(json) ?? this.#numbers.size;
      this.#numbers.set(json, number);
      numbers.set(path, number);
      return number;
    };
    let truths = '';
    const holding: string[] = [];
    for (const { source, reads, evaluate, known } of only ? this.#conditionsOf(only) : this.#conditions) {
      const key = reads.map(numberOf).join();
      let truth = known.get(key);
      if (truth === undefined) {
        const value = evaluate(scope);
        truth = value === true ? 't' : value === undefined ? '?' : 'f';
        known.set(key, truth);
      }
      truths += truth;
      if (truth === 't') holding.push(source);
    }
    return { key: truths, holding };
  }

  #conditionsOf(only: ReadonlySet<string>): readonly Condition[] {
    const key = [...only].join();
    const conditions =
      this.#ofFlows.get(key) ?? this.#conditions.filter(({ flows }) => [...only].some((flow) => flows.has(flow)));
    this.#ofFlows.set(key, conditions);
    return conditions;
  }
}

/** What a path like `order.items` leads to; undefined where there is nothing. */
function valueAt(scope: ReadonlyMap<string, unknown>, path: string): unknown {
  const [name = '', field] = path.split('.');
  const value = scope.get(name);
  if (field === undefined) return value;
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[field] : undefined;
}
