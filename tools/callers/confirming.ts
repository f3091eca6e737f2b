import type { SimulatedCaller } from './caller.ts';
import type { GoalState } from './goal-state.ts';
import { paymentKindsIn } from './payment-words.ts';
import type { CallerChange } from './script.ts';
import { fullName, optionWords } from './telling.ts';
import {
  asksForMore,
  mentions,
  offersCallback,
  offersEnd,
  offersPerson,
  ordersIn,
  plainOrder,
  sentenceEnds,
  streetsIn,
} from './reading.ts';

interface Reply {
  readonly text: string;
  readonly agrees?: boolean;
}

/** What the caller answers to a yes-or-no question, after looking at what is read back. */
export function confirmation(caller: SimulatedCaller, words: string, repeated: boolean): Reply {
  const { speech } = caller;
  const state = caller.current;
  const question = lastSentences(words);
  if (offersPerson(question)) {
    if (state?.goal.want === 'human_agent') return { text: speech.say('yes') };
    return { text: speech.say('no') };
  }
  if (offersCallback(question)) return { text: speech.say('no') };
  if (offersEnd(question)) return { text: speech.say(caller.finished ? 'yes' : 'no') };
  const corrected = correction(caller, words);
  if (corrected !== undefined) return { text: speech.say('no_correct', { value: corrected }) };
  if (!state) return { text: speech.say('no') };

  const wrong = wrongIn(state, words);
  if (wrong === 'order') return { text: speech.say('no_wrong_order') };
  if (wrong === 'address') return { text: speech.say('no_wrong_address') };
  const isReadBack = readsBack(question);
  const isLastChance = isReadBack || (asksForMore(question) && state.hasAfterthoughts);
  if (isLastChance && state.hasSecondThoughts && !state.reconsidered) {
    state.reconsidered = true;
    return { text: secondThoughts(caller, state) };
  }
  if (!isReadBack && asksForMore(question)) return { text: speech.say('everything') };
  if (isReadBack && !state.goal.agree) {
    state.stopped = true;
    return { text: speech.say('no_not_agreed') };
  }
  if (wrong === 'payment' && state.payment !== undefined) {
    const value = state.payment;
    if (state.paymentTold === value && !state.lowerPayment()) {
      state.stopped = true;
      return { text: speech.say('payment_refused') };
    }
    if (
      state.paymentTold === value &&
      state.payment !== value &&
      paymentKindsIn(words).includes(kindOf(state.payment))
    ) {
      return { text: speech.say('yes'), agrees: true };
    }
    state.paymentTold = value;
    return { text: speech.say('no_correct', { value: state.payment }) };
  }
  if (wrong === 'option' && !repeated) {
    const values = state.changes.map((change) => optionWords(speech, state.wished(change), change));
    return { text: speech.say('no_correct', { value: values.join(', ') }) };
  }
  if (wrong === 'items' && !repeated) {
    return { text: speech.say('no_wrong_items', { items: speech.items(state.items) }) };
  }
  return { text: speech.say('yes'), agrees: true };
}

function kindOf(method: string): string {
  return paymentKindsIn(method)[0] ?? '';
}

/** The end of what was said: the question, and the sentence before it. */
function lastSentences(words: string): string {
  return words.split(sentenceEnds).slice(-2).join(' ');
}

