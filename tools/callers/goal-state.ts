import { mentions } from './reading.ts';
import type { CallerChange, CallerItem, Goal } from './script.ts';

/** One goal while it is under way: what the caller still wants of it and what was said about it. */
export class GoalState {
  readonly goal: Goal;
  /** How often the wish was put forward, and how often in a row nothing came of it. */
  openings = 0;
  misses = 0;
  /** True once the caller has given it up. */
  stopped = false;
  /** True once Kefu could not go on and offered a person. */
  gaveUp = false;
  /** The change that was spoken of last. */
  lastChange: CallerChange | undefined;
  /** True once the request was read back and the caller's second thoughts were told. */
  reconsidered = false;
  /** The payment method the caller has insisted on. */
  paymentTold: string | undefined;
  lastSlot: string | undefined;
  lastWords = '';
  readonly #heard: string[] = [];
  readonly #wishes = new Map<CallerChange, number>();
  readonly #dropped = new Set<CallerItem>();
  #payment = 0;

  constructor(goal: Goal) {
    this.goal = goal;
  }

  hear(words: string, slot: string | undefined): void {
    this.#heard.push(words);
    this.lastWords = words;
    if (slot === undefined) return;
    this.lastSlot = slot;
    this.misses = 0;
  }

  /** Everything Kefu said since the wish was put forward. */
  get words(): string {
    return this.#heard.join(' ');
  }

  /** The things it is about now. */
  get items(): CallerItem[] {
    return [...this.goal.items, ...this.goal.changes].filter((item) => {
      if (this.#dropped.has(item)) return false;
      return this.reconsidered ? !item.withdrawn : !item.afterthought;
    });
  }

  get changes(): CallerChange[] {
    const { items } = this;
    return this.goal.changes.filter((change) => items.includes(change));
  }

  /** Gives a thing up that cannot be had as wished. */
  drop(change: CallerChange): void {
    this.#dropped.add(change);
    if (this.items.length === 0) this.stopped = true;
  }

  get hasAfterthoughts(): boolean {
    return [...this.goal.items, ...this.goal.changes].some(({ afterthought }) => afterthought);
  }

  get hasSecondThoughts(): boolean {
    const { items, changes } = this.goal;
    return [...items, ...changes].some(({ withdrawn, afterthought }) => withdrawn || afterthought);
  }

  /** Where the money is to go to or come from now. */
  get payment(): string | undefined {
    return this.goal.payment?.[this.#payment];
  }

  /** Goes on to the next best payment method; false when there is none. */
  lowerPayment(): boolean {
    if (this.#payment + 1 >= (this.goal.payment?.length ?? 0)) return false;
    this.#payment += 1;
    return true;
  }

  /** What a thing is to become now. */
  wished(change: CallerChange): Record<string, string> {
    const lowered = this.#wishes.get(change) ?? 0;
    return [change.to, ...change.otherwise][lowered] ?? change.to;
  }

  /** True when nothing less will do: only then is the variant known by its id. */
  isLastWish(change: CallerChange): boolean {
    return (this.#wishes.get(change) ?? 0) === change.otherwise.length;
  }

  /** Goes on to the next best wish for a thing; false when there is none. */
  lowerWish(change: CallerChange): boolean {
    const lowered = (this.#wishes.get(change) ?? 0) + 1;
    if (lowered > change.otherwise.length) return false;
    this.#wishes.set(change, lowered);
    return true;
  }

  /** The change that a question is about: the last whose name stands in it, or the one before. */
  changeAskedFor(words: string): CallerChange | undefined {
    const { changes } = this;
    const named = changes.filter(({ product }) => mentions(words, product));
    return named.at(-1) ?? this.lastChange ?? changes[0];
  }
}
