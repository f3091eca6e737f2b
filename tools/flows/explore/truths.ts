import type { FlowPack } from '../../../src/dialog/flow-pack.ts';
import type { CallState } from '../../../src/dialog/state.ts';
import { Turn } from '../../../src/dialog/turn.ts';

interface Condition {
  /** What it reads: variables, `slots`, `call`. */
  readonly names: readonly string[];
  readonly evaluate: (scope: Readonly<Record<string, unknown>>) => unknown;
  /** Results by the values of what it reads. */
  readonly known: Map<string, string>;
}

/** Which conditions of the flows hold in a state. Most values stay the same from state to state, so results are remembered. */
export class Truths {
  readonly #pack: FlowPack;
  readonly #conditions: readonly Condition[];
  /** A number for each value that was seen, by its JSON. */
  readonly #numbers = new Map<string, number>();

  constructor(pack: FlowPack) {
    this.#pack = pack;
    const sources = new Set(
      [...pack.flows.values()].flatMap(({ steps }) =>
        [...steps.values()].flatMap((step) =>
          'branch' in step ? step.branch.flatMap((arm) => ('if' in arm ? [arm.if] : [])) : [],
        ),
      ),
    );
    this.#conditions = [...sources].flatMap((source) => {
      const expression = pack.expressions.get(source);
      return expression
        ? [{ names: expression.names, evaluate: (scope) => expression.evaluate(scope), known: new Map() }]
        : [];
    });
  }

  /** A character for each condition: `t`, `f`, or `?` where it cannot be worked out. */
  of(state: CallState): string {
    const scope = new Turn(this.#pack, { voiceLanguages: ['en', 'zh'] }, state).scope();
    const numbers = new Map<string, number>();
    const numberOf = (name: string): number => {
      const known = numbers.get(name);
      if (known !== undefined) return known;
      const value: unknown = scope[name];
      const json = value === undefined ? '' : JSON.stringify(value);
      const number = this.#numbers.get(json) ?? this.#numbers.size;
      this.#numbers.set(json, number);
      numbers.set(name, number);
      return number;
    };
    let truths = '';
    for (const { names, evaluate, known } of this.#conditions) {
      const key = names.map(numberOf).join();
      let truth = known.get(key);
      if (truth === undefined) {
        const value = evaluate(scope);
        truth = value === true ? 't' : value === undefined ? '?' : 'f';
        known.set(key, truth);
      }
      truths += truth;
    }
    return truths;
  }
}
