import type { DialogEvent, Expecting } from '../../../src/core/dialog.ts';
import type { EmotionReading } from '../../../src/core/emotion.ts';
import type { Language } from '../../../src/core/language.ts';
import type { ScoredIntent } from '../../../src/core/understanding.ts';
import { demoCallers } from '../../../src/commerce/demo-shop/callers.ts';
import type { ShopData } from '../../../src/commerce/demo-shop/state.ts';
import type { FlowPack } from '../../../src/dialog/flow-pack.ts';
import type { StepSource } from '../../../src/dialog/schema.ts';
import { newsInLine } from './people.ts';

/** Something a caller may do; moves with one label at one question count as the same try. */
export interface Move {
  readonly label: string;
  readonly event: DialogEvent;
  /** True for what belongs to no question in particular, and need not be tried from every state. */
  readonly isCommon: boolean;
}

/** What callers know of the shop: some customers and their orders, one of each sort. */
export interface CallerKnowledge {
  readonly orders: readonly string[];
  /** One order of each status, as far as there are, with as many things as any. */
  readonly ordersByStatus: readonly string[];
  readonly emails: readonly string[];
  readonly names: readonly string[];
  readonly postalCodes: readonly string[];
  readonly itemNames: readonly string[];
  /** Words that conditions look for in what callers wish. */
  readonly wishWords: readonly string[];
}

const maxOrders = 18;
const maxThings = 6;

/** Names of the things in the lists that a call has in its variables, such as the items of its order; those it came to last first. */
export function namesIn(variables: Readonly<Record<string, unknown>>): readonly string[] {
  const names = new Set<string>();
  for (const variable of Object.values(variables).reverse()) {
    const lists = Array.isArray(variable) ? [variable] : typeof variable === 'object' && variable !== null ? Object.values(variable) : [];
    for (const thing of lists.flat() as unknown[]) {
      const name: unknown = typeof thing === 'object' && thing !== null ? Reflect.get(thing, 'name') : undefined;
      if (typeof name === 'string' && names.size < maxThings) names.add(name);
    }
  }
  return [...names];
}

/** The demo callers, and one order of each sort that the shop has. */
export function knowledgeOf(data: ShopData, wishWords: readonly string[]): CallerKnowledge {
  const orders: string[] = demoCallers.flatMap((caller) => caller.orders.map(({ id }) => id));
  const sorts = new Set<string>();
  for (const order of data.orders.values()) {
    const sort = `${order.status} ${String(Math.min(order.items.length, 3))} ${order.flags.join()}`;
    if (sorts.has(sort) || orders.length >= maxOrders) continue;
    sorts.add(sort);
    if (!orders.includes(order.id)) orders.push(order.id);
  }
  const owners = orders.flatMap((id) => data.customers.get(data.orders.get(id)?.customerId ?? '') ?? []);
  const customers = [...new Set(owners)].slice(0, 6);
  // With several things in it, since of one thing nothing can be picked or left out.
  const statuses = new Map<string, string>();
  const sizeOf = (id: string | undefined): number => data.orders.get(id ?? '')?.items.length ?? 0;
  for (const id of orders) {
    const status = data.orders.get(id)?.status ?? '';
    if (sizeOf(id) > sizeOf(statuses.get(status))) statuses.set(status, id);
  }
  return {
    orders,
    ordersByStatus: [...statuses.values()],
    wishWords,
    emails: customers.flatMap(({ emails }) => emails.slice(0, 1)),
    names: customers.map(({ name: { first, last } }) =>
      /\p{Script=Han}/u.test(last) ? `${last}${first}` : `${first} ${last}`,
    ),
    postalCodes: [...new Set(customers.map(({ address }) => address.postalCode))],
    itemNames: [...new Set(orders.flatMap((id) => data.orders.get(id)?.items.map(({ name }) => name) ?? []))].slice(0, 8),
  };
}

