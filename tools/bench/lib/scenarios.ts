import { createRandom } from '../../../src/commerce/demo-shop/random.ts';
import type { CallerClip } from '../../lib/caller.ts';
import { nameOf, saying, type Saying } from './clips.ts';
import { demoOrderNumbers, readAgain, readingStyles, type ReadingStyle } from './order-numbers.ts';
import type { CallerWords } from './order-caller.ts';

/** What a caller is going to say, as sayings; clips are made of them before the call. */
export type Scenario = { readonly orderNumber: string; readonly style: string } & {
  readonly [Part in keyof CallerWords]: CallerWords[Part] extends readonly CallerClip[]
    ? readonly Saying[]
    : Saying;
};

const openings: readonly Saying[] = [
  saying('Hi, where is my order?'),
  saying("Hello, I'd like to know where my package is.", 1.1),
  saying('Can you check the status of my order, please?'),
  { pieces: ['Hi, um,', { pauseMs: 600 }, 'I am calling about my order. When will it arrive?'], speed: 1 },
  saying('Order status.', 0.9),
  saying("My parcel hasn't arrived yet. Where is it?", 1.2),
  { pieces: ['Yes, hello.', { pauseMs: 350 }, 'I want to track an order.'], speed: 1 },
  saying('Has my order been shipped?', 0.9),
];
const askedAgain: readonly Saying[] = [
  saying('And where is my order now?'),
  saying('Could you tell me the order status again?', 1.1),
  { pieces: ['Well,', { pauseMs: 450 }, 'where is my order?'], speed: 1 },
];
const goodbyes: readonly Saying[] = [
  saying('No, thank you. Goodbye.'),
  saying("No, that's all. Bye.", 1.1),
  saying("No thanks, that's everything.", 0.9),
];
const yeses: readonly Saying[] = [
  saying('Yes.'),
  saying('Yes, please.'),
  saying("Yeah, that's right.", 1.1),
  saying('Yep.'),
];
const nos: readonly Saying[] = [saying('No.'), saying("No, that's not right.", 1.1), saying('No, thanks.')];

/** The styles people mostly use; the others are the numbers benchmark's. */
const usualStyles = ['digit by digit', 'groups', 'digit by digit, fast', 'in a sentence', 'pauses inside'];

/**
 * Calls that ask for an order of the demo shop, ask again, confirm, and say goodbye: all kinds of question come up. The same seed
 * gives the same calls.
 */
export function orderScenarios(count: number, seed: number): Scenario[] {
  const styles = readingStyles.filter(({ name }) => usualStyles.includes(name));
  return makeScenarios(count, seed, styles, true);
}

/** Calls that only ask for one order each, every style of reading its number in turn. */
export function numberScenarios(count: number, seed: number): Scenario[] {
  return makeScenarios(count, seed, readingStyles, false);
}

function makeScenarios(
  count: number,
  seed: number,
  styles: readonly ReadingStyle[],
  chatty: boolean,
): Scenario[] {
  const random = createRandom(seed);
  const numbers = demoOrderNumbers(seed);
  return Array.from({ length: count }, (_, index) => {
    const style = turnOf(styles, index);
    const position = numbers.findIndex((number) => style.fits(number.slice(1)));
    const [orderNumber = ''] = numbers.splice(position, 1);
    const digits = orderNumber.slice(1);
    return {
      orderNumber,
      style: style.name,
      opening: turnOf(openings, index),
      number: style.read(digits),
      again: readAgain(digits),
      yes: random.pick(yeses),
      no: random.pick(nos),
      more: [...(chatty ? [turnOf(askedAgain, index)] : []), turnOf(goodbyes, index)],
    };
  });
}

function turnOf<T>(list: readonly T[], index: number): T {
  const item = list[index % list.length];
  if (item === undefined) throw new RangeError('Nothing to take turns with.');
  return item;
}

export function sayingsOf({ opening, number, again, yes, no, more }: Scenario): Saying[] {
  return [opening, number, again, yes, no, ...more];
}

/** The scenario's words as clips that were made before. */
export function wordsOf(scenario: Scenario, clips: ReadonlyMap<string, CallerClip>): CallerWords {
  const clip = (one: Saying): CallerClip => {
    const made = clips.get(nameOf(one));
    if (!made) throw new Error(`No clip was made of: ${nameOf(one)}`);
    return made;
  };
  const { opening, number, again, yes, no, more } = scenario;
  return {
    opening: clip(opening),
    number: clip(number),
    again: clip(again),
    yes: clip(yes),
    no: clip(no),
    more: more.map(clip),
  };
}
