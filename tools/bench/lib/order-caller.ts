import type { CallEvent } from '../../../src/core/events.ts';
import type { CallStep } from '../../lib/spoken-call.ts';
import type { CallerClip } from '../../lib/caller.ts';

/** What a caller has ready to say. */
export interface CallerWords {
  /** The request. */
  readonly opening: CallerClip;
  /** The order number, as it is first said. */
  readonly number: CallerClip;
  /** The order number, for whoever asks again. */
  readonly again: CallerClip;
  readonly yes: CallerClip;
  readonly no: CallerClip;
  /** What is said, one after the other, when Kefu asks for more; then the call ends. */
  readonly more: readonly CallerClip[];
}

/** Somebody who is asked this often for the same number hangs up. */
const patience = 4;

/** A caller who asks for one order, answers what Kefu wants to know, and remembers how it went. */
export class OrderCaller {
  readonly #orderNumber: string;
  readonly #words: CallerWords;
  /** Texts of Kefu's since the caller spoke last start behind this event. */
  #answeredSeq = 0;
  #openings = 0;
  #more = 0;
  #numbersSaid = 0;
  #readBacks = 0;
  #wrongReadBacks = 0;

  /** @param orderNumber - as people know it: `W2378156`. */
  constructor(orderNumber: string, words: CallerWords) {
    this.#orderNumber = orderNumber;
    this.#words = words;
  }

  /** How often the number was said. */
  get numbersSaid(): number {
    return this.#numbersSaid;
  }

  /** How often Kefu read a number back and asked whether it was right, and how often it was not. */
  get readBacks(): { readonly count: number; readonly wrong: number } {
    return { count: this.#readBacks, wrong: this.#wrongReadBacks };
  }

  /** What to say now; undefined to hang up. For `makeSpokenCall`. */
  readonly nextStep = (events: readonly CallEvent[]): CallStep | undefined => {
    const clip = this.#answer(events);
    this.#answeredSeq = events.at(-1)?.seq ?? 0;
    return clip && { type: 'clip', clip };
  };

  #answer(events: readonly CallEvent[]): CallerClip | undefined {
    const expecting = events.findLast(({ body }) => body.type === 'dialog' && body.expecting !== null)?.body;
    if (expecting?.type !== 'dialog' || !expecting.expecting) return undefined;
    const { kind, slot } = expecting.expecting;
    if (kind === 'order_number') {
      this.#numbersSaid += 1;
      if (this.#numbersSaid > patience) return undefined;
      return this.#numbersSaid === 1 ? this.#words.number : this.#words.again;
    }
    if (kind === 'yes_no') return this.#confirm(events);
    if (kind !== 'anything') return undefined;
    if (slot !== 'anything_else') {
      this.#openings += 1;
      return this.#openings > 2 ? undefined : this.#words.opening;
    }
    this.#more += 1;
    return this.#words.more[this.#more - 1];
  }

  #confirm(events: readonly CallEvent[]): CallerClip {
    const said = events.flatMap(({ seq, body }) =>
      body.type === 'say' && seq > this.#answeredSeq ? [body] : [],
    );
    const number = said.map(({ text }) => orderNumberIn(text)).findLast((found) => found !== undefined);
    if (said.some(({ promptId }) => promptId.endsWith('order_number_read_back'))) {
      this.#readBacks += 1;
      if (number !== this.#orderNumber) this.#wrongReadBacks += 1;
    }
    if (number !== undefined) return number === this.#orderNumber ? this.#words.yes : this.#words.no;
    return said.some(({ promptId }) => /^(?:offer-person|handover)\./.test(promptId))
      ? this.#words.no
      : this.#words.yes;
  }
}

/** The order number in a text of Kefu's, without `#`. */
export function orderNumberIn(text: string): string | undefined {
  return /\bW\d{7}\b/.exec(text)?.[0];
}

/** The order whose status Kefu has told, or undefined when it told none. */
export function toldOrder(events: readonly CallEvent[]): string | undefined {
  for (const { body } of events) {
    if (
      body.type !== 'say' ||
      !body.promptId.startsWith('order-status.') ||
      body.promptId.endsWith('.same_order')
    ) {
      continue;
    }
    const number = orderNumberIn(body.text);
    if (number !== undefined) return number;
  }
  return undefined;
}
