import type { Expecting } from '../../src/core/dialog.ts';
import {
  codeChoice,
  facetChoice,
  itemChoices,
  orderChoice,
  paymentChoice,
  variantChoice,
  type Choice,
} from './choosing.ts';
import { confirmation } from './confirming.ts';
import { GoalState } from './goal-state.ts';
import { asksForMore, mentions, offersPerson, resultIn, saysNotUnderstood } from './reading.ts';
import type { CallerRule, CallerScript, FactName, Goal } from './script.ts';
import { openItems, Speech } from './speech.ts';
import {
  changesSomething,
  firstOffered,
  nameFrom,
  isHeard,
  markedUp,
  spelledOut,
  names,
  optionAsked,
  optionWords,
  postalCodeAsked,
  sharesStreet,
} from './telling.ts';

/** What the caller does when it is its turn. `agrees` marks a yes on which a change may rest. */
export type CallerAction =
  | { readonly type: 'say'; readonly text: string; readonly agrees: boolean }
  | { readonly type: 'keys'; readonly digits: string }
  | { readonly type: 'hang-up'; readonly why: string };

/** Kefu's last words, and what it waits for. */
export interface KefuTurn {
  readonly words: string;
  readonly expecting: Expecting;
}

/** How a goal went, as the caller sees it. */
export interface GoalReport {
  readonly want: Goal['want'];
  readonly order: string | undefined;
  readonly result: 'done' | 'refused' | 'unclear' | 'not understood' | 'not reached';
  /** The last thing that was asked for it, and Kefu's last words about it. */
  readonly lastSlot: string | undefined;
  readonly lastWords: string;
}

export interface CallerOptions {
  readonly seed: number;
  /** The newest one-time code the shop has sent to this customer. */
  readonly verificationCode?: () => string | undefined;
}

const detailSlots = [
  'item_choice',
  'item_option',
  'quantity',
  'reason',
  'resolution',
  'address',
  'payment_method',
];

/** How often a wish is put in new words before the caller goes on to the next: in a row, and in all. */
const maxMisses = 3;
const maxOpenings = 6;

/**
 * A caller who follows a script: brings its goals forward one after the other, answers what it is asked by the name of the slot, checks
 * what is read back, and hangs up in the end. Deterministic: the same script, seed and words of Kefu give the same call.
 */
export class SimulatedCaller {
  readonly speech: Speech;
  readonly script: CallerScript;
  readonly #options: CallerOptions;
  readonly #reports: GoalReport[] = [];
  readonly #asked = new Map<string, number>();
  readonly #ruleUses = new Map<CallerRule, number>();
  #waiting: Goal[];
  #current: GoalState | undefined;
  #turns = 0;
  #lastSlot: string | undefined;
  /** The last answer to a yes-or-no question: said again when Kefu asks nothing new. */
  #lastReply: { text: string; agrees?: boolean } | undefined;
  /** The order that was spoken of last. */
  #lastOrder: string | undefined;
  #repeats = 0;

  constructor(script: CallerScript, options: CallerOptions) {
    this.script = script;
    this.#options = options;
    this.speech = new Speech(script, options.seed);
    this.#waiting = [...script.goals];
  }

