import { createDemoShop } from '../../../src/commerce/demo-shop/demo-shop.ts';
import { createRandom } from '../../../src/commerce/demo-shop/random.ts';
import type { Saying } from './clips.ts';

/** Numbers of orders of the demo shop's English customers, without `#`, in an order that only `seed` decides. */
export function demoOrderNumbers(seed: number): string[] {
  // The shop that Kefu serves by itself is filled with seed 1.
  const { orders, customers } = createDemoShop({ seed: 1 }).data;
  const ids = [...orders.values()]
    .filter(({ customerId }) => customers.get(customerId)?.language === 'en')
    .map(({ id }) => id.replace('#', ''));
  const random = createRandom(seed);
  for (let index = ids.length - 1; index > 0; index -= 1) {
    const other = random.int(0, index);
    [ids[index], ids[other]] = [ids[other] ?? '', ids[index] ?? ''];
  }
  return ids;
}

const digitWords = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
const teenWords = 'ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
  ' ',
);
const tenWords = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');

const digitWord = (digit: string) => digitWords[Number(digit)] ?? digit;
const wordsOfDigits = (digits: string) => Array.from(digits, digitWord);
const spelled = (digits: string) => wordsOfDigits(digits).join(' ');

/** A way in which people read an order number such as W2378156 aloud. */
export interface ReadingStyle {
  readonly name: string;
  /** False: nobody would read this number so (no double digit in it, say). */
  fits(digits: string): boolean;
  read(digits: string): Saying;
}

const always = () => true;
/** Groups of 2, 2 and 3 digits. */
const groupsOf = (digits: string) => [digits.slice(0, 2), digits.slice(2, 4), digits.slice(4)];

/** "twenty three" for 23, "oh five" for 05. */
function pairWords(pair: string): string {
  const [tens = '', unit = ''] = pair;
  if (tens === '0') return `oh ${digitWord(unit)}`;
  if (tens === '1') return teenWords[Number(unit)] ?? '';
  const ten = tenWords[Number(tens) - 2] ?? '';
  return unit === '0' ? ten : `${ten} ${digitWord(unit)}`;
}

/** "double five" for 55, "triple five" for 555. */
function withDoubles(digits: string): string {
  const runs = digits.match(/(\d)\1{0,2}/g) ?? [];
  return runs
    .map((run) => `${['', '', 'double ', 'triple '][run.length] ?? ''}${digitWord(run[0] ?? '')}`)
    .join(' ');
}

/** The styles that the benchmark goes through, each with its own speed. `digits` are the seven behind the W. */
export const readingStyles: readonly ReadingStyle[] = [
  {
    name: 'digit by digit',
    fits: always,
    read: (digits) => ({ pieces: [`W ${spelled(digits)}.`], speed: 1 }),
  },
  {
    name: 'digit by digit, slowly',
    fits: always,
    read: (digits) => ({ pieces: [`W, ${wordsOfDigits(digits).join(', ')}.`], speed: 0.85 }),
  },
  {
    name: 'digit by digit, fast',
    fits: always,
    read: (digits) => ({ pieces: [`W ${spelled(digits)}.`], speed: 1.25 }),
  },
  {
    name: 'groups',
    fits: always,
    read: (digits) => ({ pieces: [`W ${groupsOf(digits).map(spelled).join(', ')}.`], speed: 1 }),
  },
  {
    name: 'pairs as numbers',
    fits: (digits) => !digits.slice(0, 4).includes('0'),
    read: (digits) => {
      const [first = '', second = '', rest = ''] = groupsOf(digits);
      return { pieces: [`W ${pairWords(first)}, ${pairWords(second)}, ${spelled(rest)}.`], speed: 1 };
    },
  },
  {
    name: 'double',
    fits: (digits) => /(\d)\1/.test(digits),
    read: (digits) => ({ pieces: [`W ${withDoubles(digits)}.`], speed: 1 }),
  },
  {
    name: 'oh',
    fits: (digits) => digits.includes('0'),
    read: (digits) => ({ pieces: [`W ${spelled(digits).replaceAll('zero', 'oh')}.`], speed: 1 }),
  },
  {
    name: 'W as in whiskey',
    fits: always,
    read: (digits) => ({ pieces: [`W as in whiskey, ${spelled(digits)}.`], speed: 1 }),
  },
  {
    name: 'in a sentence',
    fits: always,
    read: (digits) => ({ pieces: [`Yes, it's order number W ${spelled(digits)}, please.`], speed: 1.1 }),
  },
  {
    name: 'pauses inside',
    fits: always,
    read: (digits) => {
      const [first = '', second = '', rest = ''] = groupsOf(digits);
      const pieces = [
        `W ${spelled(first)},`,
        { pauseMs: 700 },
        `${spelled(second)},`,
        { pauseMs: 900 },
        `${spelled(rest)}.`,
      ];
      return { pieces, speed: 1 };
    },
  },
  {
    name: 'looking it up first',
    fits: always,
    read: (digits) => ({ pieces: ['Um, it is', { pauseMs: 800 }, `W ${spelled(digits)}.`], speed: 1 }),
  },
];

/** How somebody says it who was asked to say it again: digit by digit, slowly. */
export function readAgain(digits: string): Saying {
  return { pieces: [`W. ${wordsOfDigits(digits).join('. ')}.`], speed: 0.85 };
}
