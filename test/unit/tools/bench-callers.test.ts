import { describe, expect, it } from 'vitest';
import type { CallEvent, CallEventBody } from '../../../src/core/events.ts';
import { spelledToCharacters } from '../../../src/core/spelling.ts';
import { createDemoShop } from '../../../src/commerce/demo-shop/demo-shop.ts';
import { nameOf } from '../../../tools/bench/lib/clips.ts';
import { OrderCaller, toldOrder } from '../../../tools/bench/lib/order-caller.ts';
import { demoOrderNumbers, readAgain, readingStyles } from '../../../tools/bench/lib/order-numbers.ts';
import { numberScenarios, orderScenarios, sayingsOf, wordsOf } from '../../../tools/bench/lib/scenarios.ts';

const eventsOf = (...bodies: CallEventBody[]): CallEvent[] =>
  bodies.map((body, index) => ({ callId: 'call_1', seq: index + 1, atEpochMs: 0, body }));
const asks = (kind: 'anything' | 'order_number' | 'yes_no' | 'email', slot: string): CallEventBody => ({
  type: 'dialog',
  flow: 'f',
  step: 's',
  expecting: { slot, kind },
});
const says = (promptId: string, text: string): CallEventBody => ({
  type: 'say',
  utterance: 1,
  promptId,
  text,
  language: 'en',
});

describe('the orders of the benchmarks', () => {
  it('are orders of the demo shop, in an order that only the seed decides', () => {
    const numbers = demoOrderNumbers(1);
    const { orders } = createDemoShop({ seed: 1 }).data;
    expect(numbers.length).toBeGreaterThan(300);
    expect(numbers.every((number) => orders.has(`#${number}`))).toBe(true);
    expect(demoOrderNumbers(1)).toEqual(numbers);
    expect(demoOrderNumbers(2)).not.toEqual(numbers);
  });

  it.each(readingStyles.map((style) => [style.name, style] as const))(
    'can be taken down again from the words of the style "%s"',
    (_, style) => {
      const numbers = demoOrderNumbers(3).filter((number) => style.fits(number.slice(1)));
      expect(numbers.length).toBeGreaterThan(20);
      for (const number of numbers.slice(0, 20)) {
        const words = style
          .read(number.slice(1))
          .pieces.filter((piece) => typeof piece === 'string')
          .join(' ');
        expect(spelledToCharacters(words, 'en').text).toBe(number);
      }
    },
  );

  it('are said again digit by digit and slowly', () => {
    const again = readAgain('5061948');
    expect(again.speed).toBeLessThan(1);
    expect(nameOf(again)).toContain('five. zero. six. one. nine. four. eight.');
  });
});

describe('scenarios', () => {
  it('take every style in turn, each with an order that fits it, and no order twice', () => {
    const scenarios = numberScenarios(44, 1);
    for (const style of readingStyles) {
      const those = scenarios.filter((scenario) => scenario.style === style.name);
      expect(those).toHaveLength(4);
      expect(those.every(({ orderNumber }) => style.fits(orderNumber.slice(1)))).toBe(true);
    }
    expect(new Set(scenarios.map(({ orderNumber }) => orderNumber)).size).toBe(44);
  });

  it('are the same for the same seed', () => {
    expect(orderScenarios(5, 7)).toEqual(orderScenarios(5, 7));
    expect(orderScenarios(5, 7)).not.toEqual(orderScenarios(5, 8));
  });
});

describe('a caller', () => {
  const [scenario] = orderScenarios(1, 1);
  if (!scenario) throw new Error('There is a scenario.');
  const clips = new Map(
    sayingsOf(scenario).map((one) => [nameOf(one), { name: nameOf(one), mulaw: new Uint8Array(160) }]),
  );
  const words = wordsOf(scenario, clips);
  const open = () => new OrderCaller(scenario.orderNumber, words);
  const clip = (one: { readonly name: string } | undefined) => ({ type: 'clip', clip: one });

  it('asks, gives its number, slowly when asked again, and says goodbye', () => {
    const caller = open();
    expect(caller.nextStep(eventsOf(asks('anything', 'intent')))).toEqual(clip(words.opening));
    expect(caller.nextStep(eventsOf(asks('order_number', 'order_number')))).toEqual(clip(words.number));
    expect(caller.nextStep(eventsOf(asks('order_number', 'order_number')))).toEqual(clip(words.again));
    expect(caller.numbersSaid).toBe(2);
    for (const more of words.more) {
      expect(caller.nextStep(eventsOf(asks('anything', 'anything_else')))).toEqual(clip(more));
    }
    expect(caller.nextStep(eventsOf(asks('anything', 'anything_else')))).toBeUndefined();
  });

  it('says yes to its own number and no to another', () => {
    const caller = open();
    const readBack = (number: string) =>
      eventsOf(
        says('verify.order_number_read_back', `That's #${number}. Is that right?`),
        asks('yes_no', 'confirm'),
      );
    expect(caller.nextStep(readBack(scenario.orderNumber))).toEqual(clip(words.yes));
    const other = open();
    expect(other.nextStep(readBack('W0000000'))).toEqual(clip(words.no));
    expect(other.readBacks).toEqual({ count: 1, wrong: 1 });
  });

  it('wants no person, and hangs up on questions it has no answer to', () => {
    const offer = eventsOf(
      says('offer-person.offer', 'Would you like to talk to a person?'),
      asks('yes_no', 'confirm'),
    );
    expect(open().nextStep(offer)).toEqual(clip(words.no));
    expect(open().nextStep(eventsOf(asks('email', 'email')))).toBeUndefined();
    expect(open().nextStep([])).toBeUndefined();
  });

  it('gives up when nothing helps', () => {
    const caller = open();
    const question = eventsOf(asks('order_number', 'order_number'));
    const answers = Array.from({ length: 6 }, () => caller.nextStep(question));
    expect(answers.findIndex((answer) => answer === undefined)).toBe(4);
  });
});

describe('the order that was told', () => {
  it('is the one of the first status, not of a question', () => {
    const events = eventsOf(
      says('order-status.same_order', 'Do you mean order #W1111111 again?'),
      says('verify.order_number_read_back', "That's #W2222222."),
      says('order-status.pending', 'Order #W3333333, with a mug, has not been shipped yet.'),
      says('order-status.pending', 'Order #W4444444, with a mug, has not been shipped yet.'),
    );
    expect(toldOrder(events)).toBe('W3333333');
    expect(toldOrder(eventsOf(says('welcome.greeting', 'Hello.')))).toBeUndefined();
  });
});