  /** What has become of each goal so far; those that never came up too. */
  get reports(): GoalReport[] {
    const rest = this.#waiting.map(({ want, order }) => {
      return { want, order, result: 'not reached' as const, lastSlot: undefined, lastWords: '' };
    });
    return [...this.#reports, ...(this.#current ? [reportOf(this.#current, 'unclear')] : []), ...rest];
  }

  /** True when the caller has nothing more to ask. */
  get finished(): boolean {
    return this.#waiting.length === 0;
  }

  get current(): GoalState | undefined {
    return this.#current;
  }

  /** Kefu has ended the call, or handed it over: what was under way counts by the last words. */
  hearEnd(words: string): void {
    if (this.#current) this.#conclude(words);
  }

  answer(turn: KefuTurn): CallerAction {
    this.#turns += 1;
    const { slot } = turn.expecting;
    this.#repeats = slot === this.#lastSlot ? this.#repeats + 1 : 0;
    this.#lastSlot = slot;
    if (this.#turns > this.script.turns) return { type: 'hang-up', why: `after ${this.script.turns} turns` };
    if (this.#repeats > this.script.manner.patience) {
      return { type: 'hang-up', why: `asked for ${slot} too often` };
    }
    const ruled = this.#byRule(turn);
    if (ruled) return ruled;
    const { text, agrees = false } = this.#reply(turn);
    return { type: 'say', text: this.speech.utter(text), agrees };
  }

  #byRule({ words, expecting }: KefuTurn): CallerAction | undefined {
    for (const rule of this.script.rules) {
      const uses = this.#ruleUses.get(rule) ?? 0;
      if (uses >= rule.times) continue;
      if (rule.slot !== undefined && rule.slot !== expecting.slot) continue;
      if (rule.heard !== undefined && !isHeard(words, rule.heard)) continue;
      this.#ruleUses.set(rule, uses + 1);
      if (rule.keys !== undefined) return { type: 'keys', digits: rule.keys };
      if (rule.hangUp) return { type: 'hang-up', why: 'as its script says' };
      const text = this.speech.pick(`rule ${this.script.rules.indexOf(rule)}`, rule.say ?? ['']);
      return { type: 'say', text, agrees: false };
    }
    return undefined;
  }

  #reply(turn: KefuTurn): { text: string; agrees?: boolean } {
    const { slot } = turn.expecting;
    if (slot === 'intent' || slot === 'anything_else') return { text: this.#wish(turn) };
    this.#current?.hear(turn.words, slot);
    if (slot === 'confirm') {
      if (offersPerson(turn.words) && this.#current) this.#current.gaveUp = true;
      const asked = /[?？]/.test(turn.words) || this.#lastReply === undefined;
      this.#lastReply = asked ? confirmation(this, turn.words, this.#isRepeated(turn)) : this.#lastReply;
      return this.#lastReply ?? { text: this.speech.say('no') };
    }
    // A mere question need not be answered at such length.
    if (this.#current?.goal.want === 'other' && detailSlots.includes(slot)) {
      return { text: this.speech.say('give_up') };
    }
    return { text: this.#value(turn) };
  }

  #isRepeated({ words }: KefuTurn): boolean {
    return this.#repeats > 0 && saysNotUnderstood(words);
  }

  // Wishes

  /** Concludes what was under way and brings the next goal forward. */
  #wish({ words, expecting }: KefuTurn): string {
    const current = this.#current;
    if (current) {
      const missed = this.#isMissed(current, words, expecting.slot);
      if (missed && current.misses < maxMisses && current.openings < maxOpenings) return this.#open(current);
      this.#conclude(words, missed ? 'not understood' : undefined);
    }
    const [next, ...rest] = this.#waiting;
    if (!next) return this.speech.say('done');
    this.#waiting = rest;
    this.#current = new GoalState(next);
    if (this.script.manner.gives === 'all') return this.#openAll(this.#current, rest);
    return this.#open(this.#current);
  }

  /** Whether the wish was taken for another or not at all. A question is answered by whatever is said. */
  #isMissed(state: GoalState, words: string, slot: string): boolean {
    if (state.stopped || resultIn(state.words + words) === 'done') return false;
    if (saysNotUnderstood(words) || slot === 'intent') return true;
    return changesSomething(state.goal) && resultIn(words) === 'unclear' && !state.gaveUp;
  }

  #conclude(words: string, result?: GoalReport['result']): void {
    const state = this.#current;
    if (!state) return;
    this.#current = undefined;
    state.hear(words, undefined);
    const outcome = result ?? (state.stopped ? 'refused' : resultIn(state.words));
    this.#reports.push(reportOf(state, outcome));
    const { goal } = state;
    if (goal.order !== undefined) this.#lastOrder = goal.order;
    if (outcome === 'done') this.#waiting.unshift(...goal.ifDone);
    else this.#waiting.unshift(...goal.ifRefused);
  }

  #open(state: GoalState): string {
    state.openings += 1;
    state.misses += 1;
    // In the end the bare wish: what it is about can be told when it is asked for.
    const plain = `${state.goal.want}_plain`;
    if (state.misses === maxMisses && this.speech.has(plain)) return this.speech.say(plain);
    return this.#opening(state);
  }

  #opening(state: GoalState): string {
    const { goal } = state;
    const items = openItems(goal);
    const values = {
      items: this.speech.items(items, this.script.manner.gives === 'all'),
      changes: this.speech.changes(
        goal.changes.filter(({ afterthought }) => !afterthought),
        (change) => state.wished(change),
      ),
      payment: goal.payment?.[0] ?? '',
      value: goal.order ?? '',
    };
    const wish = goal.say
      ? this.speech.pick(`goal ${state.goal.want} ${goal.say[0] ?? ''}`, goal.say, values)
      : this.speech.say(goal.want, values);
    if (goal.order === undefined || goal.say) return wish;
    if (goal.knowsOrder)
      return `${wish} ${this.speech.say('with_order', { value: `{order_number:${goal.order}}` })}`;
    const isOther = this.#lastOrder !== undefined && this.#lastOrder !== goal.order;
    return isOther ? `${wish} ${this.speech.say('other_order')}` : wish;
  }

  /** Everything at once: the first wish, and what comes after it. */
  #openAll(state: GoalState, rest: readonly Goal[]): string {
    state.openings += 1;
    state.misses += 1;
    const [next] = rest;
    const wish = this.#opening(state);
    if (!next || this.#reports.length > 0) return wish;
    return this.speech.say('also', { wish, next: this.#opening(new GoalState(next)) });
  }

  // Answers

  #value(turn: KefuTurn): string {
    const { slot } = turn.expecting;
    const choices = turn.expecting.choices ?? [];
    switch (slot) {
      case 'order_number':
        return this.#orderNumber();
      case 'first_name':
      case 'last_name':
      case 'full_name':
      case 'email':
      case 'postal_code':
      case 'phone':
        return this.#fact(slot);
      case 'address':
        return this.#address(choices, turn.words);
      case 'order_choice':
        return this.#orderChoice(choices);
      case 'item_choice':
        return this.#itemChoice(turn, choices);
      case 'item_option':
        return this.#itemOption(turn, choices);
      case 'quantity': {
        const [item] = this.#current?.items ?? [];
        return this.speech.say('quantity', { value: String(item?.quantity ?? 1) });
      }
      case 'reason':
        return this.#code('reason', this.#current?.goal.reason ?? 'no_longer_needed', choices);
      case 'resolution':
        return this.#resolution(choices);
      case 'refund_destination':
      case 'payment_method':
        return this.#payment(slot, choices);
      case 'verification_code': {
        const code = this.#options.verificationCode?.();
        return code === undefined
          ? this.speech.say('verification_code_unknown')
          : this.speech.say('verification_code', { value: `{digits:${code}}` });
      }
      case 'product': {
        const [item] = this.#current?.items ?? [];
        return item
          ? this.speech.say('choice_by_words', { value: item.product })
          : this.speech.say('give_up');
      }
      case 'satisfaction':
        return this.speech.say('satisfaction');
      default:
        return this.speech.say(this.speech.has(slot) ? slot : 'unknown');
    }
  }

  /** How often this has been asked before. */
  #times(name: string): number {
    const times = this.#asked.get(name) ?? 0;
    this.#asked.set(name, times + 1);
    return times;
  }

  /** A fact; of several, the next one each time it is asked, and the last one from then on. */
  #fact(name: FactName): string {
    const { facts } = this.script;
    const list = facts[name] ?? nameFrom(facts, name, this.script.language);
    const times = this.#times(name);
    if (!list) {
      const unknown = `${name}_unknown`;
      return this.speech.say(this.speech.has(unknown) ? unknown : 'unknown');
    }
    const value = list[Math.min(times, list.length - 1)] ?? '';
    // A first or last name alone is asked for when the whole was misheard.
    const isAgain = times >= list.length || name === 'first_name' || name === 'last_name';
    return this.speech.say(name, { value: isAgain ? spelledOut(name, value) : markedUp(name, value) });
  }

  #orderNumber(): string {
    const goal = this.#current?.goal;
    if (goal?.order !== undefined && goal.knowsOrder && !this.script.facts.order_number) {
      this.#times('order_number');
      return this.speech.say('order_number', { value: `{order_number:${goal.order}}` });
    }
    return this.#fact('order_number');
  }

  #address(choices: readonly Choice[], words: string): string {
    const { address: wanted, addressHint: hints } = this.#current?.goal ?? {};
    const times = this.#times(`address ${this.#current?.goal.order ?? ''}`);
    const address = wanted ?? this.script.facts.address?.[0];
    const known = choices.find(({ label }) => address !== undefined && sharesStreet(label, address));
    const hint = hints?.[Math.min(times, hints.length - 1)];
    if (hint !== undefined && !known) return hint;
    if (address === undefined) return this.speech.say('unknown');
    const code = postalCodeAsked(words, address);
    if (code !== undefined) return this.speech.say('postal_code', { value: markedUp('postal_code', code) });
    return known ? this.#byPlace(choices, known) : this.speech.say('address', { value: address });
  }

  #orderChoice(choices: readonly Choice[]): string {
    const state = this.#current;
    if (!state) return this.speech.say('choice_none');
    const choice = orderChoice(choices, state.goal);
    if (!choice) return this.speech.say('choice_none');
    const times = this.#times(`order_choice ${state.goal.want} ${state.goal.order ?? ''}`);
    const things = state.items.map(({ product }) => product);
    const telling = things.find((thing) => choices.filter(({ label }) => names(label, thing)).length === 1);
    if (times === 0 && telling !== undefined && names(choice.label, telling)) {
      return this.speech.say('choice_by_words', { value: this.speech.list([`the ${telling}`]) });
    }
    return times < 2 ? this.#byPlace(choices, choice) : `{order_number:${choice.id}}`;
  }

  /** By place where the list is short enough to be kept in mind, otherwise in the list's own words. */
  #byPlace(choices: readonly Choice[], choice: Choice): string {
    const index = choices.indexOf(choice);
    return index < 3
      ? this.speech.say('choice_by_place', { number: this.speech.ordinal(index) })
      : this.speech.say('choice_by_words', { value: choice.label });
  }

  #itemChoice(turn: KefuTurn, choices: readonly Choice[]): string {
    const state = this.#current;
    if (!state) return this.speech.say('no_more_items');
    const wanted = state.items;
    // Asked for things that the wish is not about: says the wish again.
    if (wanted.length === 0) return this.#opening(state);
    const found = itemChoices(choices, wanted);
    const present = wanted.filter((_item, index) => found[index] !== undefined);
    const times = this.#times(`item_choice ${state.goal.want} ${state.goal.order ?? ''}`);
    if (times > 0 && asksForMore(turn.words) && !saysNotUnderstood(turn.words)) {
      return this.speech.say('no_more_items');
    }
    if (present.length === 0) return this.speech.say('choice_none');
    // Options are told where the name alone would mean several things, and when the name was not enough.
    const ambiguous = present.some(
      ({ product }) => choices.filter(({ label }) => names(label, product)).length > 1,
    );
    return this.speech.say('items', { items: this.speech.items(present, ambiguous || times > 0) });
  }

  #itemOption(turn: KefuTurn, choices: readonly Choice[]): string {
    const state = this.#current;
    const change = state?.changeAskedFor(turn.words);
    if (!state || !change) return this.speech.say('unknown');
    const times = this.#times(`item_option ${change.product} ${change.id ?? ''}`);
    state.lastChange = change;
    const among = () => variantChoice(choices, change, state.wished(change), state.isLastWish(change));
    const single = facetChoice(choices, { ...change.options, ...state.wished(change) });
    if (single) return this.speech.say('option', { value: single.label });
    const asked = optionAsked(turn.words, { ...change.options, ...state.wished(change) });
    if (asked !== undefined && times > 0) {
      const [name, value] = asked;
      const first = firstOffered(turn.words);
      // What the caller has no wish for may be anything.
      const free = !(name in state.wished(change)) && !mentions(turn.words, value) && first !== undefined;
      return this.speech.say('option', { value: free ? first : this.speech.option(asked) });
    }
    // A wish in words ("the cheapest one") is told by its values before it is given up.
    const patience = change.toWords === undefined ? 0 : 1;
    if (choices.length > 0 && !among() && times > patience && !state.lowerWish(change)) {
      state.drop(change);
      return this.speech.say('option_refused', { items: this.speech.item(change, false) });
    }
    if (change.toWords !== undefined && times === 0)
      return this.speech.say('option', { value: change.toWords });
    const choice = among();
    if (choice && times > 1) return this.#byPlace(choices, choice);
    const value = optionWords(this.speech, state.wished(change), change);
    return this.speech.say('option', { value });
  }

  #code(slot: 'reason', code: string, choices: readonly Choice[]): string {
    const times = this.#times(slot);
    const choice = codeChoice(choices, code);
    if (times > 0 && choice) return this.speech.say('choice_by_words', { value: choice.label });
    const own = `${slot}_${code}`;
    return this.speech.has(own)
      ? this.speech.say(own)
      : this.speech.say(slot, { value: code.replaceAll('_', ' ') });
  }

  #resolution(choices: readonly Choice[]): string {
    const { goal } = this.#current ?? {};
    const wanted = goal?.resolution ?? (goal?.want === 'exchange_item' ? 'exchange' : 'refund');
    const choice = codeChoice(choices, wanted);
    return this.speech.say('resolution', { value: choice?.label ?? wanted });
  }

  #payment(slot: 'refund_destination' | 'payment_method', choices: readonly Choice[]): string {
    const state = this.#current;
    const wanted = state?.payment;
    if (!state || wanted === undefined) {
      const [first] = choices;
      return first ? this.#byPlace(choices, first) : this.speech.say('unknown');
    }
    const choice = paymentChoice(choices, wanted);
    const times = this.#times(`${slot} ${state.goal.order ?? ''} ${wanted}`);
    if (!choice && choices.length > 0 && times > 0) {
      if (!state.lowerPayment()) {
        state.stopped = true;
        return this.speech.say('payment_refused');
      }
      return this.#payment(slot, choices);
    }
    if (choice && times > 0) return this.#byPlace(choices, choice);
    return this.speech.say(slot, { value: this.speech.list([wanted]) });
  }
}

function reportOf(state: GoalState, result: GoalReport['result']): GoalReport {
  const { goal, lastSlot, lastWords } = state;
  return { want: goal.want, order: goal.order, result, lastSlot, lastWords };
}