type PerLanguage = Readonly<Record<Language, string>>;
const garbage: PerLanguage = { en: 'purple elephants dance sideways', zh: '紫色大象跳舞唱歌' };
const yes: PerLanguage = { en: 'yes', zh: '是的' };
const yesBut: PerLanguage = { en: 'yes but not like that', zh: '是的但是不要这样' };
const no: PerLanguage = { en: 'no', zh: '不是' };
const noThanks: PerLanguage = { en: 'no, thank you', zh: '不用了，谢谢' };
const cannot: PerLanguage = { en: "I don't have that", zh: '我没有这个' };
const wrong: PerLanguage = { en: "that's not my order", zh: '这不是我的订单' };
const more: PerLanguage = { en: 'more', zh: '更多' };
const none: PerLanguage = { en: 'none of these', zh: '都不是' };
const all: PerLanguage = { en: 'all of them', zh: '全部' };
const both: PerLanguage = { en: 'both', zh: '两个都要' };
const cheaper: PerLanguage = { en: 'the cheaper one', zh: '便宜的那个' };
const plainWish: PerLanguage = { en: 'hello, it is about this', zh: '你好，就是这件事' };
const thank: PerLanguage = { en: 'thank you', zh: '谢谢' };
const bye: PerLanguage = { en: 'goodbye', zh: '再见' };
const wait: PerLanguage = { en: 'hold on a second', zh: '等一下' };

const waitingWords: readonly PerLanguage[] = [
  { en: 'call me back instead', zh: '给我回电话吧' },
  { en: 'yes', zh: '是的' },
  { en: 'no', zh: '不用' },
  { en: 'how long will it take', zh: '还要等多久' },
  { en: 'never mind', zh: '算了' },
  { en: "I can't wait", zh: '我等不了' },
];

const values: Readonly<Record<string, Readonly<Record<Language, readonly string[]>>>> = {
  phone_number: { en: ['212 555 0199', '212 555'], zh: ['13800138000', '138'] },
  tax_number: {
    en: ['DE 136695976', 'DE 1 2 3'],
    zh: ['91350100M000100Y43', '9135'],
  },
  number: { en: ['one', 'two', 'ninety nine'], zh: ['一', '两', '九十九'] },
  date: {
    en: ['tomorrow', 'next Friday', 'last Tuesday', 'in three months'],
    zh: ['明天', '下周五', '上周二', '三个月以后'],
  },
  address: {
    en: ['12 Oak Street, Boston, Massachusetts, 02110', '12 Oak Street', '12 Oak Street, apartment 4, Denver, Colorado, 80203'],
    zh: ['北京市朝阳区建国路16号，邮编100025', '建国路16号'],
  },
  anything: { en: ['it came with a big scratch on one side', '12345'], zh: ['收到的时候有一道很深的划痕', '12345'] },
};

/** Everything that callers are made to do at one question. */
export class Caller {
  readonly #pack: FlowPack;
  readonly #knowledge: CallerKnowledge;

  constructor(pack: FlowPack, knowledge: CallerKnowledge) {
    this.#pack = pack;
    this.#knowledge = knowledge;
  }