/** The right value where Kefu reads back another than the caller means. */
function correction({ script }: SimulatedCaller, words: string): string | undefined {
  const { email, postal_code: postalCode } = script.facts;
  const read = /[\w.+-]+@[\w.-]+\.\w+/.exec(words)?.[0];
  const right = email?.at(-1);
  if (read !== undefined && right !== undefined && !email?.some((each) => same(each, read))) {
    return `{email:${right}}`;
  }
  const name = script.facts.full_name ?? fullName(script.facts, script.language);
  const soughtFor =
    /(?:couldn't find|looked for) ([^,\d@]+?)(?:, | at postal)|(?:没有查到|查的是)([^,，\d@]+)，/.exec(words);
  const sought = soughtFor?.[1] ?? soughtFor?.[2];
  if (sought !== undefined && name !== undefined && !name.some((each) => same(each, sought))) {
    return `{name:${name.at(-1) ?? ''}}`;
  }
  const code = postalCode?.at(-1);
  const readCode =
    /postal code:? (\d[\d\s-]*)|邮编[是：:]?\s*(\d[\d\s-]*)/i
      .exec(words)
      ?.slice(1)
      .join('')
      .replace(/\D/g, '') ?? '';
  if (readCode !== '' && postalCode && !postalCode.some((each) => each.replace(/\D/g, '') === readCode))
    return script.language === 'zh'
      ? `邮编是{postal_code:${code ?? ''}}`
      : `postal code {postal_code:${code ?? ''}}`;
  const earlier = postalCode?.slice(0, -1).find((each) => words.replace(/[\s,]/g, '').includes(each));
  return earlier !== undefined && code !== undefined ? `{postal_code:${code}}` : undefined;
}

function same(one: string, two: string): boolean {
  return one.toLowerCase() === two.toLowerCase();
}

const changing =
  /\b(?:cancel|return|exchange|change|refund|send|deliver|pay|replace|swap|go(?:es)? (?:back )?to)\b|取消|退|换|改|寄到|送到|付/i;

/** Whether a question is about carrying out what is wanted, rather than about who calls or which order is meant. */
function readsBack(question: string): boolean {
  return changing.test(question);
}

/** What in a question does not fit the goal: another order, other things, another payment method. */
function wrongIn(
  state: GoalState,
  words: string,
): 'order' | 'items' | 'address' | 'option' | 'payment' | undefined {
  const { goal } = state;
  if (goal.order !== undefined) {
    const orders = ordersIn(words);
    if (orders.length > 0 && !orders.includes(plainOrder(goal.order))) return 'order';
  }
  const question = lastSentences(words);
  if (
    goal.want === 'change_order_address' &&
    /\b(account|profile|default address)\b|账户|默认地址/i.test(question)
  ) {
    // "Your address on file" as the place an order goes to is another matter.
    if (ordersIn(question).length === 0) return 'order';
  }
  if (goal.want === 'change_account_address' && ordersIn(question).length > 0) return 'order';
  const street = streetsIn(goal.address ?? '')[0];
  const streets = streetsIn(question);
  if (street !== undefined && streets.length > 0 && !streets.some((each) => same(each, street)))
    return 'address';
  const code = /\b\d{5,6}\b(?!.*\b\d{5,6}\b)/.exec(goal.address ?? '')?.[0];
  if (code !== undefined && streets.length > 0 && !question.includes(code)) return 'address';
  const isPartial =
    goal.want === 'return_item' || goal.want === 'exchange_item' || goal.want === 'change_items';
  if (isPartial && readsBack(question)) {
    const missing = state.items.some(({ product }) => !mentions(words, product));
    const any = state.items.some(({ product }) => mentions(words, product));
    if (state.items.some(({ product }) => timesNamed(words, product) < twins(state, product))) return 'items';
    const gone = [...goal.items, ...goal.changes].filter((item) => !state.items.includes(item));
    if (gone.some(({ product }) => mentions(question, product))) return 'items';
    if (any && missing && /\b(return|exchange|change|replace|swap)/i.test(question)) return 'items';
  }
  if (state.changes.some((change) => isMistaken(change, state.wished(change), words))) return 'option';
  const kinds = paymentKindsIn(question);
  if (state.payment !== undefined && kinds.length > 0 && !kinds.includes(kindOf(state.payment)))
    return 'payment';
  return undefined;
}

/** How many things of this name the caller wants to have changed or sent back. */
function twins({ items }: GoalState, product: string): number {
  return items.filter((item) => item.product === product).length;
}

/** How often a thing is named; a number before it counts for as many. */
function timesNamed(words: string, product: string): number {
  const parts = words.toLowerCase().split(product.toLowerCase());
  const several = parts.slice(0, -1).some((before) => /\b(two|both|2|three|3)\b[^.]*$/.test(before));
  return several ? Number.POSITIVE_INFINITY : parts.length - 1;
}

/** Whether another value of an option is read back and the wished one is not. What the thing has now may be named too. */
function isMistaken(change: CallerChange, wished: Readonly<Record<string, string>>, words: string): boolean {
  const read = Object.values(change.mistaken).flat();
  const values = Object.values(wished);
  if (mentions(words, change.product) && read.some((value) => mentions(words, value))) {
    if (values.length > 0 && !values.some((value) => mentions(words, value))) return true;
  }
  return Object.entries(wished).some(([option, value]) => {
    const others = (change.mistaken[option] ?? []).filter((other) => {
      return other !== value && other !== change.options[option];
    });
    return !mentions(words, value) && others.some((other) => mentions(words, other));
  });
}

function secondThoughts({ speech }: SimulatedCaller, state: GoalState): string {
  const { goal } = state;
  const added = goal.items.filter(({ afterthought }) => afterthought);
  const addedChanges = goal.changes.filter(({ afterthought }) => afterthought);
  if (added.length > 0 || addedChanges.length > 0) {
    const all = [...added, ...addedChanges];
    return speech.say('add_items', { items: speech.items(all), changes: speech.changes(addedChanges) });
  }
  return speech.say('no_wrong_items', { items: speech.items(state.items) });
}