  /** What may be done at a question; `codes` are the one-time codes sent in this call, `things` the names of what it is about. */
  moves(
    step: StepSource,
    expecting: Expecting,
    language: Language,
    codes: readonly string[],
    things: readonly string[] = [],
  ): readonly Move[] {
    const moves: Move[] = [];
    const own = (label: string, event: DialogEvent) => moves.push({ label, event, isCommon: false });
    if (expecting.kind === 'yes_no') {
      own('yes', say(yes[language], language));
      own('no', say(no[language], language));
      own('yes, but', say(yesBut[language], language));
      own('key 1', { type: 'digits', digits: '1' });
      own('another order', say(this.#knowledge.orders[0] ?? '', language));
      if ('confirm' in step && step.correct) this.#addCorrections(own, things, language);
      const [name = ''] = this.#knowledge.names;
      own('another name', say(`${{ en: 'my name is ', zh: '我叫' }[language]}${name}`, language));
      const [code = ''] = this.#knowledge.postalCodes;
      own('another postal code', say(`${{ en: 'no, the postal code is ', zh: '不对，邮编是' }[language]}${code}`, language));
    } else if (expecting.kind === 'choice') {
      this.#addChoices(own, expecting, language);
    } else if ('handover' in step) {
      this.#addWaiting(own, language);
      // Most of what may be said at any question means nothing here, or what it means everywhere.
      return moves;
    } else if ('route' in step) {
      this.#addWishes(own, step.route === 'intent', things, language);
      own('no', say(noThanks[language], language));
      own('wrong', say(wrong[language], language));
    } else {
      const texts = this.#valuesOf(expecting.kind, expecting.slot, language, codes);
      for (const text of texts) own(text, say(text, language));
      const [first = ''] = texts;
      own('unclearly', { ...say(first, language), confidence: 0.2 });
      own('with an order', say(`${first}, ${this.#knowledge.orders[0] ?? ''}`, language));
      own('cannot', say(cannot[language], language));
      if ('ask' in step) this.#addInstead(own, Object.keys(step.instead ?? {}), language);
    }
    moves.push(...this.#common(language));
    return moves;
  }

  /** What a caller who only wants to get on says. */
  helpful(step: StepSource, expecting: Expecting, language: Language, codes: readonly string[]): DialogEvent {
    if (expecting.kind === 'yes_no') return say(yes[language], language);
    if ('route' in step && step.no !== undefined) return say(noThanks[language], language);
    const [first] = this.moves(step, expecting, language, codes);
    return first?.event ?? { type: 'no-input' };
  }

  garbage(language: Language): DialogEvent {
    return say(garbage[language], language);
  }

  /** Something of the right form that the shop does not know, another one each time; garbage where no value is asked for. */
  wrongValue(kind: string, language: Language, count: number): DialogEvent {
    const { orderNumber, postalCode } = this.#pack.settings;
    const digit = String(9 - (count % 9));
    if (kind === 'order_number') return say(orderNumber.example.replace(/\d/g, digit), language);
    if (kind === 'postal_code') return say(postalCode.example.replace(/\d/g, digit), language);
    if (kind === 'digits') return say(digit.repeat(6), language);
    // What is said in words may always be a name.
    if (kind === 'person_name') return say('12345', language);
    if (kind === 'email') return say(`nobody${digit}@example.com`, language);
    return this.garbage(language);
  }

  /** "No, only the lamp", "no, rather PayPal": whatever may be corrected, by what callers know. */
  #addCorrections(
    own: (label: string, event: DialogEvent) => void,
    things: readonly string[],
    language: Language,
  ): void {
    const only = { en: 'no, only the ', zh: '不，只要' }[language];
    for (const item of things.length > 0 ? things : this.#knowledge.itemNames) own(`only ${item}`, say(only + item, language));
    const rather = { en: 'no, rather ', zh: '不，换成' }[language];
    for (const list of Object.values(this.#pack.settings.vocabulary ?? {})) {
      for (const [code, words] of Object.entries(list)) {
        const [word] = words[language];
        if (word !== undefined) own(`rather ${code}`, say(rather + word, language));
      }
    }
  }

  #addChoices(
    own: (label: string, event: DialogEvent) => void,
    { choices = [] }: Expecting,
    language: Language,
  ): void {
    choices.slice(0, 4).forEach(({ label }, index) => own(`option ${String(index + 1)}`, say(label, language)));
    const [one] = choices;
    if (one) own('option 1, angry', say(one.label, language, [], furious));
    const [, two] = choices;
    if (one && two) own('options 1 and 2', say(`${one.label}${{ en: ' and ', zh: '和' }[language]}${two.label}`, language));
    const last = choices.at(-1);
    if (last && choices.length > 4) own('last option', say(last.label, language));
    own('key 1', { type: 'digits', digits: '1' });
    for (const each of [more, none, all, both, cheaper]) own(each.en, say(each[language], language));
    // Codes that stand for what callers say in words of their own.
    for (const list of Object.values(this.#pack.settings.vocabulary ?? {})) {
      for (const [code, words] of Object.entries(list)) {
        const [word] = words[language];
        if (word !== undefined && choices.some(({ id }) => id === code)) own(`code ${code}`, say(word, language));
      }
    }
  }

  /** Every wish, alone and with an order; of the question for more, alone only. */
  #addWishes(
    own: (label: string, event: DialogEvent) => void,
    isFirst: boolean,
    things: readonly string[],
    language: Language,
  ): void {
    for (const [intent, route] of Object.entries(this.#pack.routing.intents)) {
      if ('pattern' in route) continue;
      const [example = ''] = this.#pack.intents.find((each) => each.intent === intent)?.examples[language] ?? [];
      const intents = [{ intent, score: 0.95 }];
      // Without a word about what exactly, so that everything is asked; and as people say it.
      own(`wish ${intent}`, say(plainWish[language], language, intents));
      own(`wish ${intent} by example`, say(example, language, intents));
      if (!('flow' in route)) continue;
      for (const words of this.#knowledge.wishWords)
        own(`wish ${intent}, ${words}`, say(`${example}, ${words}`, language, intents));
      const [thing] = things;
      if (thing !== undefined) own(`wish ${intent} of ${thing}`, say(`${plainWish[language]}, ${thing}`, language, intents));
      if (!isFirst) continue;
      own(`wish ${intent}, angry`, say(plainWish[language], language, intents, furious));
      for (const email of this.#knowledge.emails.slice(0, 1))
        own(`wish ${intent} ${email}`, say(`${plainWish[language]}, ${email}`, language, intents));
      for (const order of this.#knowledge.ordersByStatus)
        own(`wish ${intent} ${order}`, say(`${plainWish[language]}, ${order}`, language, intents));
      for (const name of this.#knowledge.names.slice(0, 1))
        own(`wish ${intent} named`, say(`${{ en: 'my name is ', zh: '我叫' }[language]}${name}`, language, intents));
      const [address = ''] = values.address?.[language] ?? [];
      own(`wish ${intent} with an address`, say(`${plainWish[language]}: ${address}`, language, intents));
      for (const item of this.#knowledge.itemNames.slice(0, 2))
        own(`wish ${intent} ${item}`, say(`${example}, ${item}`, language, intents));
    }
  }

  /** Whoever waits for a person may want something else meanwhile, or may wait no longer. */
  #addWaiting(own: (label: string, event: DialogEvent) => void, language: Language): void {
    for (const { label, event } of newsInLine) own(label, event);
    for (const each of waitingWords) own(each.en, say(each[language], language));
    own('goodbye', say(bye[language], language, [{ intent: 'thanks_goodbye', score: 0.95 }]));
    own('hangs up', { type: 'caller-hung-up' });
    own('line comes back', { type: 'call-resumed' });
    const [digression] = this.#common(language).filter(({ label }) => label.startsWith('digression '));
    if (digression) own(digression.label, digression.event);
  }

  #addInstead(own: (label: string, event: DialogEvent) => void, slots: readonly string[], language: Language): void {
    for (const name of slots) {
      const slot = this.#pack.slots.get(name);
      const [word] = slot?.words?.[language] ?? [];
      if (word !== undefined) own(`instead ${name}`, say(word, language));
      const cue = slot?.kind === 'person_name' ? { en: 'my name is ', zh: '我叫' }[language] : '';
      const [value] = this.#valuesOf(slot?.kind ?? '', name, language, []);
      if (value !== undefined) own(`${name} instead`, say(cue + value, language));
    }
  }

  #valuesOf(kind: string, slot: string, language: Language, codes: readonly string[]): readonly string[] {
    const { orders, emails, names, postalCodes, itemNames } = this.#knowledge;
    const { orderNumber, postalCode } = this.#pack.settings;
    if (slot === 'item_choice') return [...itemNames.slice(0, 4), ...(values.anything?.[language] ?? [])];
    switch (kind) {
      case 'order_number':
        return [...orders.slice(0, 10), ...unknownLike(orderNumber.example), orderNumber.example.slice(0, 4)];
      case 'email':
        return [...emails, 'nobody.at.all@example.com', 'no.one.else@example.com', 'not.me.either@example.com'];
      case 'person_name':
        return [...names, ...(language === 'en' ? ['Zed Nobody', 'Anna', '12345'] : ['赵无名', '王', '12345'])];
      case 'postal_code':
        return [...postalCodes, ...unknownLike(postalCode.example), postalCode.example.slice(0, 3)];
      case 'digits':
        return [...codes, ...(codes.length === 0 ? ['123456'] : []), '000000', '12'];
      default:
        // A number from 1 to 5 is an answer to most questions for a number.
        return values[kind]?.[language] ?? values.anything?.[language] ?? [slot];
    }
  }

  #common(language: Language): Move[] {
    const common = (label: string, event: DialogEvent): Move => ({ label, event, isCommon: true });
    const patterns = Object.entries(this.#pack.routing.intents).flatMap(([intent, route]) => {
      if (!('pattern' in route)) return [];
      const [example = ''] = this.#pack.intents.find((each) => each.intent === intent)?.examples[language] ?? [];
      return [common(`says ${intent}`, say(example, language, [{ intent, score: 0.95 }]))];
    });
    const digressions = Object.entries(this.#pack.routing.intents)
      .filter(([, route]) => 'flow' in route || 'answer' in route)
      .map(([intent]) => {
        const [example = ''] = this.#pack.intents.find((each) => each.intent === intent)?.examples[language] ?? [];
        return common(`digression ${intent}`, say(example, language, [{ intent, score: 0.95 }]));
      });
    return [
      common('garbage', this.garbage(language)),
      common('garbage, angry', say(garbage[language], language, [], furious)),
      common('goodbye', say(bye[language], language, [{ intent: 'thanks_goodbye', score: 0.95 }])),
      common('thanks', say(thank[language], language, [{ intent: 'thanks_goodbye', score: 0.95 }])),
      common('silence', { type: 'no-input' }),
      common('noise', { type: 'unintelligible' }),
      ...patterns,
      common('key 0', { type: 'digits', digits: '0' }),
      common('key *', { type: 'digits', digits: '*' }),
      common('hold on', say(wait[language], language)),
      ...digressions.slice(0, 3),
      common('other language', say(language === 'en' ? '请说中文' : 'English please', language === 'en' ? 'zh' : 'en')),
      common('recognition fails', { type: 'asr-failed' }),
      common('speech fails', { type: 'tts-failed' }),
      common('line comes back', { type: 'call-resumed' }),
      common('hangs up', { type: 'caller-hung-up' }),
    ];
  }
}

/** A caller beside himself. */
const furious: EmotionReading = { words: { angry: 0.97, upset: 0.02, neutral: 0.01, pleased: 0 } };

/** Codes of the same form that the shop will not have. */
function unknownLike(example: string): readonly string[] {
  return ['9', '8', '7'].map((digit) => example.replace(/\d/g, digit));
}

function say(
  text: string,
  language: Language,
  intents: readonly ScoredIntent[] = [],
  emotion?: EmotionReading,
): Extract<DialogEvent, { type: 'utterance' }> {
  return {
    type: 'utterance',
    understanding: {
      text,
      language,
      intents: [...intents],
      entities: [],
      ...(emotion && { emotion }),
    },
    confidence: undefined,
    alternatives: [],
  };
}
